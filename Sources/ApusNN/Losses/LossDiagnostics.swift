import ApusGraph
import ApusTensor

/// A doubt about what a model gives to its loss.
public struct LossWarning: Sendable, Hashable, CustomStringConvertible {
  /// What was noticed and what to do.
  public let message: String
  /// The message.
  public var description: String { message }
}

/// What is known of a model's output from the operations that make it.
public enum OutputRange: Sendable, Hashable {
  /// Any real number, as a sum or a dense layer without activation gives.
  case unbounded
  /// Probabilities by the named activation (`sigmoid`, `softmax`), of the layer at a path; "" where that is unknown.
  case probabilities(by: String, layer: String)
  /// Not known without looking at numbers.
  case unknown

  /// Looks at the last operations of an output that has not been computed yet: whatever the model is made of, nested
  /// layers, layers of your own or functions.
  public init(of output: Tensor) {
    var node = output.value.node
    // What neither changes a number nor leaves 0…1.
    while let inner = node.pendingInputs?.first {
      switch node.op {
      case .reshape, .transpose, .broadcast, .slice, .cast, .reverse, .stopGradient, .barrier:
        node = inner.node
      default: break
      }
      if node !== inner.node { break }
    }
    switch node.op {
    case .dot, .convolution, .binary(.add), .binary(.subtract), .logSoftmax: self = .unbounded
    case .softmax: self = .probabilities(by: "softmax", layer: node.origin.layerPath)
    case .unary(.logistic), .activation(.sigmoid, _):
      self = .probabilities(by: "sigmoid", layer: node.origin.layerPath)
    case .activation(.hardSigmoid, _):
      self = .probabilities(by: "hardSigmoid", layer: node.origin.layerPath)
    default: self = .unknown
    }
  }
}

extension Loss {
  /// Whether the loss takes logits but the model's last operations make probabilities: known before anything is
  /// computed, from the output that `model(placeholder)` gives. Every loss with an `activation` of its own is one that
  /// takes logits.
  /// - Parameter output: What the model returns for a placeholder or for data, not evaluated yet.
  /// - Returns: A warning that names the layer, or nothing.
  public func diagnose(output: Tensor) -> [LossWarning] {
    guard activation != .none, case .probabilities(let function, let layer) = OutputRange(of: output) else {
      return []
    }
    let place = layer.isEmpty ? "the model's last layer" : "layer '\(layer)'"
    return [
      LossWarning(
        message:
          "\(name) expects logits, but \(place) applies \(function) to them. \(remedy(function))")
    ]
  }

  /// Looks at a first batch of outputs on the host for mistakes that no operation shows, such as probabilities that a
  /// function of your own makes.
  /// - Parameter prediction: The model's outputs, `[batch, outputs]`.
  /// - Returns: A warning, or nothing.
  public func diagnose(prediction: Literal) -> [LossWarning] {
    guard prediction.shape.elementCount > 0, prediction.dtype.isFloating else { return [] }
    let numbers = prediction.doubles
    guard numbers.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { return [] }
    switch activation {
    case .none: return []
    case .softmax:
      guard let classes = prediction.shape.dimensions.last, classes > 1 else { return [] }
      let rowsAddUp = stride(from: 0, to: numbers.count, by: classes).allSatisfy { start in
        abs(numbers[start..<(start + classes)].reduce(0, +) - 1) < 1e-3
      }
      guard rowsAddUp else { return [] }
      return [
        LossWarning(
          message:
            "\(name) expects logits, but every row of the model's output is between 0 and 1 and adds up to 1: it looks like probabilities. \(remedy("softmax"))"
        )
      ]
    case .sigmoid:
      // Small logits may all be positive by chance in a small batch; a whole batch of them hardly is.
      guard numbers.count >= 16, Set(numbers).count > 1 else { return [] }
      return [
        LossWarning(
          message:
            "\(name) expects logits, but all outputs of the model are between 0 and 1: they look like probabilities. \(remedy("sigmoid"))"
        )
      ]
    }
  }

  private func remedy(_ function: String) -> String {
    let own = activation == .softmax ? "softmax" : "sigmoid"
    return function == own
      ? "Take the \(function) off the last layer; the loss applies it."
      : "Take the \(function) off the last layer; the loss applies \(own) by itself."
  }
}
