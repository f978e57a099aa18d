/// One decision tree as arrays with an entry for each node, as growers and readers of files make it. Node 0 is the root;
/// the others may come in any order, and what the root does not lead to is left out of an ensemble.
public struct TreeNodes: Sendable, Equatable {
  /// The column that a node asks for, counted from 0; −1 for a leaf.
  public var features: [Int32]
  /// A number not above it goes to the left. Of no meaning for leaves and questions about categories.
  public var thresholds: [Float]
  /// The left child of a node; of no meaning for leaves.
  public var left: [Int32]
  /// The right child of a node; of no meaning for leaves.
  public var right: [Int32]
  /// Whether a missing value goes to the left.
  public var missingGoesLeft: [Bool]
  /// The weights of the training rows that reached a node, at least 0: what SHAP values average with.
  public var covers: [Float]
  /// What leaves say, `[nodes, 1]` or `[nodes, outputs]`. Of no meaning elsewhere.
  public var values: [Double]
  /// For nodes that ask for a category, the levels that go to the left as a set of bits: level `i` is bit `i % 32` of
  /// word `i / 32`. Levels behind the last word go to the right.
  public var levels: [Int: [UInt32]]
  /// The output that the tree adds to, where each leaf has one value; nil where each has a value for every output.
  public var output: Int?

  /// A tree of nodes.
  public init(
    features: [Int32], thresholds: [Float], left: [Int32], right: [Int32], missingGoesLeft: [Bool],
    covers: [Float], values: [Double], levels: [Int: [UInt32]] = [:], output: Int? = 0
  ) {
    self.features = features
    self.thresholds = thresholds
    self.left = left
    self.right = right
    self.missingGoesLeft = missingGoesLeft
    self.covers = covers
    self.values = values
    self.levels = levels
    self.output = output
  }

  /// Number of nodes.
  public var count: Int { features.count }
}
