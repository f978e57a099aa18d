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

/// Trees that isolate rows.
public struct FittedIsolationForest: Sendable {
  /// The name in files.
  public static let kind = "isolationForest"
  /// The columns that it was fitted to.
  public let columns: [FeatureMatrix.Column]
  /// The trees, which predict how many splits it takes to isolate a row.
  public let ensemble: TreeEnsemble
  /// Rows that each tree drew.
  public let sample: Int

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var sample: Int
  }

  init(columns: [FeatureMatrix.Column], ensemble: TreeEnsemble, sample: Int) {
    (self.columns, self.ensemble, self.sample) = (columns, ensemble, sample)
  }

  /// Reads a model.
  /// - Throws: `DataError` for an archive that contradicts itself.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    guard archive.kind == Self.kind, settings.sample >= 1 else {
      throw archive.corrupt("it is no isolation forest")
    }
    self.init(
      columns: settings.columns,
      ensemble: try TreeEnsemble(archive, columnCount: settings.columns.count, outputCount: 1),
      sample: settings.sample)
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    try EstimatorArchive(
      Self.kind, settings: Settings(columns: columns, sample: sample), tensors: ensemble.tensors())
  }

  /// How unusual rows are, above 0 and at most 1: near 1 for anomalies, below 0.5 for usual ones. scikit-learn's
  /// `score_samples` with its sign changed.
  ///
  /// - Parameter features: Rows of the columns that it was fitted to.
  /// - Throws: `DataError` for other columns.
  /// - Returns: A score for each row.
  public func scores(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    // Of a single row nothing is unusual.
    let usual = max(IsolationForest.meanPath(Double(sample)), .leastNormalMagnitude)
    return try ensemble.predict(features).map { sample < 2 ? 0.5 : exp2(-$0 / usual) }
  }
}
