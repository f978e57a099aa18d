import ApusData
import Foundation

/// Several fitted models whose weighted mean predicts: of numbers, or of the probabilities of classes.
public struct WeightedEnsemble: FittedEstimator {
  /// The name in files.
  public static let kind = "weighted-ensemble"
  /// The columns that all of them were fitted to.
  public let columns: [FeatureMatrix.Column]
  /// The models.
  public let models: [any FittedEstimator]
  /// The weight of each, above 0 and 1 in all.
  public let weights: [Double]

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var weights: [Double]
  }

  /// An ensemble of models; those with a weight of 0 are left out.
  /// - Throws: `DataError` for models of different columns or outputs, and for weights that are negative or all 0.
  public init(_ models: [any FittedEstimator], weights: [Double]) throws {
    let used = zip(models, weights).filter { $0.1 != 0 }
    let total = used.reduce(0) { $0 + $1.1 }
    guard models.count == weights.count, let first = used.first?.0, total.isFinite, total > 0,
      used.allSatisfy({ $0.1 > 0 })
    else {
      throw DataError(
        .setting, "a weight of at least 0 for each of \(models.count) models was expected, \(weights) came")
    }
    for (model, _) in used where model.columns != first.columns || model.outputCount != first.outputCount {
      throw DataError(.shape, "the models of an ensemble must be fitted to the same columns and labels")
    }
    columns = first.columns
    self.models = used.map(\.0)
    self.weights = used.map { $0.1 / total }
  }

  /// The mean of models that count alike.
  /// - Throws: `DataError` for no models, and models of different columns or outputs.
  public static func mean(of models: [any FittedEstimator]) throws -> WeightedEnsemble {
    try WeightedEnsemble(models, weights: models.map { _ in 1 })
  }

  /// Reads an ensemble.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    let models = try settings.weights.indices.map { try Catalog.open(archive.part("\($0)")) }
    try self.init(models, weights: settings.weights)
    guard columns == settings.columns else { throw archive.corrupt("its models have other columns") }
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    try EstimatorArchive(
      Self.kind, settings: Settings(columns: columns, weights: weights),
      parts: Dictionary(uniqueKeysWithValues: models.enumerated().map { ("\($0)", try $1.archive()) }))
  }

  /// 1, or the number of classes.
  public var outputCount: Int { models[0].outputCount }
  /// All numbers of all models.
  public var parameterCount: Int { models.reduce(0) { $0 + $1.parameterCount } }

  /// The weighted mean of what is known of the models; nil where it is known of none.
  public var importances: [Double]? {
    var sum = [Double](repeating: 0, count: columns.count), total = 0.0
    for (model, weight) in zip(models, weights) {
      guard let found = model.importances, found.count == sum.count else { continue }
      total += weight
      for place in sum.indices { sum[place] += weight * found[place] }
    }
    return total > 0 ? sum.map { $0 / total } : nil
  }

  /// The weighted mean of numbers, or the logarithm of the weighted mean of probabilities.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    return try Self.mean(models.map { try $0.outputs(features) }, weights: weights, outputCount: outputCount)
  }

  /// The weighted mean of outputs, `[rows, outputCount]`.
  static func mean(_ outputs: [[Double]], weights: [Double], outputCount: Int) -> [Double] {
    var sum = [Double](repeating: 0, count: outputs[0].count)
    for (model, weight) in zip(outputs, weights) where weight > 0 {
      var values = model
      if outputCount > 1 {
        for start in stride(from: 0, to: values.count, by: outputCount) {
          softmax(&values[start..<start + outputCount])
        }
      }
      for place in sum.indices { sum[place] += weight * values[place] }
    }
    return outputCount > 1 ? sum.map { log(max($0, leastProbability)) } : sum
  }
}
