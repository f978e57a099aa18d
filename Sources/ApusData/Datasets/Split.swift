/// How the samples of a dataset are dealt out to parts.
struct Split {
  let labels: [Int]?
  let classNames: [String]?
  let isStratified: Bool
  let allowsMissingClasses: Bool

  /// - Parameter stratified: nil stratifies whenever the targets are classes.
  init(_ dataset: some Dataset, stratified: Bool?, allowsMissingClasses: Bool) throws {
    labels = try dataset.classLabels()
    classNames = dataset.classNames
    isStratified = stratified ?? (labels != nil)
    self.allowsMissingClasses = allowsMissingClasses
    if isStratified && labels == nil {
      throw DataError(
        .classes, "a stratified split needs classes: scalar targets of an integer type",
        advice: "For other targets say `stratified: false`.")
    }
  }

  /// The samples of each class, in random order; without stratification, all samples as one.
  func groups(count: Int, generator: inout PhiloxGenerator) -> [[Int]] {
    let order = generator.permutation(count)
    guard isStratified, let labels else { return [order] }
    var groups: [Int: [Int]] = [:]
    for index in order { groups[labels[index], default: []].append(index) }
    return groups.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Refuses parts that lack a class which the whole has.
  func check(_ parts: [(name: String, indices: [Int])]) throws {
    for part in parts where part.indices.isEmpty {
      throw DataError(.empty, "\(part.name) of the split would have no samples")
    }
    guard let labels, !allowsMissingClasses else { return }
    let all = Set(labels)
    for part in parts {
      let missing = all.subtracting(part.indices.map { labels[$0] }).sorted()
      guard let label = missing.first else { continue }
      let total = labels.count { $0 == label }
      let name = classNames.flatMap { $0.indices.contains(label) ? " (\"\($0[label])\")" : nil } ?? ""
      throw DataError(
        .classes,
        "\(part.name) of the split has no sample of \(missing.count) of \(all.count) classes, class "
          + "\(label)\(name) first, of which there are \(total) in all",
        advice: isStratified
          ? "Merge or drop rare classes, take fewer folds, or say `allowsMissingClasses: true`."
          : "Split with `stratified: true`, or say `allowsMissingClasses: true`.")
    }
  }
}

extension Dataset {
  /// Deals the samples out to two parts at random.
  ///
  /// Where the targets are classes, each class is dealt out in the same proportion, and a split in which a
  /// class is missing from a part is an error: scores of such a split mean little.
  ///
  /// - Parameters:
  ///   - fraction: The share of the first part, between 0 and 1.
  ///   - seed: The split depends on nothing else.
  ///   - stratified: nil stratifies whenever the targets are classes.
  ///   - allowsMissingClasses: Accepts a split in which a class is missing from a part.
  public func split(
    _ fraction: Double, seed: UInt64 = 0, stratified: Bool? = nil, allowsMissingClasses: Bool = false
  ) throws -> (first: Subset, second: Subset) {
    guard fraction > 0 && fraction < 1 else {
      throw DataError(.setting, "a fraction between 0 and 1 was expected, \(fraction) came")
    }
    let split = try Split(self, stratified: stratified, allowsMissingClasses: allowsMissingClasses)
    var generator = PhiloxGenerator(seed: seed, operation: RandomPurpose.split)
    let groups = split.groups(count: count, generator: &generator)
    let sizes = Self.shares(of: groups.map(\.count), fraction: fraction)
    var parts: ([Int], [Int]) = ([], [])
    for (group, size) in zip(groups, sizes) {
      parts.0 += group[..<size]
      parts.1 += group[size...]
    }
    try split.check([("the first part", parts.0), ("the second part", parts.1)])
    return (Subset(self, indices: parts.0.sorted()), Subset(self, indices: parts.1.sorted()))
  }

  /// How many of each group go to the first part: the fraction of each, rounded so that the sum is right,
  /// but neither none nor all of a group that has two or more.
  private static func shares(of counts: [Int], fraction: Double) -> [Int] {
    let exact = counts.map { Double($0) * fraction }
    var shares = exact.map { Int($0) }
    let total = Int((Double(counts.reduce(0, +)) * fraction).rounded())
    let byRemainder = counts.indices.sorted {
      (exact[$1] - Double(shares[$1]), $0) < (exact[$0] - Double(shares[$0]), $1)
    }
    for index in byRemainder.prefix(max(0, total - shares.reduce(0, +))) { shares[index] += 1 }
    return zip(shares, counts).map { share, count in count < 2 ? share : min(max(share, 1), count - 1) }
  }

  /// Deals the samples out to `count` folds at random, and gives for each fold the rest to train on and the
  /// fold to validate on. Every sample is in exactly one fold; sizes differ by one at most.
  public func kFold(
    _ count: Int, seed: UInt64 = 0, allowsMissingClasses: Bool = false
  ) throws -> [(training: Subset, validation: Subset)] {
    try folds(count, seed: seed, stratified: false, allowsMissingClasses: allowsMissingClasses)
  }

  /// Like `kFold`, with every class dealt out evenly over the folds.
  public func stratifiedKFold(
    _ count: Int, seed: UInt64 = 0, allowsMissingClasses: Bool = false
  ) throws -> [(training: Subset, validation: Subset)] {
    try folds(count, seed: seed, stratified: true, allowsMissingClasses: allowsMissingClasses)
  }

  private func folds(
    _ foldCount: Int, seed: UInt64, stratified: Bool, allowsMissingClasses: Bool
  ) throws -> [(training: Subset, validation: Subset)] {
    guard foldCount >= 2 && foldCount <= count else {
      throw DataError(
        .setting, "from 2 to \(count) folds can be made of \(count) samples, \(foldCount) were asked for")
    }
    let split = try Split(self, stratified: stratified, allowsMissingClasses: allowsMissingClasses)
    var generator = PhiloxGenerator(seed: seed, operation: RandomPurpose.split)
    // Dealing goes on from fold to fold across classes, so that the sizes of the folds stay even too.
    let dealt = split.groups(count: count, generator: &generator).joined()
    var foldOf = [Int](repeating: 0, count: count)
    for (turn, index) in dealt.enumerated() { foldOf[index] = turn % foldCount }
    return try (0..<foldCount).map { fold in
      let validation = (0..<count).filter { foldOf[$0] == fold }
      let training = (0..<count).filter { foldOf[$0] != fold }
      try split.check([
        ("the training part of fold \(fold)", training), ("the validation part of fold \(fold)", validation),
      ])
      return (Subset(self, indices: training), Subset(self, indices: validation))
    }
  }
}
