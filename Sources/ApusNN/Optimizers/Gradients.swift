import ApusGraph
import ApusTensor

/// The gradient of a loss for each trainable parameter of a model.
public struct Gradients: Sendable {
  /// The parameters in the model's order.
  public let parameters: [Parameter]
  /// Their gradients, in the same order.
  public let tensors: [Tensor]
  private let places: [ObjectIdentifier: Int]

  /// Gradients of parameters, pairwise.
  public init(_ pairs: [(parameter: Parameter, gradient: Tensor)]) {
    parameters = pairs.map(\.parameter)
    tensors = pairs.map(\.gradient)
    places = Dictionary(
      pairs.enumerated().map { (ObjectIdentifier($1.parameter), $0) }, uniquingKeysWith: { first, _ in first }
    )
  }

  /// A parameter's gradient; nil when it is frozen or has no part in the loss.
  public subscript(parameter: Parameter) -> Tensor? {
    places[ObjectIdentifier(parameter)].map { tensors[$0] }
  }

  /// Each gradient changed by a function.
  public func map(_ body: (Tensor) -> Tensor) -> Gradients {
    Gradients(zip(parameters, tensors).map { ($0, body($1)) })
  }

  /// The gradients times a number.
  public func scaled(by factor: Double) -> Gradients { map { Tensor($0.value * factor) } }

  /// The sum of two losses' gradients. A parameter that only one has keeps that one's.
  public static func + (left: Gradients, right: Gradients) -> Gradients {
    let common = zip(left.parameters, left.tensors).map { parameter, gradient in
      (parameter, right[parameter].map { Tensor(gradient.value + $0.value) } ?? gradient)
    }
    let others = zip(right.parameters, right.tensors).filter { left[$0.0] == nil }.map { ($0.0, $0.1) }
    return Gradients(common + others)
  }

  /// The length of all gradients taken as one vector, a scalar.
  public var globalNorm: Tensor {
    let squares = tensors.map { $0.value.squared().sum().cast(.float32) }
    guard let first = squares.first else { return Tensor(Literal(scalar: 0, dtype: .float32)) }
    return Tensor(squares.dropFirst().reduce(first) { $0 + $1 }.sqrt())
  }
}
