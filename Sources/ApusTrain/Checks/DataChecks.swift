import ApusData
import ApusGraph
import ApusNN

/// Checks of each batch on the host, before a step sees it: for mistakes that no shape shows.
struct DataChecks {
  let loss: Loss
  /// Number of outputs of the model along its last axis.
  let outputCount: Int?
  let classNames: [String]?

  /// Checks targets and weights.
  /// - Parameters:
  ///   - batch: The batch.
  ///   - epoch: The epoch for errors, counted from 0; nil outside of training.
  ///   - index: The batch inside the epoch for errors, counted from 0.
  ///   - checksFeatures: Whether every number of the features is checked, too.
  /// - Throws: `TrainingError` that names the samples.
  func check(_ batch: Batch, epoch: Int?, index: Int, checksFeatures: Bool) throws {
    guard let targets = batch.targets else {
      throw TrainingError(
        .data, "the samples have no targets", advice: "Training and evaluation need them.", epoch: epoch,
        batch: index, samples: batch.ids)
    }
    switch loss.targetKind.resolved(for: targets.dtype) {
    case .indices: try checkLabels(targets, batch, epoch: epoch, index: index)
    case .binary, .distribution, .indicesOrDistribution:
      try check(targets, batch, epoch, index, "targets of \(loss.name) from 0 to 1 were expected") {
        $0 >= 0 && $0 <= 1
      }
    case .sign:
      try check(targets, batch, epoch, index, "targets of \(loss.name) of -1 or 1 (or 0 and 1) were expected")
      {
        $0 == -1 || $0 == 0 || $0 == 1
      }
    case .values:
      if checksFeatures, targets.dtype.isFloating {
        try check(targets, batch, epoch, index, "finite targets were expected") { $0.isFinite }
      }
    }
    if let weights = batch.weights {
      try check(weights, batch, epoch, index, "weights of at least 0 were expected") {
        $0 >= 0 && $0.isFinite
      }
    }
    if checksFeatures { try checkFeatures(batch, epoch: epoch, index: index) }
  }

  /// Refuses features that are not finite.
  /// - Throws: `TrainingError` that names the samples.
  func checkFeatures(_ batch: Batch, epoch: Int?, index: Int) throws {
    for (part, literal) in batch.features.enumerated() where !literal.isAllFinite {
      let size = max(1, literal.shape.elementCount / max(1, batch.count))
      let bad = literal.doubles.enumerated().filter { !$0.element.isFinite }
      guard let first = bad.first else { continue }
      var samples: [Int] = []
      for (place, _) in bad where samples.last != batch.ids[place / size] {
        samples.append(batch.ids[place / size])
      }
      let place = Self.place(first.offset % size, in: Array(literal.shape.dimensions.dropFirst()))
      throw TrainingError(
        .notFinite,
        "feature \(part) of sample \(samples[0]) holds \(first.element) at \(place)"
          + (samples.count > 1 ? ", and \(samples.count - 1) more samples of the batch hold some" : ""),
        advice: "Drop such samples, or fill missing values before training.", epoch: epoch, batch: index,
        samples: samples, tensor: "feature \(part)")
    }
  }

  private func checkLabels(_ targets: Literal, _ batch: Batch, epoch: Int?, index: Int) throws {
    guard targets.dtype.isInteger, let outputCount else { return }
    let perSample = max(1, targets.shape.elementCount / max(1, batch.count))
    let labels = targets.doubles
    let ignored = loss.ignoredLabel.map(Double.init)
    for (place, label) in labels.enumerated()
    where (label < 0 || label >= Double(outputCount)) && label != ignored {
      let id = batch.ids[place / perSample]
      throw TrainingError(
        .data,
        "sample \(id) has the label \(Int(saturating: label)), the model has \(outputCount) outputs: labels go from 0 to "
          + "\(outputCount - 1)",
        advice: Int(saturating: label) == outputCount && !labels.contains(0)
          ? "Labels may be counted from 1: subtract 1."
          : "Correct the label, or give the last layer a unit for each class.",
        epoch: epoch, batch: index, samples: [id], tensor: "targets")
    }
  }

  private func check(
    _ literal: Literal, _ batch: Batch, _ epoch: Int?, _ index: Int, _ expectation: String,
    _ isFine: (Double) -> Bool
  ) throws {
    let perSample = max(1, literal.shape.elementCount / max(1, batch.count))
    guard let (place, number) = literal.doubles.enumerated().first(where: { !isFine($0.element) }) else {
      return
    }
    let id = batch.ids[place / perSample]
    throw TrainingError(
      number.isFinite ? .data : .notFinite, "\(expectation), sample \(id) has \(number)", epoch: epoch,
      batch: index, samples: [id], tensor: "targets")
  }

  /// An element's index along each axis.
  private static func place(_ element: Int, in dimensions: [Int]) -> String {
    var rest = element
    var indices: [Int] = []
    for size in dimensions.reversed() {
      indices.append(rest % max(1, size))
      rest /= max(1, size)
    }
    return "[\(indices.reversed().map(String.init).joined(separator: ", "))]"
  }
}

extension Literal {
  /// Whether no element is NaN or infinite. Made to be vector code for the type that features have.
  var isAllFinite: Bool {
    switch dtype {
    case .float32:
      return withUnsafeBytes { bytes in
        let words = bytes.bindMemory(to: UInt32.self)
        var isFinite = true
        var start = 0
        // In pieces, so that a bad first element does not cost a look at all of them.
        while isFinite && start < words.count {
          let end = Swift.min(start + 4096, words.count)
          var largest: UInt32 = 0
          for index in start..<end { largest = Swift.max(largest, words[index] & 0x7fff_ffff) }
          isFinite = largest < 0x7f80_0000
          start = end
        }
        return isFinite
      }
    case .float64, .bfloat16: return doubles.allSatisfy(\.isFinite)
    default: return true
    }
  }
}
