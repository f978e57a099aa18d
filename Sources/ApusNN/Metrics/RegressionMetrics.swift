import ApusGraph
import ApusTensor

extension Metric {
  private static func error(
    _ name: String, finish: @escaping @Sendable (Double) -> Double = { $0 },
    _ body: @escaping @Sendable (Value, Value) -> Value
  ) -> Metric {
    Metric(mean: name, isBetterWhenLarger: false, finish: finish) { input in
      TargetCheck.aligned(input.prediction, input.target, kind: .values, loss: name).map {
        Tensor(body($0.value, $1.value))
      }.value
    }
  }

  /// Mean of (prediction − target)².
  public static let meanSquaredError = error("meanSquaredError") { ($0 - $1).squared() }

  /// Root of the mean of (prediction − target)², over all batches at once.
  public static let rootMeanSquaredError = error(
    "rootMeanSquaredError", finish: { $0.squareRoot() }
  ) { ($0 - $1).squared() }

  /// Mean of |prediction − target|.
  public static let meanAbsoluteError = error("meanAbsoluteError") { ($0 - $1).unary(.absolute) }

  /// The part of the targets' variance that predictions explain: 1 is best, 0 is as good as the mean. The
  /// mean over outputs when there are several.
  public static let r2 = Metric("r2", isBetterWhenLarger: true) { input in
    switch TargetCheck.aligned(input.prediction, input.target, kind: .values, loss: "r2") {
    case .fails(let failed): return Array(repeating: failed, count: 4)
    case .fits(let prediction, let target):
      // Squares of large numbers are subtracted in the end: float32 would not do.
      let x = prediction.value.cast(.float64), y = target.value.cast(.float64)
      let batch = y.rank == 0 ? 1 : y.shape[0]
      let matrix = Shape([batch, y.shape.elementCount / max(1, batch)])
      let error = (x - y).squared().reshaped(matrix), truth = y.reshaped(matrix)
      var weights = truth.filled(1)
      if let given = input.weights {
        guard given.shape == [batch] else {
          let wrong = GraphError(.shape, "r2", "expects \(batch) weights, got shape \(given.shape)")
          return Array(repeating: Tensor(.failed(wrong)), count: 4)
        }
        weights = given.value.cast(.float64).broadcast(to: matrix, axes: [0])
      }
      return [
        weights, weights * truth, weights * truth.squared(), weights * error,
      ].map { Tensor($0.sum(axes: [0])) }
    }
  } value: { totals in
    let scores = totals[0].indices.map { column -> Double in
      let count = totals[0][column]
      let variance = totals[2][column] - totals[1][column] * totals[1][column] / count
      let error = totals[3][column]
      return variance == 0 ? (error == 0 ? 1 : 0) : 1 - error / variance
    }
    return MetricValue(scores.isEmpty ? .nan : scores.reduce(0, +) / Double(scores.count))
  }
}
