import ApusGraph

/// A doubt about what a model gives to its loss.
public struct LossWarning: Sendable, Hashable, CustomStringConvertible {
  /// What was noticed and what to do.
  public let message: String
  /// The message.
  public var description: String { message }
}

extension Loss {
  /// Looks at a first batch on the host for mistakes that no shape shows, such as probabilities given as
  /// logits.
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
            "\(name) expects logits, but every row of the model's output is between 0 and 1 and adds up to 1: it looks like probabilities. Take the softmax off the last layer; the loss applies it."
        )
      ]
    case .sigmoid:
      // Small logits may all be positive by chance in a small batch; a whole batch of them hardly is.
      guard numbers.count >= 16, Set(numbers).count > 1 else { return [] }
      return [
        LossWarning(
          message:
            "\(name) expects logits, but all outputs of the model are between 0 and 1: they look like probabilities. Take the sigmoid off the last layer; the loss applies it."
        )
      ]
    }
  }
}
