import ApusData
import Foundation

/// Trees that an estimator grew: a tree alone, or a forest, whose trees are averaged.
public struct FittedTrees<Source: Estimator>: FittedEstimator {
  /// The name in files.
  public static var kind: String { Source.kind }
  /// The columns that it was fitted to.
  public let columns: [FeatureMatrix.Column]
  /// The trees: for classes their shares, else numbers.
  public let ensemble: TreeEnsemble
  /// How much each column lowers the impurity, 1 in all.
  public let importances: [Double]?
  /// How well each training row is predicted by the trees that did not draw it: the share of right classes, or R². Nil
  /// where it was not asked for.
  public let outOfBagScore: Double?
  /// What the trees that did not draw a training row predict for it, like `outputs`; NaN for rows that every tree drew.
  /// Nil where it was not asked for, and not saved.
  public let outOfBagOutputs: [Double]?

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var outputs: Int
    var importances: [Double]?
    var outOfBagScore: Double?
  }

  init(
    columns: [FeatureMatrix.Column], ensemble: TreeEnsemble, importances: [Double]?,
    outOfBagScore: Double? = nil, outOfBagOutputs: [Double]? = nil
  ) {
    self.columns = columns
    self.ensemble = ensemble
    self.importances = importances
    self.outOfBagScore = outOfBagScore
    self.outOfBagOutputs = outOfBagOutputs
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    guard settings.importances?.count ?? settings.columns.count == settings.columns.count,
      settings.outputs >= 1
    else { throw archive.corrupt("its settings contradict each other") }
    self.init(
      columns: settings.columns,
      ensemble: try TreeEnsemble(
        archive, columnCount: settings.columns.count, outputCount: settings.outputs),
      importances: settings.importances, outOfBagScore: settings.outOfBagScore)
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    try EstimatorArchive(
      Self.kind,
      settings: Settings(
        columns: columns, outputs: outputCount, importances: importances, outOfBagScore: outOfBagScore),
      tensors: ensemble.tensors())
  }

  /// 1, or the number of classes.
  public var outputCount: Int { ensemble.outputCount }
  /// A threshold for each split and the values of each leaf.
  public var parameterCount: Int {
    ensemble.nodeCount - ensemble.leafCount + ensemble.leafCount * outputCount
  }

  /// Means of the trees: numbers, or logarithms of the shares of the classes, which are 2^-52 at least.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    return Self.outputs(means: try ensemble.predict(features), outputCount)
  }

  static func outputs(means: [Double], _ outputCount: Int) -> [Double] {
    outputCount == 1 ? means : means.map { log(max($0, leastProbability)) }
  }
}
