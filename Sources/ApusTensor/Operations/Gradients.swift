import ApusGraph

// Gradients of functions of tensors. They are graph to graph, so that a gradient has gradients itself.

/// The value of a function at a point, and its gradient there.
/// - Parameters:
///   - point: Where the gradient is taken; real numbers of any shape.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - function: Gives one number, such as a loss.
/// - Returns: The function's value, and a gradient of each argument's shape.
public func valueAndGradient(
  at point: Tensor, file: StaticString = #fileID, line: Int = #line,
  of function: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Tensor) {
  let result = try valueAndGradient(at: [point], file: file, line: line) { try function($0[0]) }
  return (result.value, result.gradients[0])
}

/// The value of a function at a point of two arguments, and its gradient with respect to each.
/// - Parameters:
///   - first: The first argument; real numbers of any shape.
///   - second: The second argument; real numbers of any shape.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - function: Gives one number, such as a loss.
/// - Returns: The function's value, and a gradient of each argument's shape.
public func valueAndGradient(
  at first: Tensor, _ second: Tensor, file: StaticString = #fileID, line: Int = #line,
  of function: (Tensor, Tensor) throws -> Tensor
) rethrows -> (value: Tensor, gradients: (Tensor, Tensor)) {
  let result = try valueAndGradient(at: [first, second], file: file, line: line) {
    try function($0[0], $0[1])
  }
  return (result.value, (result.gradients[0], result.gradients[1]))
}

/// The value of a function at a point, and its gradient with respect to each argument.
/// - Parameters:
///   - point: Where the gradient is taken; real numbers of any shape.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - function: Gives one number, such as a loss.
/// - Returns: The function's value, and a gradient of each argument's shape.
public func valueAndGradient(
  at point: [Tensor], file: StaticString = #fileID, line: Int = #line,
  of function: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  // Fresh names for the arguments: what else was computed from the same tensors is no part of the function.
  let arguments = point.map { tensor in
    tensor.failure == nil ? Tensor(.apply(.reshape(tensor.shape), [tensor.value])) : tensor
  }
  let value = try withGradientRecording { try function(arguments) }
  let results = building(count: point.count, point + [value], file, line) { () throws(GraphError) in
    guard value.count == 1 else {
      throw GraphError(
        .shape, "gradient", "the function gives \(value.count) numbers (shape \(value.shape)), not one",
        advice: "reduce to one number first, as with sum() or mean()")
    }
    for tensor in point + [value] where !tensor.dtype.isFloating {
      throw GraphError(
        .gradient, "gradient", "a tensor of \(tensor.dtype)\(tensor.shape) has no gradient",
        advice: "convert with .cast(to: .float32)")
    }
    return gradients(of: value.value.reshaped(.scalar), withRespectTo: arguments.map(\.value))
  }
  return (value, results)
}

/// The gradient of a function at a point.
/// - Parameters:
///   - point: Where the gradient is taken; real numbers of any shape.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - function: Gives one number, such as a loss.
/// - Returns: A gradient of each argument's shape.
public func gradient(
  at point: Tensor, file: StaticString = #fileID, line: Int = #line,
  of function: (Tensor) throws -> Tensor
) rethrows -> Tensor {
  try valueAndGradient(at: point, file: file, line: line, of: function).gradient
}

/// The gradient of a function at a point of two arguments, with respect to each.
/// - Parameters:
///   - first: The first argument; real numbers of any shape.
///   - second: The second argument; real numbers of any shape.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - function: Gives one number, such as a loss.
/// - Returns: A gradient of each argument's shape.
public func gradient(
  at first: Tensor, _ second: Tensor, file: StaticString = #fileID, line: Int = #line,
  of function: (Tensor, Tensor) throws -> Tensor
) rethrows -> (Tensor, Tensor) {
  try valueAndGradient(at: first, second, file: file, line: line, of: function).gradients
}

/// The gradient of a function at a point, with respect to each argument.
/// - Parameters:
///   - point: Where the gradient is taken; real numbers of any shape.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - function: Gives one number, such as a loss.
/// - Returns: A gradient of each argument's shape.
public func gradient(
  at point: [Tensor], file: StaticString = #fileID, line: Int = #line,
  of function: ([Tensor]) throws -> Tensor
) rethrows -> [Tensor] {
  try valueAndGradient(at: point, file: file, line: line, of: function).gradients
}

/// The same numbers as a constant: no gradient flows through.
public func stopGradient(_ tensor: Tensor) -> Tensor { Tensor(.apply(.stopGradient, [tensor.value])) }

/// A function with a gradient of the caller's own.
/// - Parameters:
///   - arguments: What the function is given.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
///   - gradient: (arguments, results, gradients of the results) → gradient of each argument, nil for none.
///   - function: Arguments → results.
/// - Returns: The function's results.
public func withCustomGradient(
  at arguments: [Tensor], file: StaticString = #fileID, line: Int = #line,
  gradient:
    @escaping @Sendable (_ arguments: [Tensor], _ results: [Tensor], _ gradients: [Tensor]) ->
    [Tensor?],
  of function: ([Tensor]) throws -> [Tensor]
) rethrows -> [Tensor] {
  let results = try function(arguments)
  let custom = CustomGradient(argumentCount: arguments.count) { arguments, results, gradients in
    gradient(arguments.map { Tensor($0) }, results.map { Tensor($0) }, gradients.map { Tensor($0) })
      .map { $0?.value }
  }
  return building(count: results.count, arguments + results, file, line) { () throws(GraphError) in
    Node.apply(.customGradient(custom), (arguments + results).map(\.value))
  }
}
