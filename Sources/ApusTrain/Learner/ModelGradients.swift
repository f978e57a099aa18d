import ApusNN
import ApusTensor

/// `valueAndGradient` for a model whose type is not known: calling it opens the `any Module`.
func gradients(
  at model: some Module, _ body: () throws -> [Tensor]
) throws -> (values: [Tensor], gradients: Gradients) {
  try valueAndGradient(at: model, returning: { _ in try body() })
}
