import ApusData

@testable import ApusLearn

/// Trees of random shape for tests, and what they predict by the plainest possible walk.
enum RandomTrees {
  /// Columns of which the last holds categories.
  static let columns =
    (0..<4).map { FeatureMatrix.Column("x\($0)") } + [.init("kind", .category(levels: 70))]

  /// A tree of some splits, with thresholds and levels among the values of `rows`.
  static func tree(
    splits: Int, width: Int = 1, output: Int? = 0, categories: Bool, _ random: inout PhiloxGenerator
  ) -> TreeNodes {
    var tree = TreeNodes(
      features: [-1], thresholds: [0], left: [0], right: [0], missingGoesLeft: [false], covers: [0],
      values: (0..<width).map { _ in random.normal() }, output: output)
    for _ in 0..<splits {
      var node = random.uniform(below: tree.count)
      while tree.features[node] >= 0 { node = random.uniform(below: tree.count) }
      let feature = random.uniform(below: categories ? 5 : 4)
      tree.features[node] = Int32(feature)
      tree.thresholds[node] = Float(random.uniform(below: 9)) - 4
      tree.missingGoesLeft[node] = random.uniform(below: 2) == 0
      if feature == 4 { tree.levels[node] = [random.nextWord(), random.nextWord()] }
      tree.left[node] = Int32(tree.count)
      tree.right[node] = Int32(tree.count + 1)
      for _ in 0..<2 {
        tree.features.append(-1)
        tree.thresholds.append(0)
        tree.left.append(0)
        tree.right.append(0)
        tree.missingGoesLeft.append(false)
        tree.covers.append(Float(1 + random.uniform(below: 9)))
        tree.values += (0..<width).map { _ in random.normal() }
      }
    }
    for node in tree.features.indices.reversed() where tree.features[node] >= 0 {
      tree.covers[node] = tree.covers[Int(tree.left[node])] + tree.covers[Int(tree.right[node])]
    }
    return tree
  }

  /// Rows with values that thresholds equal, and one missing value in five where asked for.
  static func rows(_ count: Int, missing: Bool, _ random: inout PhiloxGenerator) throws -> FeatureMatrix {
    var values: [Float] = []
    for _ in 0..<count {
      for column in 0..<5 {
        let value = column < 4 ? Float(random.uniform(below: 9)) - 4 : Float(random.uniform(below: 70))
        values.append(missing && random.uniform(below: 5) == 0 ? .nan : value)
      }
    }
    return try FeatureMatrix(values, columns: columns)
  }

  /// The leaf that a row comes to.
  static func leaf(_ tree: TreeNodes, _ row: [Float]) -> Int {
    var node = 0
    while tree.features[node] >= 0 {
      let value = row[Int(tree.features[node])]
      var goesLeft = value <= tree.thresholds[node]
      if let words = tree.levels[node], !value.isNaN {
        let word = Int(value) / 32
        goesLeft = word < words.count && words[word] >> (UInt32(value) % 32) & 1 == 1
      }
      if value.isNaN { goesLeft = tree.missingGoesLeft[node] }
      node = Int(goesLeft ? tree.left[node] : tree.right[node])
    }
    return node
  }
}
