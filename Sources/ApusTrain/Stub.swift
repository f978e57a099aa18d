import ApusNN
import ApusTensor

/// Stands in until models can be differentiated, so that programs against the learner compile already.
func valueAndGradient(
  at model: any Module, _ function: () throws -> Tensor
) throws -> (value: Tensor, gradients: Gradients) {
  throw TrainingError(.setting, "gradients of models are not there yet")
}
