import ApusGraph
import ApusRuntime

/// Whether a function is being differentiated. Computing a tensor lets go of what it was computed from, and with
/// that of its gradient; so meanwhile tensors that are read, to be printed say, are computed on the side.
enum GradientRecording {
  @TaskLocal static var isActive = false

  /// A value's numbers, the value itself staying as it is.
  static func read(_ value: Value) throws -> Literal {
    let copy = Value.apply(.reshape(value.shape), [value])
    try Evaluator.evaluate([copy], required: [copy])
    guard let result = copy.result else {
      throw GraphError(.argument, "read", "the value depends on a placeholder that nobody bound")
    }
    return result
  }
}

/// Runs a piece of code whose tensors are to be differentiated afterwards: reading them does not cut them off
/// from what they were computed from. `valueAndGradient` does this by itself.
public func withGradientRecording<Result>(_ body: () throws -> Result) rethrows -> Result {
  try GradientRecording.$isActive.withValue(true, operation: body)
}
