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
      let (taken, left) = try drawn(testShare, from: rest, strata: strata, seed: seed)
      (rows[.test], rest) = (taken, left)
    }
    if rows[.validation]?.isEmpty ?? true {
      let share = min(Self.validationShare, Double(Self.largestValidation) / Double(max(1, rest.count)))
      let (taken, left) = try drawn(share, from: rest, strata: strata, seed: seed &+ 1)
      (rows[.validation], rest) = (taken, left)
    }
    if let strata { keepRareClasses(&rows, &rest, strata: strata, named: Set(parts.compactMap { $0 })) }
    rows[.training] = rest
    for part in Part.allCases where rows[part]?.isEmpty ?? true {
      throw DataError(
        .empty, "\(count) examples are too few: the \(part.rawValue) set would be empty",
        advice: "Add examples; some dozens make a start, some hundreds a good one.")
    }
    return rows
  }

  /// A class of which all examples were drawn for other parts goes to the training set with the first of these parts'
  /// examples: what no model has seen, none can predict.
  private func keepRareClasses(
    _ rows: inout [Part: [Int]], _ rest: inout [Int], strata: [Int], named: Set<Part>
  ) {
    for part in [Part.validation, .test] where !named.contains(part) {
      let known = Set(rest.map { strata[$0] })
      let moved = (rows[part] ?? []).filter { !known.contains(strata[$0]) }
      guard !moved.isEmpty, moved.count < rows[part]?.count ?? 0 else { continue }
      rows[part]?.removeAll { !known.contains(strata[$0]) }
      rest = (rest + moved).sorted()
    }
  }

  /// The part of each example; one whose group the source dealt to a part goes there with it.
  private var partsOfGroups: [Part?] {
    guard let groups else { return parts }
    var known: [Int: Part] = [:]
    for (group, part) in zip(groups, parts) where known[group] == nil { known[group] = part }
    return zip(groups, parts).map { $1 ?? known[$0] }
  }

  /// A share of some rows, drawn by groups and in proportion from each stratum.
  private func drawn(
    _ share: Double, from rows: [Int], strata: [Int]?, seed: UInt64
  ) throws -> (taken: [Int], left: [Int]) {
    guard rows.count > 1, Set(rows.map { groups?[$0] ?? -1 - $0 }).count > 1 else { return ([], rows) }
    let split = try Split.indices(
      count: rows.count, strata: strata.map { strata in rows.map { strata[$0] } },
      groups: groups.map { groups in rows.map { groups[$0] } }, fractions: [share, 1 - share], seed: seed)
    return (split.parts[0].map { rows[$0] }, split.parts[1].map { rows[$0] })
  }
}
