import ApusTensor

/// Changes inside the training step. The methods run while the step is traced and become part of its program;
/// what they compute from tensors is computed anew in every step, what they compute on the host only once.
public protocol StepTransform: Sendable {
  /// After the model: the prediction that the loss will see.
  func afterPrediction(_ prediction: Tensor) -> Tensor
  /// After the loss, a scalar: what will be differentiated.
  func afterLoss(_ loss: Tensor) -> Tensor
}

extension StepTransform {
  /// Leaves the prediction as it is.
  public func afterPrediction(_ prediction: Tensor) -> Tensor { prediction }
  /// Leaves the loss as it is.
  public func afterLoss(_ loss: Tensor) -> Tensor { loss }
}
