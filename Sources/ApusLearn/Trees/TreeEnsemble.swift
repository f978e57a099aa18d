import ApusData
import ApusKernels

/// Decision trees of any origin that predict together: a tree alone, a forest, boosted trees. The prediction for an output
/// is `base + factor · (sum of what the trees' leaves say)`.
///
/// At a node a number goes to the left where it is not above the threshold, a category where it is among a set of levels
/// (levels that training did not meet are in none), a missing value as the node says.
public struct TreeEnsemble: Sendable {
  /// Number of columns of the rows.
  public let columnCount: Int
  /// What is predicted before any tree has its say, for each output.
  public let base: [Double]
  /// What the sum of the trees is multiplied by: 1 for boosted trees, 1 / trees for means.
  public let factor: Double

  // The nodes of a tree are in breadth-first order, so children are neighbors and come after their parent.
  let nodes: [apus_tree_node]
  let covers: [Float]
  // The first node of each tree, and the number of nodes.
  let starts: [Int32]
  // Steps that most rows take in each tree.
  let depths: [Int32]
  // Empty where leaves have a value for each output.
  let outputs: [Int32]
  let values: [Double]
  let setWords: [UInt32]
  let setStarts: [Int32]
  let categorical: [UInt8]

  /// An ensemble of trees.
  ///
  /// - Parameters:
  ///   - trees: The trees: each for one output, or each for all of them.
  ///   - columnCount: Number of columns of the rows.
  ///   - base: What is predicted before any tree has its say, for each output.
  ///   - factor: What the sum of the trees is multiplied by.
  /// - Throws: `DataError` for arrays that differ in length, children or columns that there are not, nodes with two
  ///   parents, and values, covers or thresholds that are no numbers; the tree is named.
  public init(_ trees: [TreeNodes], columnCount: Int, base: [Double], factor: Double = 1) throws {
    var layout = TreeLayout(columnCount: columnCount, outputCount: base.count)
    guard factor.isFinite, base.allSatisfy(\.isFinite), !base.isEmpty else {
      throw DataError(.sample, "a base value for each output and a factor were expected, finite ones")
    }
    layout.reserve(trees)
    for tree in trees { try layout.append(tree) }
    self.columnCount = columnCount
    self.base = base
    self.factor = factor
    nodes = layout.nodes
    covers = layout.covers
    starts = layout.starts
    depths = layout.depths
    outputs = layout.outputs
    values = layout.values
    setWords = layout.setWords
    setStarts = layout.setStarts
    categorical = layout.categorical
  }

  /// Number of outputs for a row.
  public var outputCount: Int { base.count }
  /// Number of trees.
  public var treeCount: Int { starts.count - 1 }
  /// Number of nodes of all trees, leaves included.
  public var nodeCount: Int { nodes.count }
  /// Number of leaves of all trees.
  public var leafCount: Int { values.count / leafWidth }
  // Values of a leaf.
  var leafWidth: Int { outputs.isEmpty ? outputCount : 1 }

  /// One of the trees, its nodes in breadth-first order.
  public func tree(_ index: Int) -> TreeNodes {
    let first = Int(starts[index])
    let places = first..<Int(starts[index + 1])
    let width = leafWidth
    var tree = TreeNodes(
      features: [], thresholds: [], left: [], right: [], missingGoesLeft: [], covers: Array(covers[places]),
      values: Array(repeating: 0, count: places.count * width),
      output: outputs.isEmpty ? nil : Int(outputs[index]))
    for place in places {
      let node = nodes[place]
      let isLeaf = Int(node.child) == place
      let isCategory = node.feature < 0
      tree.features.append(isLeaf ? -1 : isCategory ? ~node.feature : node.feature)
      tree.thresholds.append(isLeaf || isCategory ? 0 : node.threshold)
      tree.left.append(isLeaf ? -1 : node.child - Int32(first))
      tree.right.append(isLeaf ? -1 : node.child + 1 - Int32(first))
      tree.missingGoesLeft.append(!isLeaf && node.detail & 1 == 0)
      if isLeaf {
        let leaf = Int(node.detail >> 1) * width
        for output in 0..<width { tree.values[(place - first) * width + output] = values[leaf + output] }
      } else if isCategory {
        let set = Int(node.detail >> 1)
        tree.levels[place - first] = Array(setWords[Int(setStarts[set])..<Int(setStarts[set + 1])])
      }
    }
    return tree
  }

  /// Calls a function with the trees as kernels take them; not to be kept.
  func withKernelTrees<Result>(_ body: (apus_trees) throws -> Result) rethrows -> Result {
    try nodes.withUnsafeBufferPointer { nodes in
      try starts.withUnsafeBufferPointer { starts in
        try depths.withUnsafeBufferPointer { depths in
          try outputs.withUnsafeBufferPointer { outputs in
            try values.withUnsafeBufferPointer { values in
              try setWords.withUnsafeBufferPointer { words in
                try setStarts.withUnsafeBufferPointer { setStarts in
                  try categorical.withUnsafeBufferPointer { categorical in
                    try body(
                      apus_trees(
                        nodes: nodes.baseAddress, starts: starts.baseAddress, depths: depths.baseAddress,
                        categorical: categorical.baseAddress,
                        outputs: outputs.isEmpty ? nil : outputs.baseAddress, values: values.baseAddress,
                        set_words: words.baseAddress, set_starts: setStarts.baseAddress,
                        trees: Int64(treeCount), output_count: Int32(outputCount)))
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
