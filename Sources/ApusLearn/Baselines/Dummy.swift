import Foundation

/// Predicts the same for every row, whatever its features: the mean, or the shares of the classes. What any model has to
/// beat; scikit-learn's `DummyRegressor`, and `DummyClassifier` with the strategy `prior`.
public struct Dummy: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "dummy"

  /// There is nothing to set.
  public init() {}

  /// What it is.
  public var summary: String { "Constant: the mean, or the shares of the classes" }

  /// Takes the weighted mean, or the shares of the classes.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    let weights = rows.weights ?? Array(repeating: 1, count: rows.count)
    let total = weights.reduce(0, +)
    let outputs: [Double]
    switch rows.labels {
    case .numbers(let numbers):
      // Twice, so that a large offset costs no digits.
      let first = zip(numbers, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
      outputs = [first + zip(numbers, weights).reduce(0) { $0 + ($1.0 - first) * $1.1 } / total]
    case .classes(let labels, let count):
      var shares = [Double](repeating: 0, count: count)
      for (label, weight) in zip(labels, weights) { shares[Int(label)] += weight / total }
      outputs = shares.map { log(max($0, leastProbability)) }
    }
    return FittedDummy(columns: rows.features.columns, constants: outputs)
  }
}

/// The constants of a `Dummy`.
public struct FittedDummy: FittedEstimator, Equatable {
  /// The name in files.
  public static let kind = Dummy.kind
  /// The columns that it was fitted to.
  public let columns: [FeatureMatrix.Column]
  /// What it predicts for every row: a number, or a logit for each class.
  public let constants: [Double]

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var constants: [Double]
  }

  init(columns: [FeatureMatrix.Column], constants: [Double]) {
    (self.columns, self.constants) = (columns, constants)
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    guard !settings.constants.isEmpty else { throw archive.corrupt("it has no constants") }
    self.init(columns: settings.columns, constants: settings.constants)
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    try EstimatorArchive(Self.kind, settings: Settings(columns: columns, constants: constants))
  }

  /// 1, or the number of classes.
  public var outputCount: Int { constants.count }
  /// The constants.
  public var parameterCount: Int { constants.count }

  /// The constants, for each row.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    return Array(repeatElement(constants, count: features.rowCount).joined())
  }
}
