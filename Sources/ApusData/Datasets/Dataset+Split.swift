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
  ///   - groups: A number for each sample; samples with the same one go to the same part, such as photos of one person.
  ///   - allowsMissingClasses: Accepts a split in which a class is missing from a part.
  /// - Returns: The two parts.
  /// - Throws: `DataError` for a fraction that is none, for a part without samples, where a class is missing from a part
  ///   unless that is accepted, and for a stratified split of data without classes.
  public func split(
    _ fraction: Double, seed: UInt64 = 0, stratified: Bool? = nil, groups: [Int]? = nil,
    allowsMissingClasses: Bool = false
  ) throws -> (first: Subset, second: Subset) {
    guard fraction > 0 && fraction < 1 else {
      throw DataError(.setting, "a fraction between 0 and 1 was expected, \(fraction) came")
    }
    let labels = try classLabels()
    let split = try Split.indices(
      count: count, strata: strata(labels, stratified), groups: groups, fractions: [fraction, 1 - fraction],
      seed: seed)
    if !allowsMissingClasses {
      let names = ["the first part", "the second part"]
      try check(
        zip(names, split.parts).map { (name: $0, indices: $1) }, labels, isStratified: stratified ?? true)
    }
    for (name, part) in zip(["the first part", "the second part"], split.parts) where part.isEmpty {
      throw DataError(.empty, "\(name) of the split would have no samples")
    }
    return (Subset(self, indices: split.parts[0]), Subset(self, indices: split.parts[1]))
  }

  /// Deals the samples out to folds at random, and gives for each fold the rest to train on and the fold to
  /// validate on. Every sample is in exactly one fold; sizes differ by one at most.
  /// - Parameters:
  ///   - count: Number of folds, from 2 to the number of samples.
  ///   - seed: The folds depend on nothing else.
  ///   - groups: A number for each sample; samples with the same one go to the same fold, whose sizes then differ.
  ///   - allowsMissingClasses: Accepts folds that lack a class.
  /// - Returns: For each fold the training and the validation set.
  /// - Throws: `DataError` for another number of folds, and where one lacks a class unless that is accepted.
  public func kFold(
    _ count: Int, seed: UInt64 = 0, groups: [Int]? = nil, allowsMissingClasses: Bool = false
  ) throws -> [(training: Subset, validation: Subset)] {
    try folds(
      count, seed: seed, stratified: false, groups: groups, allowsMissingClasses: allowsMissingClasses)
  }

  /// Like `kFold`, with every class dealt out evenly over the folds.
  /// - Parameters:
  ///   - count: Number of folds, from 2 to the number of samples.
  ///   - seed: The folds depend on nothing else.
  ///   - groups: A number for each sample; samples with the same one go to the same fold, whose sizes then differ.
  ///   - allowsMissingClasses: Accepts folds that lack a class.
  /// - Returns: For each fold the training and the validation set.
  /// - Throws: `DataError` for another number of folds, for data without classes, and where a fold lacks a class unless
  ///   that is accepted.
  public func stratifiedKFold(
    _ count: Int, seed: UInt64 = 0, groups: [Int]? = nil, allowsMissingClasses: Bool = false
  ) throws -> [(training: Subset, validation: Subset)] {
    try folds(
      count, seed: seed, stratified: true, groups: groups, allowsMissingClasses: allowsMissingClasses)
  }

  private func folds(
    _ foldCount: Int, seed: UInt64, stratified: Bool, groups: [Int]?, allowsMissingClasses: Bool
  ) throws -> [(training: Subset, validation: Subset)] {
    let labels = try classLabels()
    let split = try Split.folds(
      foldCount, count: count, strata: strata(labels, stratified), groups: groups, seed: seed)
    var foldOf = [Int](repeating: 0, count: count)
    for (fold, indices) in split.parts.enumerated() { for index in indices { foldOf[index] = fold } }
    return try split.parts.enumerated().map { fold, validation in
      let training = (0..<count).filter { foldOf[$0] != fold }
      if !allowsMissingClasses {
        try check(
          [
            ("the training part of fold \(fold)", training),
            ("the validation part of fold \(fold)", validation),
          ], labels, isStratified: stratified)
      }
      return (Subset(self, indices: training), Subset(self, indices: validation))
    }
  }

  /// The classes to stratify by; nil for none.
  private func strata(_ labels: [Int]?, _ stratified: Bool?) throws -> [Int]? {
    guard stratified ?? (labels != nil) else { return nil }
    guard let labels else {
      throw DataError(
        .classes, "a stratified split needs classes: scalar targets of an integer type",
        advice: "For other targets say `stratified: false`.")
    }
    return labels
  }

  /// Refuses parts that lack a class which the whole has.
  private func check(
    _ parts: [(name: String, indices: [Int])], _ labels: [Int]?, isStratified: Bool
  ) throws {
    guard let labels else { return }
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
