import ApusData
import Foundation

/// How much a model of any kind relies on each column: how much its loss rises when the column's values are shuffled among
/// the rows. Breiman, "Random forests" (2001); scikit-learn's `permutation_importance` with the loss as the score.
///
/// Columns that say the same share their importance, as each stands in for the other.
public struct PermutationImportance: Sendable, Equatable {
  /// The importance of a column.
  public struct Column: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// The mean rise of the loss over the shuffles.
    public let mean: Double
    /// The standard deviation over the shuffles.
    public let deviation: Double

    /// The importance of a column.
    public init(name: String, mean: Double, deviation: Double) {
      (self.name, self.mean, self.deviation) = (name, mean, deviation)
    }
  }

  /// The columns, in the model's order.
  public let columns: [Column]
  /// The loss with all columns in place: squared error, or log loss.
  public let loss: Double

  /// Measures a model.
  /// - Parameters:
  ///   - model: The model.
  ///   - rows: Rows with known labels that the model was not fitted to; in others it seems to rely on what it has learned
  ///     by heart.
  ///   - repeats: Shuffles of each column, above 0.
  ///   - seed: What the shuffles depend on.
  /// - Throws: `DataError` for rows of other columns; `CancellationError` in a cancelled task.
  public init(_ model: any FittedEstimator, _ rows: LabeledRows, repeats: Int = 5, seed: UInt64 = 0) throws {
    guard rows.weights == nil else {
      throw DataError(.setting, "permutation importance takes no row weights", advice: "Leave them out.")
    }
    guard repeats > 0 else { throw DataError(.setting, "at least 1 shuffle was expected, \(repeats) came") }
    let base = rows.labels.meanLoss(of: try model.outputs(rows.features))
    let (count, width) = (rows.count, rows.features.columnCount)
    columns = try (0..<width).map { place in
      try Task.checkCancellation()
      let rises = try (0..<repeats).map { turn in
        var random = PhiloxGenerator(seed: seed, epoch: turn, index: place)
        let order = random.permutation(count)
        var values = rows.features.values
        for row in 0..<count {
          values[row * width + place] = rows.features.values[order[row] * width + place]
        }
        let shuffled = FeatureMatrix(unchecked: values, columns: rows.features.columns)
        return rows.labels.meanLoss(of: try model.outputs(shuffled)) - base
      }
      let mean = rises.reduce(0, +) / Double(repeats)
      let square = rises.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(repeats)
      return Column(name: rows.features.columns[place].name, mean: mean, deviation: square.squareRoot())
    }
    loss = base
  }
}

extension Labels {
  /// The loss of each row: minus the logarithm of the right class's probability, or the squared error.
  /// - Parameter outputs: Logits or numbers, `[rows, outputs]`.
  /// - Returns: A loss for each row.
  package func losses(of outputs: [Double]) -> [Double] {
    switch self {
    case .numbers(let numbers): return zip(numbers, outputs).map { ($0 - $1) * ($0 - $1) }
    case .classes(let labels, let count):
      return labels.indices.map { row in
        let logits = outputs[row * count..<(row + 1) * count]
        let largest = logits.max() ?? 0
        let sum = logits.reduce(0) { $0 + exp($1 - largest) }
        return log(sum) + largest - logits[row * count + Int(labels[row])]
      }
    }
  }

  fileprivate func meanLoss(of outputs: [Double]) -> Double {
    losses(of: outputs).reduce(0, +) / Double(max(1, count))
  }
}
