import ApusData

/// A model as LightGBM writes it: a block of lines `name=values` for each tree.
struct LightGBMModelText {
  private let blocks: [[Substring: Substring]]

  init(_ text: String) {
    var blocks: [[Substring: Substring]] = []
    var current: [Substring: Substring]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("Tree=") {
        if let current { blocks.append(current) }
        current = [:]
      } else if line.hasPrefix("end of trees") {
        break
      } else if current != nil, let equals = line.firstIndex(of: "=") {
        current?[line[..<equals]] = line[line.index(after: equals)...]
      }
    }
    if let current { blocks.append(current) }
    self.blocks = blocks
  }

  /// The bits of a node's kind: whether it asks for a category, whether missing values go to the left, and which values
  /// count as missing.
  private enum Decision {
    static let isCategory = 1, goesLeft = 2
    static func missing(_ bits: Int) -> Int { bits >> 2 & 3 }
    static let none = 0, nan = 2
  }

  /// The trees.
  /// - Parameter count: Trees of a round: 1, or one for each class.
  /// - Throws: `DataError` for a text that contradicts itself.
  /// - Returns: The trees in their order.
  func trees(perRound count: Int) throws -> [TreeNodes] {
    try blocks.enumerated().map { place, block in
      func numbers<Number: LosslessStringConvertible>(_ name: String, _ type: Number.Type, _ count: Int)
        throws
        -> [Number]
      {
        let values = (block[Substring(name)] ?? "").split(separator: " ").compactMap { Number(String($0)) }
        guard values.count == count else {
          throw DataError(
            .sample,
            "LightGBM's model: \(count) values of \(name) were expected in tree \(place), \(values.count) came"
          )
        }
        return values
      }
      let leaves = Int(block["num_leaves"] ?? "") ?? 0
      let values = try numbers("leaf_value", Double.self, max(1, leaves))
      guard leaves > 1 else {
        return TreeNodes(
          features: [-1], thresholds: [0], left: [-1], right: [-1], missingGoesLeft: [false], covers: [1],
          values: [values[0]], output: place % count)
      }
      let inner = leaves - 1
      let features = try numbers("split_feature", Int32.self, inner)
      let thresholds = try numbers("threshold", Double.self, inner)
      let decisions = try numbers("decision_type", Int.self, inner)
      let left = try numbers("left_child", Int32.self, inner),
        right = try numbers("right_child", Int32.self, inner)
      let covers =
        try numbers("internal_count", Float.self, inner) + numbers("leaf_count", Float.self, leaves)
      let sets = try categories(block, place)
      // Leaves come after the inner nodes; a child below 0 is one of them.
      func node(_ child: Int32) -> Int32 { child >= 0 ? child : Int32(inner) + ~child }
      var tree = TreeNodes(
        features: features + Array(repeating: -1, count: leaves),
        thresholds: thresholds.map(Self.floor) + Array(repeating: 0, count: leaves),
        left: left.map(node) + Array(repeating: -1, count: leaves),
        right: right.map(node) + Array(repeating: -1, count: leaves),
        missingGoesLeft: (0..<inner).map { Self.missingGoesLeft(decisions[$0], thresholds[$0]) }
          + Array(repeating: false, count: leaves),
        covers: covers, values: Array(repeating: 0, count: inner) + values, output: place % count)
      for index in 0..<inner where decisions[index] & Decision.isCategory != 0 {
        let set = Int(thresholds[index])
        guard sets.indices.contains(set) else {
          throw DataError(.sample, "LightGBM's model: tree \(place) has no set of levels \(set)")
        }
        tree.levels[index] = sets[set]
        tree.thresholds[index] = 0
      }
      return tree
    }
  }

  /// Where nothing was missing in training, the library takes a missing number for 0.
  private static func missingGoesLeft(_ decision: Int, _ threshold: Double) -> Bool {
    if decision & Decision.isCategory != 0 { return false }
    return Decision.missing(decision) == Decision.none ? threshold >= 0 : decision & Decision.goesLeft != 0
  }

  /// The largest float32 that is not above a number: of float32 values the same are not above either.
  private static func floor(_ value: Double) -> Float {
    let nearest = Float(value)
    let rounded = Double(nearest) <= value ? nearest : nearest.nextDown
    return max(-.greatestFiniteMagnitude, min(.greatestFiniteMagnitude, rounded))
  }

  private func categories(_ block: [Substring: Substring], _ place: Int) throws -> [[UInt32]] {
    guard Int(block["num_cat"] ?? "0") ?? 0 > 0 else { return [] }
    let ends = (block["cat_boundaries"] ?? "").split(separator: " ").compactMap { Int($0) }
    let words = (block["cat_threshold"] ?? "").split(separator: " ").compactMap { UInt32($0) }
    guard ends.last == words.count, ends == ends.sorted() else {
      throw DataError(.sample, "LightGBM's model: the levels of tree \(place) cannot be read")
    }
    return zip(ends, ends.dropFirst()).map { Array(words[$0..<$1]) }
  }

  /// How much the splits by each column lower the loss.
  func gains(columnCount: Int) -> [Double] {
    var gains = [Double](repeating: 0, count: columnCount)
    for block in blocks {
      let columns = (block["split_feature"] ?? "").split(separator: " ").compactMap { Int($0) }
      let own = (block["split_gain"] ?? "").split(separator: " ").compactMap { Double($0) }
      for (column, gain) in zip(columns, own) where gains.indices.contains(column) {
        gains[column] += max(0, gain)
      }
    }
    return gains
  }
}
