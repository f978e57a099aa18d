import ApusData

extension Examples {
  /// Shares of the split where the source names no parts: a fifth for the test set, a fifth of the rest, up to 5,000,
  /// for the validation set.
  public static let testShare = 0.2, validationShare = 0.2, largestValidation = 5000

  /// Deals the examples to training, validation and test set: all three always exist. Parts that the source names stay
  /// as they are; what is missing is drawn from the training examples.
  ///
  /// - Parameters:
  ///   - strata: The class of each example, so that each part has the same proportions; nil draws from all alike.
  ///   - seed: The split depends on nothing else.
  ///   - testShare: The share of the examples for the test set where the source names none, above 0 and below 1.
  /// - Returns: The rows of each part, in ascending order; no row is in two.
  /// - Throws: `DataError` where there are too few examples for three parts.
  public func split(
    strata: [Int]?, seed: UInt64, testShare: Double = Examples.testShare
  ) throws -> [Part: [Int]] {
    let parts = partsOfGroups
    var rows: [Part: [Int]] = [:]
    for part in Part.allCases { rows[part] = parts.indices.filter { parts[$0] == part } }
    var rest = parts.indices.filter { parts[$0] == nil || parts[$0] == .training }
    if rows[.test]?.isEmpty ?? true {
      let (taken, left) = drawn(testShare, from: rest, strata: strata, seed: seed)
      (rows[.test], rest) = (taken, left)
    }
    if rows[.validation]?.isEmpty ?? true {
      let share = min(Self.validationShare, Double(Self.largestValidation) / Double(max(1, rest.count)))
      let (taken, left) = drawn(share, from: rest, strata: strata, seed: seed &+ 1)
      (rows[.validation], rest) = (taken, left)
    }
    rows[.training] = rest
    for part in Part.allCases where rows[part]?.isEmpty ?? true {
      throw DataError(
        .empty, "\(count) examples are too few: the \(part.rawValue) set would be empty",
        advice: "Add examples; some dozens make a start, some hundreds a good one.")
    }
    return rows
  }

  /// The part of each example; one whose group the source dealt to a part goes there with it.
  private var partsOfGroups: [Part?] {
    guard let groups else { return parts }
    var known: [Int: Part] = [:]
    for (group, part) in zip(groups, parts) where known[group] == nil { known[group] = part }
    return zip(groups, parts).map { $1 ?? known[$0] }
  }

  /// A share of some rows, drawn by groups and in proportion from each stratum: neither none nor all of a stratum that
  /// has two groups or more.
  private func drawn(
    _ share: Double, from rows: [Int], strata: [Int]?, seed: UInt64
  ) -> (taken: [Int], left: [Int]) {
    var members: [Int: [Int]] = [:]
    for row in rows { members[groups?[row] ?? -1 - row, default: []].append(row) }
    // A group belongs to the stratum of its first row.
    var units: [Int: [[Int]]] = [:]
    for unit in members.values.sorted(by: { $0[0] < $1[0] }) {
      units[strata?[unit[0]] ?? 0, default: []].append(unit)
    }
    var generator = PhiloxGenerator(seed: seed)
    let keys = units.keys.sorted()
    let dealt = keys.map { key in
      let all = units[key] ?? []
      return generator.permutation(all.count).map { all[$0] }
    }
    let counts = Self.shares(of: dealt.map { $0.map(\.count) }, share: share)
    var taken: [Int] = [], left: [Int] = []
    for (units, count) in zip(dealt, counts) {
      let isTaken = Self.chosen(units.map(\.count), count: count)
      for (unit, isTaken) in zip(units, isTaken) {
        if isTaken { taken += unit } else { left += unit }
      }
    }
    return (taken.sorted(), left.sorted())
  }

  /// How many rows of each stratum are taken: the share of each, rounded so that the sum is right.
  /// - Parameter units: The rows of each unit of each stratum.
  private static func shares(of units: [[Int]], share: Double) -> [Int] {
    let counts = units.map { $0.reduce(0, +) }
    let exact = counts.map { Double($0) * share }
    var result = exact.map { Int($0) }
    let total = Int((Double(counts.reduce(0, +)) * share).rounded())
    let byRemainder = counts.indices.sorted {
      (exact[$1] - Double(result[$1]), $0) < (exact[$0] - Double(result[$0]), $1)
    }
    for index in byRemainder.prefix(max(0, total - result.reduce(0, +))) { result[index] += 1 }
    return units.indices.map { units[$0].count < 2 ? 0 : min(max(result[$0], 1), counts[$0] - 1) }
  }

  /// Which units are taken for a number of rows: one after the other, each that brings the sum nearer to it; the smallest where
  /// all are too large. At least one stays.
  private static func chosen(_ sizes: [Int], count: Int) -> [Bool] {
    var isTaken = sizes.map { _ in false }
    guard count > 0, sizes.count > 1 else { return isTaken }
    var sum = 0, left = sizes.count
    for (place, size) in sizes.enumerated() where left > 1 && abs(sum + size - count) < count - sum {
      isTaken[place] = true
      sum += size
      left -= 1
    }
    if sum == 0, let smallest = sizes.indices.min(by: { sizes[$0] < sizes[$1] }) { isTaken[smallest] = true }
    return isTaken
  }
}
