/// What the numbers of a tensor must be for an operation to have a meaning; a run that meets others stops with an error.
public enum Requirement: Sendable, Hashable {
  /// A divisor of whole numbers is not 0.
  case divisor
  /// A label is the index of a class.
  case label
  /// A length is at least 0 and at most the number of steps.
  case length
  /// A probability lies in 0…1.
  case probability

  /// The error of a number that does not meet it.
  /// - Parameters:
  ///   - index: The number, for labels and lengths.
  ///   - position: Its place in row-major order.
  ///   - limit: The number of classes, or of lengths.
  ///   - origin: Where the operation was asked for.
  /// - Returns: What an evaluation throws.
  public func error(index: Int, position: Int, limit: Int, origin: Origin) -> GraphError {
    switch self {
    case .divisor:
      GraphError(
        .argument, "division", "the divisor at position \(position) is 0",
        advice: "whole numbers have no infinity: divide real numbers, or replace zeros first",
        origin: origin)
    case .label:
      GraphError(
        .index, "oneHot",
        "label \(index) at position \(position) is none of the \(limit) classes 0..<\(limit)",
        advice: "check the data, or say allowsOthers: true to have zeros for such labels", origin: origin)
    case .length:
      GraphError(
        .index, "sequenceMask", "length \(index) at position \(position) lies outside 0…\(limit - 1)",
        advice: "check the data: no sequence can be longer than the number of steps", origin: origin)
    case .probability:
      GraphError(
        .argument, "bernoulli", "the probability at position \(position) does not lie in 0…1",
        advice: "turn scores into probabilities first, as with sigmoid(_:)", origin: origin)
    }
  }
}

extension Value {
  /// These whole numbers, all of which must be in 0..<limit: a run that meets another stops with an error.
  public func required(_ requirement: Requirement, below limit: Int) -> Value {
    let indices = dtype == .int32 || dtype == .int64 ? self : cast(.int64)
    return Value.iota(Shape([limit]), dtype: Value.placeType(limit))
      .gather(indices, axis: 0, mode: .required(requirement))
  }

  /// These numbers, for which a condition must hold everywhere: a run where it does not stops with an error.
  /// - Parameters:
  ///   - requirement: What they must be, for the error.
  ///   - condition: `bool` of this value's shape.
  /// - Returns: The same numbers.
  public func required(_ requirement: Requirement, where condition: Value) -> Value {
    // Looked up in a table of one 0: where the condition fails, the index is 1.
    let nothing = splat(0).broadcast(to: [1])
      .gather(condition.unary(.not).cast(.int32), axis: 0, mode: .required(requirement))
    return self + nothing
  }
}
