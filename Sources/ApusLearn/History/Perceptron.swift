import ApusData
import Foundation

/// A neuron that learns from its mistakes: each row on the wrong side moves the weights by itself. scikit-learn's `Perceptron`
/// with `shuffle=False`: rows are taken in their order. Rosenblatt, Psychological Review 65, 1958.
///
/// Its scores are no logarithms of odds: the class is right or wrong, probabilities made from it mean little.
public struct Perceptron: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "perceptron"
  /// Passes over the rows at most; 1000 as in scikit-learn.
  public var epochs: Int
  /// The mean loss must fall by that much, or after five passes without it learning ends; 0.001 as in scikit-learn.
  public var tolerance: Double
  /// What a row is multiplied by when it moves the weights, above 0.
  public var learningRate: Double
  /// Whether there is a constant.
  public var fitsIntercept: Bool

  /// A method.
  public init(
    epochs: Int = 1000, tolerance: Double = 1e-3, learningRate: Double = 1, fitsIntercept: Bool = true
  ) {
    self.epochs = epochs
    self.tolerance = tolerance
    self.learningRate = learningRate
    self.fitsIntercept = fitsIntercept
  }

  /// What it is.
  public var summary: String { "Rosenblatt's perceptron: learns from mistakes" }

  /// Passes without progress after which learning ends.
  private static let patience = 5

  /// Fits to classes: each against all others, two of them against each other.
  /// - Throws: `DataError` for numbers, categories, missing values and bad settings.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    let (labels, count) = try rows.labels.requireClasses(for: "Perceptron")
    try requireSetting(epochs >= 1, "epochs", epochs, "at least 1")
    try requireSetting(tolerance >= 0, "tolerance", tolerance, "at least 0")
    try requireSetting(learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "above 0")
    let problem = try LinearProblem(rows, for: "Perceptron", centered: true)
    let lines = try (count == 2 ? [1] : Array(0..<count)).map { label in
      try learn(rows, labels.map { $0 == Int32(label) ? 1 : -1 }, context)
    }
    return FittedLinear<Self>(
      columns: rows.features.columns, classCount: count, centered: lines.flatMap { $0 },
      center: Array(repeating: 0, count: rows.features.columnCount), deviations: try problem.deviations())
  }

  /// The weights of one neuron and its constant.
  private func learn(_ rows: TrainingRows, _ signs: [Double], _ context: FitContext) throws -> [Double] {
    let width = rows.features.columnCount
    var line = [Double](repeating: 0, count: width + 1)
    var (best, idle) = (Double.infinity, 0)
    for epoch in 0..<epochs {
      try context.progress(Double(epoch) / Double(epochs))
      var loss = 0.0
      rows.features.values.withUnsafeBufferPointer { values in
        for row in signs.indices {
          var score = 0.0
          for column in 0..<width { score += line[column] * Double(values[row * width + column]) }
          let margin = signs[row] * (score + line[width])
          loss += max(0, -margin)
          guard margin <= 0 else { continue }
          let step = learningRate * signs[row] * (rows.weights?[row] ?? 1)
          for column in 0..<width { line[column] += step * Double(values[row * width + column]) }
          if fitsIntercept { line[width] += step }
        }
      }
      idle = loss > best - tolerance * Double(signs.count) ? idle + 1 : 0
      best = min(best, loss)
      if idle >= Self.patience || context.isOutOfTime() { break }
    }
    return line
  }
}
