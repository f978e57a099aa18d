import ApusData

/// Boosted trees. They predict without the library that grew them.
public struct FittedBoosting<Source: Estimator>: FittedEstimator {
  /// The name in files.
  public static var kind: String { Source.kind }
  /// The columns that it was fitted to.
  public let columns: [FeatureMatrix.Column]
  /// The trees, which add up to a number, to the logit of the second of two classes, or to the logit of each.
  public let ensemble: TreeEnsemble
  /// How much each column lowers the loss, 1 in all.
  public let importances: [Double]?
  let task: BoostingTask

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var task: BoostingTask
    var importances: [Double]?
  }

  init(
    columns: [FeatureMatrix.Column], ensemble: TreeEnsemble, task: BoostingTask, gains: [Double]
  ) {
    (self.columns, self.ensemble, self.task) = (columns, ensemble, task)
    let total = gains.reduce(0, +)
    importances = total > 0 ? gains.map { $0 / total } : nil
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    guard settings.importances?.count ?? settings.columns.count == settings.columns.count,
      settings.task.treeOutputs >= 1
    else { throw archive.corrupt("its settings contradict each other") }
    columns = settings.columns
    task = settings.task
    importances = settings.importances
    ensemble = try TreeEnsemble(
      archive, columnCount: settings.columns.count, outputCount: settings.task.treeOutputs)
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    try EstimatorArchive(
      Self.kind, settings: Settings(columns: columns, task: task, importances: importances),
      tensors: ensemble.tensors())
  }

  /// 1, or the number of classes.
  public var outputCount: Int { task.outputCount }
  /// A threshold or a leaf for each node.
  public var parameterCount: Int { ensemble.nodeCount }

  /// Adds the trees up.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    return task.outputs(try ensemble.predict(features))
  }
}
