import ApusGraph
import ApusNN
import ApusTensor

/// The loss in the training phase with the regularizers' penalties, and its gradient for each trainable parameter.
func valueAndGradient(
  at model: any Module, _ function: () throws -> Tensor
) throws -> (value: Tensor, gradients: Gradients) {
  try withPhase(.training) {
    var value = try function()
    if let penalty = try model.regularizationLoss() { value = value + penalty }
    let parameters = try model.parameters().map(\.parameter).filter(\.isTrainable)
    let results = ApusGraph.gradients(of: value.value, withRespectTo: parameters.map(\.tensor.value))
    return (value, Gradients(zip(parameters, results).map { ($0, Tensor($1)) }))
  }
}
