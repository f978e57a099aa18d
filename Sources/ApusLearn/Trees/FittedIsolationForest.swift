import ApusData
import Foundation

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
