/// Which samples go to which part of a dataset, such as training, validation and test set.
///
/// It knows samples by their numbers alone, so that anything can be split: rows of a table, files, columns of labels.
///
/// ```swift
/// let split = try Split.indices(count: labels.count, strata: labels, fractions: [0.7, 0.1, 0.2], seed: 1)
/// let (training, validation, test) = (split.parts[0], split.parts[1], split.parts[2])
/// ```
public struct Split: Sendable, Equatable {
  /// A stratum that cannot be in every part: it has too few samples, or too few groups.
  public struct MissingStratum: Sendable, Equatable {
    /// The stratum's number.
    public let stratum: Int
    /// How many samples it has in all.
    public let count: Int
    /// The parts that have none of them.
    public let parts: [Int]
  }

  /// The samples of each part, in ascending order; each sample is in one part.
  public let parts: [[Int]]
  /// The strata that some part lacks, in ascending order: what cannot be stratified.
  public let unstratified: [MissingStratum]

  /// Deals samples out to parts at random.
  ///
  /// Without groups every stratum is dealt out by the fractions, to within one sample, and has at least one sample in
  /// every part if it has as many samples as there are parts. With groups, which stay together, whole groups are dealt
  /// out, the largest first, each to the part whose strata it fills best, as scikit-learn's `StratifiedGroupKFold` does;
  /// sizes are then as near to the fractions as the groups allow.
  /// - Parameters:
  ///   - count: Number of samples.
  ///   - strata: A number for each sample, such as its class, whose values are spread evenly; nil for none.
  ///   - groups: A number for each sample; samples with the same one go to the same part, such as photos of one person.
  ///     Nil where each may go anywhere.
  ///   - fractions: The share of each part, above 0; together 1.
  ///   - seed: The split depends on it and the arguments, and on nothing else.
  /// - Returns: The parts, and what could not be stratified.
  /// - Throws: `DataError` for fractions that are none, for columns of another length than `count`, and where there are
  ///   fewer samples or groups than parts.
  public static func indices(
    count: Int, strata: [Int]? = nil, groups: [Int]? = nil, fractions: [Double], seed: UInt64
  ) throws -> Split {
    guard !fractions.isEmpty, fractions.allSatisfy({ $0 > 0 && $0.isFinite }),
      abs(fractions.reduce(0, +) - 1) < 1e-6
    else {
      throw DataError(
        .setting, "fractions above 0 that sum up to 1 were expected, \(fractions) came")
    }
    try check(count: count, parts: fractions.count, strata: strata, groups: groups)
    var generator = PhiloxGenerator(seed: seed, operation: RandomPurpose.split)
    let order = generator.permutation(count)
    guard let groups else {
      return Split(dealt(order, strata: strata, fractions: fractions[...]), strata: strata)
    }
    return Split(GroupDealer(order, strata: strata, groups: groups).dealt(fractions), strata: strata)
  }

  /// Deals samples out to folds at random, for cross-validation. Without groups the sizes of folds differ by one at most,
  /// and so does the number of samples of a stratum.
  /// - Parameters:
  ///   - foldCount: Number of folds, from 2 to the number of samples or groups.
  ///   - count: Number of samples.
  ///   - strata: A number for each sample, whose values are spread evenly; nil for none.
  ///   - groups: A number for each sample; samples with the same one go to the same fold.
  ///   - seed: The split depends on it and the arguments, and on nothing else.
  /// - Returns: The folds, and what could not be stratified.
  /// - Throws: `DataError` for another number of folds, and for columns of another length than `count`.
  public static func folds(
    _ foldCount: Int, count: Int, strata: [Int]? = nil, groups: [Int]? = nil, seed: UInt64
  ) throws -> Split {
    guard foldCount >= 2 && foldCount <= count else {
      throw DataError(
        .setting, "from 2 to \(count) folds can be made of \(count) samples, \(foldCount) were asked for")
    }
    try check(count: count, parts: foldCount, strata: strata, groups: groups)
    var generator = PhiloxGenerator(seed: seed, operation: RandomPurpose.split)
    let order = generator.permutation(count)
    if let groups {
      let fractions = [Double](repeating: 1 / Double(foldCount), count: foldCount)
      return Split(GroupDealer(order, strata: strata, groups: groups).dealt(fractions), strata: strata)
    }
    // Dealing goes on from stratum to stratum, so that the sizes of the folds stay even too.
    var folds = [[Int]](repeating: [], count: foldCount)
    for (turn, index) in byStratum(order, strata).joined().enumerated() {
      folds[turn % foldCount].append(index)
    }
    return Split(folds, strata: strata)
  }

  private static func check(count: Int, parts: Int, strata: [Int]?, groups: [Int]?) throws {
    for (name, column) in [("strata", strata), ("groups", groups)] {
      guard let column, column.count != count else { continue }
      throw DataError(
        .shape, "\(name) for \(count) samples were expected, \(column.count) came")
    }
    let most = groups.map { Set($0).count } ?? count
    guard most >= parts else {
      let what = groups == nil ? "samples" : "groups"
      throw DataError(
        .empty, "\(parts) parts cannot be made of \(most) \(what): one would have none",
        advice: "Take fewer parts, or more data.")
    }
  }

  private init(_ parts: [[Int]], strata: [Int]?) {
    self.parts = parts.map { $0.sorted() }
    guard let strata else {
      unstratified = []
      return
    }
    var totals: [Int: Int] = [:]
    for stratum in strata { totals[stratum, default: 0] += 1 }
    let found = parts.map { part in Set(part.map { strata[$0] }) }
    unstratified = totals.keys.sorted().compactMap { stratum in
      let missing = found.indices.filter { !found[$0].contains(stratum) }
      return missing.isEmpty
        ? nil : MissingStratum(stratum: stratum, count: totals[stratum] ?? 0, parts: missing)
    }
  }

  /// The samples of each stratum in the given order; all as one where there are no strata.
  private static func byStratum(_ order: [Int], _ strata: [Int]?) -> [[Int]] {
    guard let strata else { return [order] }
    return Dictionary(grouping: order) { strata[$0] }.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The first part is taken from all samples, the next from what is left, and so on.
  private static func dealt(_ order: [Int], strata: [Int]?, fractions: ArraySlice<Double>) -> [[Int]] {
    guard let fraction = fractions.first, fractions.count > 1 else { return [order] }
    let rest = fractions.dropFirst()
    let groups = byStratum(order, strata)
    let sizes = sizes(
      of: groups.map(\.count), fraction: fraction / fractions.reduce(0, +), partsAfter: rest.count)
    let first = zip(groups, sizes).flatMap { $0[..<$1] }
    let left = zip(groups, sizes).flatMap { $0[$1...] }
    return [first] + dealt(left, strata: strata, fractions: rest)
  }

  /// How many of each stratum go to a part: the fraction of each, rounded so that the sum is right, but at least one for
  /// this part and each that follows where there are as many.
  private static func sizes(of counts: [Int], fraction: Double, partsAfter: Int) -> [Int] {
    let exact = counts.map { Double($0) * fraction }
    var sizes = exact.map { Int($0) }
    let total = Int((Double(counts.reduce(0, +)) * fraction).rounded())
    let byRemainder = counts.indices.sorted {
      (exact[$1] - Double(sizes[$1]), $0) < (exact[$0] - Double(sizes[$0]), $1)
    }
    for index in byRemainder.prefix(max(0, total - sizes.reduce(0, +))) { sizes[index] += 1 }
    return zip(sizes, counts).map { size, count in
      count < 2 ? size : min(max(size, 1), max(1, count - partsAfter))
    }
  }
}

/// Deals out groups that stay together.
private struct GroupDealer {
  /// The samples of each group; groups in random order.
  private let groups: [[Int]]
  /// How many samples of each stratum a group has.
  private let counts: [[Int: Int]]

  init(_ order: [Int], strata: [Int]?, groups numbers: [Int]) {
    var places: [Int: Int] = [:]
    var groups: [[Int]] = []
    for index in order {
      if let place = places[numbers[index]] {
        groups[place].append(index)
      } else {
        places[numbers[index]] = groups.count
        groups.append([index])
      }
    }
    self.groups = groups
    counts = groups.map { group in group.reduce(into: [:]) { $0[strata?[$1] ?? 0, default: 0] += 1 } }
  }

  /// The samples of each part.
  func dealt(_ fractions: [Double]) -> [[Int]] {
    var totals: [Int: Double] = [:]
    for group in counts { for (stratum, count) in group { totals[stratum, default: 0] += Double(count) } }
    var lacking = fractions.map { fraction in totals.mapValues { $0 * fraction } }
    var parts = [[Int]](repeating: [], count: fractions.count)
    // The largest first: small ones make up for what these leave uneven. Of equals the order is random.
    let order = groups.indices.sorted { (groups[$1].count, $0) < (groups[$0].count, $1) }
    for (turn, group) in order.enumerated() {
      let empty = parts.indices.filter { parts[$0].isEmpty }
      // As many groups are left as parts that have none.
      let open = order.count - turn <= empty.count ? empty : Array(parts.indices)
      /// How much nearer the part comes to what it should have, in shares of the strata.
      func gain(_ part: Int) -> Double {
        counts[group].sorted { $0.key < $1.key }.reduce(0) { sum, entry in
          let (before, size) = (lacking[part][entry.key] ?? 0, Double(entry.value))
          let whole = max(totals[entry.key] ?? 1, 1)
          return sum + (before * before - (before - size) * (before - size)) / (whole * whole)
        }
      }
      let best = open.max { (gain($0), $1) < (gain($1), $0) } ?? 0
      parts[best] += groups[group]
      for (stratum, count) in counts[group] { lacking[best][stratum, default: 0] -= Double(count) }
    }
    return parts
  }
}
