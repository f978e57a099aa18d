import ApusData
import Foundation

/// Finds rows that are unlike the others: Liu, Ting and Zhou, "Isolation forest" (2008). Trees split a few rows at random
/// until each is alone; what is unusual is alone after few splits.
///
/// Categories are split by random sets of levels. Labels are not looked at.
public struct IsolationForest: Codable, Sendable, Equatable {
  /// Number of trees.
  public var trees: Int
  /// Rows that each tree draws; all where there are fewer.
  public var maxSamples: Int

  /// Settings; the defaults are the paper's and scikit-learn's.
  public init(trees: Int = 100, maxSamples: Int = 256) {
    self.trees = trees
    self.maxSamples = maxSamples
  }

  /// Grows the trees; out of time, those that there are by then.
  ///
  /// - Parameters:
  ///   - rows: Rows of which most are usual; their labels are not looked at.
  ///   - context: What chance depends on, and when to stop.
  /// - Throws: `DataError` for settings out of range, and for rows with weights; `CancellationError` in a cancelled task.
  /// - Returns: What scores rows.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> FittedIsolationForest {
    guard trees >= 1 else { throw DataError(.setting, "at least 1 tree was expected, \(trees) came") }
    guard maxSamples >= 2 else {
      throw DataError(.setting, "at least 2 rows for each tree were expected, \(maxSamples) came")
    }
    guard rows.weights == nil else {
      throw DataError(
        .setting, "an isolation forest knows no weights of rows, some came", advice: "Leave the weights out.")
    }
    let sample = min(maxSamples, rows.count)
    var grower = TreeGrower(
      data: try TreeData(rows.features), targets: nil, columnsTried: 1, seed: context.seed)
    grower.splitter = .random
    grower.sample = sample
    grower.maxDepth = max(1, Int(log2(Double(max(2, sample))).rounded(.up)))
    var grown: [TreeNodes] = []
    while grown.count < trees {
      if !grown.isEmpty, context.isOutOfTime() { break }
      for tree in try grower.grow(grown.count..<min(trees, grown.count + 16)) {
        grown.append(Self.withPaths(tree.nodes))
      }
      try context.progress(Double(grown.count) / Double(trees))
    }
    return FittedIsolationForest(
      columns: rows.features.columns,
      ensemble: try TreeEnsemble(
        grown, columnCount: rows.features.columnCount, base: [0], factor: 1 / Double(grown.count)),
      sample: sample)
  }

  /// Splits that it takes to a leaf, and those that its rows would take further on average.
  private static func withPaths(_ tree: TreeNodes) -> TreeNodes {
    var tree = tree
    var depths = [Double](repeating: 0, count: tree.count)
    for node in 0..<tree.count {
      guard tree.features[node] >= 0 else {
        tree.values[node] = depths[node] + meanPath(Double(tree.covers[node]))
        continue
      }
      for child in [tree.left[node], tree.right[node]] { depths[Int(child)] = depths[node] + 1 }
    }
    return tree
  }

  /// Splits that a search in a random binary tree of `count` rows takes on average when it fails.
  static func meanPath(_ count: Double) -> Double {
    guard count > 2 else { return count == 2 ? 1 : 0 }
    let eulerGamma = 0.577215664901532860606512090082402431
    return 2 * (log(count - 1) + eulerGamma) - 2 * (count - 1) / count
  }
}
