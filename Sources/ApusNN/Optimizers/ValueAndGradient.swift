import ApusGraph
import ApusTensor

/// Runs a model in the training phase and differentiates its loss.
///
/// ```swift
/// let (loss, gradients) = try valueAndGradient(at: model) { model in
///   Loss.crossEntropy(model(images), labels)
/// }
/// try optimizer.update(model, gradients)
/// ```
///
/// Penalties of regularizers are added to the loss. Frozen parameters get no gradient.
/// - Parameters:
///   - model: The model.
///   - loss: A scalar from the model.
/// - Returns: The loss, penalties included, and its gradient for each trainable parameter.
/// - Throws: `DiscoveryError`, or `GraphError` when the loss cannot be traced, is no scalar or depends on no trainable
///   parameter.
public func valueAndGradient<Model: Module>(
  at model: Model, _ loss: (Model) throws -> Tensor
) throws -> (loss: Tensor, gradients: Gradients) {
  let (values, gradients) = try valueAndGradient(at: model, returning: { model in [try loss(model)] })
  return (values[0], gradients)
}

/// Runs a model in the training phase and differentiates the first of the values that `body` returns: the
/// loss. The others, such as predictions, are passed on.
/// - Parameters:
///   - model: The model whose trainable parameters get gradients.
///   - body: Runs the model; the first of its results is the loss, a scalar.
/// - Returns: What `body` returned, penalties added to the loss, and its gradient for each trainable parameter.
/// - Throws: `DiscoveryError`, or `GraphError` when the loss cannot be traced, is no scalar or depends on no trainable
///   parameter; whatever `body` throws.
public func valueAndGradient<Model: Module>(
  at model: Model, returning body: (Model) throws -> [Tensor]
) throws -> (values: [Tensor], gradients: Gradients) {
  try differentiated(model, body)
}

private func differentiated<Model: Module>(
  _ model: Model, _ body: (Model) throws -> [Tensor]
) throws -> (values: [Tensor], gradients: Gradients) {
  // Before the model is called, so that errors inside can name layers.
  let found = try model.discovered().parameters
  let parameters = found.map(\.parameter)
  var values = try withGradientRecording { try withPhase(.training) { try body(model) } }
  guard let loss = values.first else {
    throw GraphError(.argument, "valueAndGradient", "the closure returned no loss")
  }
  if let failure = loss.failure { throw failure }
  guard loss.rank == 0 else {
    throw GraphError(
      .shape, "valueAndGradient", "the loss must be one number, got shape \(loss.shape)",
      advice: "reduce it with .mean()")
  }
  let trainable = parameters.compactMap { parameter -> (Parameter, Value)? in
    guard parameter.isTrainable, let variable = parameter.variable else { return nil }
    return (parameter, variable.tensor.value)
  }
  guard trainable.isEmpty || hasGradient(loss.value, withRespectToAnyOf: trainable.map(\.1)) else {
    let names = found.filter { $0.parameter.isTrainable && $0.parameter.variable != nil }.map(\.path)
    let list = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    throw GraphError(
      .gradient, "valueAndGradient",
      "the loss depends on none of the model's \(names.count) trainable parameters (\(list)), so every gradient would be 0",
      advice:
        "compute all that the loss is made of inside the closure: what was computed before it, by reading a tensor or by "
        + "an optimizer's update, counts as a constant; so does what went through stopGradient")
  }
  if let penalty = regularizationLoss(parameters) {
    values[0] = Tensor(loss.value + penalty.value.cast(loss.dtype))
  }
  let results = gradients(of: values[0].value, withRespectTo: trainable.map(\.1))
  for result in results { if let failure = result.failure { throw failure } }
  return (values, Gradients(zip(trainable, results).map { ($0.0, Tensor($1)) }))
}
