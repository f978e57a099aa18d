import ApusData
import Foundation

/// A way to predict numbers or classes from features: a value with its settings, without any data.
public protocol Estimator: Codable, Sendable {
  /// The name in files and results, such as `ridge`.
  static var kind: String { get }
  /// What it is, in a few words for a person.
  var summary: String { get }

  /// Fits a model.
  ///
  /// - Parameters:
  ///   - rows: The rows to fit to, which only a fold gives.
  ///   - context: What chance depends on, rows to choose settings by, when to stop.
  /// - Throws: `DataError` for rows that it cannot be fitted to; `CancellationError` in a cancelled task.
  /// - Returns: The model.
  func fit(_ rows: TrainingRows, _ context: FitContext) async throws -> any FittedEstimator
}

/// An estimator that is fitted without waiting for anything: all but networks, and what is made of other estimators.
public protocol SynchronousEstimator: Estimator {
  /// Fits a model.
  ///
  /// - Parameters:
  ///   - rows: The rows to fit to, which only a fold gives.
  ///   - context: What chance depends on, rows to choose settings by, when to stop.
  /// - Throws: `DataError` for rows that it cannot be fitted to; `CancellationError` in a cancelled task.
  /// - Returns: The model.
  func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator
}

/// What fitting may use of its surroundings.
public struct FitContext: Sendable {
  /// What all randomness depends on.
  public var seed: UInt64
  /// Rows that were not fitted to, by which an estimator may decide when to stop; nil where there are none.
  public var validation: LabeledRows?
  /// Called with how far fitting is, from 0 to 1; throws to end it without a model.
  public var progress: @Sendable (Double) throws -> Void
  /// Whether fitting should end at the next step with the model that there is.
  public var isOutOfTime: @Sendable () -> Bool

  /// A context.
  public init(
    seed: UInt64 = 0, validation: LabeledRows? = nil,
    progress: @escaping @Sendable (Double) throws -> Void = { _ in try Task.checkCancellation() },
    isOutOfTime: @escaping @Sendable () -> Bool = { false }
  ) {
    self.seed = seed
    self.validation = validation
    self.progress = progress
    self.isOutOfTime = isOutOfTime
  }
}

/// A model that was fitted. There is no such value before it was.
public protocol FittedEstimator: Sendable {
  /// The name in files, that of the estimator.
  static var kind: String { get }
  /// The columns that it was fitted to.
  var columns: [FeatureMatrix.Column] { get }
  /// Numbers for a row: 1 for a number, one for each class.
  var outputCount: Int { get }

  /// Predicts.
  /// - Parameter features: Rows of the columns that it was fitted to.
  /// - Returns: `[rows, outputCount]`, row after row: numbers as they were labeled, or for classes logits, whose softmax
  ///   is the probability of each class.
  /// - Throws: `DataError` for other columns, and for missing values where it takes none.
  func outputs(_ features: FeatureMatrix) throws -> [Double]

  /// Numbers that were fitted.
  var parameterCount: Int { get }
  /// How much each column matters to the model by itself, at least 0 and 1 in all; nil where that is not known.
  var importances: [Double]? { get }

  /// Everything that it takes to read it again.
  func archive() throws -> EstimatorArchive
  /// Reads a model.
  /// - Throws: `DataError` for an archive that contradicts itself.
  init(_ archive: EstimatorArchive) throws
}

extension FittedEstimator {
  /// Not known.
  public var importances: [Double]? { nil }

  /// The probability of each class, `[rows, outputCount]`.
  /// - Throws: `DataError` for models that predict numbers.
  public func probabilities(_ features: FeatureMatrix) throws -> [Double] {
    let count = outputCount
    guard count > 1 else { throw noClasses }
    var values = try outputs(features)
    for start in stride(from: 0, to: values.count, by: count) { softmax(&values[start..<start + count]) }
    return values
  }

  /// The likeliest class of each row; of equals the first.
  /// - Throws: `DataError` for models that predict numbers.
  public func classes(_ features: FeatureMatrix) throws -> [Int32] {
    let count = outputCount
    guard count > 1 else { throw noClasses }
    let values = try outputs(features)
    return stride(from: 0, to: values.count, by: count).map { start in
      Int32((1..<count).reduce(0) { values[start + $1] > values[start + $0] ? $1 : $0 })
    }
  }

  private var noClasses: DataError {
    DataError(.type, "a model of kind \(Self.kind) that predicts numbers has no classes")
  }
}

/// Turns logits into probabilities.
func softmax(_ logits: inout ArraySlice<Double>) {
  let largest = logits.max() ?? 0
  var sum = 0.0
  for place in logits.indices {
    logits[place] = exp(logits[place] - largest)
    sum += logits[place]
  }
  for place in logits.indices { logits[place] /= sum }
}

/// The smallest probability whose logarithm is taken: logits of classes that a model holds for impossible stay finite. It is
/// the least step of float64 at 1, as scikit-learn's `log_loss` clips.
let leastProbability = 0x1p-52
