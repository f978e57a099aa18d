import ApusGraph
import ApusTensor

/// A penalty on a parameter's size that training adds to the loss.
public struct Regularizer: Sendable {
  /// The name in summaries.
  public let name: String
  private let body: @Sendable (Tensor) -> Tensor

  /// A penalty of your own: a scalar from the parameter's value.
  public init(_ name: String, _ body: @escaping @Sendable (Tensor) -> Tensor) {
    self.name = name
    self.body = body
  }

  /// The penalty, a scalar.
  public func callAsFunction(_ parameter: Tensor) -> Tensor { body(parameter) }

  /// `factor` · Σ |w|. Keras's default factor.
  /// - Parameter factor: At least 0; a negative one makes the loss an error.
  /// - Returns: A penalty.
  public static func l1(_ factor: Double = 0.01) -> Regularizer {
    checked("l1(\(factor))", [factor]) { Tensor($0.value.unary(.absolute).sum() * factor) }
  }

  /// `factor` · Σ w². Keras's default factor.
  /// - Parameter factor: At least 0; a negative one makes the loss an error.
  /// - Returns: A penalty.
  public static func l2(_ factor: Double = 0.01) -> Regularizer {
    checked("l2(\(factor))", [factor]) { Tensor($0.value.squared().sum() * factor) }
  }

  /// Both penalties. Keras's default factors.
  /// - Parameters:
  ///   - l1: The factor of Σ |w|, at least 0.
  ///   - l2: The factor of Σ w², at least 0.
  /// - Returns: A penalty.
  public static func l1l2(l1: Double = 0.01, l2: Double = 0.01) -> Regularizer {
    checked("l1l2(\(l1), \(l2))", [l1, l2]) {
      Tensor($0.value.unary(.absolute).sum() * l1 + $0.value.squared().sum() * l2)
    }
  }

  private static func checked(
    _ name: String, _ factors: [Double], _ body: @escaping @Sendable (Tensor) -> Tensor
  ) -> Regularizer {
    let problem = ArgumentCheck.firstProblem(factors.map { ArgumentCheck.isAtLeastZero($0, "factor") })
    return Regularizer(name) { parameter in
      problem.map { Tensor(.failed(GraphError(.argument, name, $0))) } ?? body(parameter)
    }
  }
}

/// A condition that a parameter is brought back to after each update.
public struct Constraint: Sendable {
  /// The name in summaries.
  public let name: String
  private let body: @Sendable (Tensor) -> Tensor

  /// A condition of your own: the nearest value that fulfils it.
  public init(_ name: String, _ body: @escaping @Sendable (Tensor) -> Tensor) {
    self.name = name
    self.body = body
  }

  /// The value that fulfils the condition.
  public func callAsFunction(_ parameter: Tensor) -> Tensor { body(parameter) }

  /// No element below 0.
  public static let nonNegative = Constraint("nonNegative") {
    Tensor($0.value.maximum($0.value.splat(0)))
  }

  /// Vectors along `axis` no longer than `limit`. Srivastava et al., JMLR 2014. Keras's defaults.
  /// - Parameters:
  ///   - limit: The greatest length, above 0; another makes the update an error.
  ///   - axis: The axis along which a vector lies: 0, the inputs of a unit, for the kernel of a dense layer.
  /// - Returns: A condition.
  public static func maxNorm(_ limit: Double = 2, axis: Int = 0) -> Constraint {
    Constraint("maxNorm(\(limit))") { parameter in
      if let problem = ArgumentCheck.firstProblem([ArgumentCheck.isPositive(limit, "limit")]) {
        return Tensor(.failed(GraphError(.argument, "maxNorm", problem)))
      }
      let norm = norms(parameter, axis: axis)
      let clipped = norm.minimum(norm.splat(limit))
      return Tensor(parameter.value * (clipped / (norm + 1e-7)))
    }
  }

  /// Vectors along `axis` of length 1.
  public static func unitNorm(axis: Int = 0) -> Constraint {
    Constraint("unitNorm") { parameter in Tensor(parameter.value / (norms(parameter, axis: axis) + 1e-7)) }
  }

  private static func norms(_ parameter: Tensor, axis: Int) -> Value {
    parameter.value.squared().sum(axes: [axis], keepAxes: true).sqrt()
  }
}
