/// Which samples an epoch consists of.
public enum Sampling: Sendable, Hashable {
  /// Every sample once.
  case everySample
  /// As many samples as there are, every class equally often: those of small classes several times, those of large
  /// ones not all. None of a class comes again before all of it came.
  case balanced
  /// As many samples as there are, drawn at random with replacement, each as often as its weight says.
  case weighted([Double])

  /// The name in error messages and checkpoints.
  package var name: String {
    switch self {
    case .everySample: "every sample"
    case .balanced: "balanced"
    case .weighted(let weights): "weighted by \(weights.count) numbers, \(weights.reduce(0, +)) in all"
    }
  }
}

/// Draws the samples of epochs.
struct Sampler: Sendable {
  private enum Plan: Sendable {
    case everySample
    case balanced(classes: [[Int]])
    case weighted(sums: [Double])
  }

  private let plan: Plan
  private let count: Int

  init(_ sampling: Sampling, _ dataset: any Dataset) throws {
    count = dataset.count
    switch sampling {
    case .everySample: plan = .everySample
    case .balanced:
      guard let labels = try dataset.classLabels() else {
        throw DataError(
          .classes, "balanced sampling needs classes: scalar targets of an integer type",
          advice: "Give each sample a weight: `.weighted`.")
      }
      var classes: [Int: [Int]] = [:]
      for (index, label) in labels.enumerated() { classes[label, default: []].append(index) }
      plan = .balanced(classes: classes.sorted { $0.key < $1.key }.map(\.value))
    case .weighted(let weights):
      var sum = 0.0
      let sums = weights.map { weight in
        sum += weight
        return sum
      }
      guard weights.count == dataset.count, weights.allSatisfy({ $0 >= 0 }), sum > 0, sum.isFinite else {
        throw DataError(
          .setting,
          "a weight of at least 0 for each of the \(dataset.count) samples, not all of them 0, was expected, "
            + "\(weights.count) with the sum \(sum) came")
      }
      plan = .weighted(sums: sums)
    }
  }

  /// Whether a sample can come several times in an epoch.
  var repeats: Bool { if case .everySample = plan { false } else { true } }

  /// The samples of an epoch.
  func order(isShuffled: Bool, random: inout PhiloxGenerator) -> [Int] {
    switch plan {
    case .everySample: isShuffled ? random.permutation(count) : Array(0..<count)
    case .balanced(let classes): balanced(classes, random: &random)
    case .weighted(let sums): (0..<count).map { _ in draw(sums, random: &random) }
    }
  }

  private func balanced(_ classes: [[Int]], random: inout PhiloxGenerator) -> [Int] {
    var drawn: [Int] = []
    drawn.reserveCapacity(count)
    // What cannot be shared out evenly goes to other classes in each epoch.
    for (turn, number) in random.permutation(classes.count).enumerated() {
      let members = classes[number]
      var missing = count / classes.count + (turn < count % classes.count ? 1 : 0)
      while missing > 0 {
        let taken = random.permutation(members.count).prefix(missing)
        drawn += taken.map { members[$0] }
        missing -= taken.count
      }
    }
    return random.permutation(drawn.count).map { drawn[$0] }
  }

  /// The first place whose sum is above a random part of the whole, found by halving.
  private func draw(_ sums: [Double], random: inout PhiloxGenerator) -> Int {
    let wanted = random.openUniform() * (sums.last ?? 0)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > wanted { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
