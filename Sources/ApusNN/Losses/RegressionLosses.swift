import ApusGraph
import ApusTensor

extension Loss {
  private static func elementwise(
    _ name: String, _ kind: TargetKind = .values, _ body: @escaping @Sendable (Value, Value) -> Value
  ) -> Loss {
    Loss(name, targetKind: kind) { prediction, target in Tensor(body(prediction.value, target.value)) }
  }

  /// (prediction − target)²
  public static let meanSquaredError = elementwise("meanSquaredError") { ($0 - $1).squared() }

  /// |prediction − target|
  public static let meanAbsoluteError = elementwise("meanAbsoluteError") { ($0 - $1).unary(.absolute) }

  /// 100 · |prediction − target| / |target|, with the divisor kept above 1e-7.
  public static let meanAbsolutePercentageError = elementwise("meanAbsolutePercentageError") {
    prediction, target in
    let size = target.unary(.absolute)
    return (prediction - target).unary(.absolute) / size.maximum(size.splat(1e-7)) * 100
  }

  /// (log(1 + prediction) − log(1 + target))², with both kept above 1e-7.
  public static let meanSquaredLogarithmicError = elementwise("meanSquaredLogarithmicError") {
    ($0.maximum($0.splat(1e-7)).unary(.log1p) - $1.maximum($1.splat(1e-7)).unary(.log1p)).squared()
  }

  /// Quadratic up to an error of 1, linear beyond. Huber, 1964.
  public static let huber = huber(delta: 1)

  /// Quadratic up to an error of `delta`, linear beyond.
  /// - Parameter delta: Above 0.
  /// - Returns: A loss of values.
  public static func huber(delta: Double) -> Loss {
    elementwise("huber") { prediction, target in
      if let problem = ArgumentCheck.firstProblem([ArgumentCheck.isPositive(delta, "delta")]) {
        return .failed(GraphError(.argument, "huber", problem))
      }
      let error = (prediction - target).unary(.absolute)
      let inner = error.minimum(error.splat(delta))
      // min(e, δ) · (e − min(e, δ) / 2) is both branches at once.
      return inner * (error - inner * 0.5)
    }
  }

  /// log cosh(prediction − target), computed without overflow.
  public static let logCosh = elementwise("logCosh") { prediction, target in
    let error = prediction - target
    let softplus = (error.unary(.absolute) * -2).exp().unary(.log1p)
    return error.unary(.absolute) + softplus - 0.6931471805599453
  }

  /// prediction − target · log(prediction), for counts and a prediction above 0 (such as after `.softplus` or
  /// `.exponential`).
  public static let poisson = elementwise("poisson") { prediction, target in
    prediction - target * (prediction + 1e-7).log()
  }

  /// max(1 − target · prediction, 0) for targets −1 and 1; 0 counts as −1.
  public static let hinge = elementwise("hinge", .sign) { prediction, target in
    let margin = 1 - signs(target) * prediction
    return margin.maximum(margin.splat(0))
  }

  /// The square of `hinge`.
  public static let squaredHinge = elementwise("squaredHinge", .sign) { prediction, target in
    let margin = 1 - signs(target) * prediction
    return margin.maximum(margin.splat(0)).squared()
  }

  /// max(best wrong − right + 1, 0) for one-hot targets.
  public static let categoricalHinge = Loss("categoricalHinge", targetKind: .distribution) {
    prediction, target in
    let x = prediction.value, y = target.value
    guard x.failure == nil, x.rank >= 1 else { return Tensor(x) }
    let right = (x * y).sum(axes: [x.rank - 1])
    let wrong = ((1 - y) * x).reduced(.maximum, axes: [x.rank - 1])
    return Tensor((wrong - right + 1).maximum(x.splat(0)))
  }

  /// Σ target · log(target / prediction) over the last axis; both are rows of probabilities.
  public static let klDivergence = Loss("klDivergence", targetKind: .distribution) { prediction, target in
    let x = prediction.value, y = target.value
    guard x.failure == nil, x.rank >= 1 else { return Tensor(x) }
    func clipped(_ value: Value) -> Value { value.clamped(value.splat(1e-7), value.splat(1)) }
    let q = clipped(x), p = clipped(y)
    return Tensor((p * (p / q).log()).sum(axes: [x.rank - 1]))
  }

  /// −cosine of the angle between prediction and target over the last axis, as in Keras: −1 is best.
  public static let cosineSimilarity = Loss("cosineSimilarity") { prediction, target in
    let x = prediction.value, y = target.value
    guard x.failure == nil, x.rank >= 1 else { return Tensor(x) }
    let axis = [x.rank - 1]
    func unit(_ value: Value) -> Value {
      let squares = value.squared().sum(axes: axis, keepAxes: true)
      return value * squares.maximum(squares.splat(1e-12)).rsqrt()
    }
    return Tensor(-(unit(x) * unit(y)).sum(axes: axis))
  }

  private static func signs(_ target: Value) -> Value {
    // Keras's rule: targets of 0 and 1 are taken as −1 and 1.
    let isZero = target.compare(.equal, target.splat(0))
    return isZero.select(target.splat(-1), target)
  }
}
