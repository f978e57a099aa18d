/// Over the last axis, shifted by its maximum so that nothing overflows.
func softmax(_ x: Value) -> Value {
  let exponentials = (x - x.maximumOfLastAxis()).exp()
  return exponentials / exponentials.sumOverLastAxis()
}

/// Logarithm of the sum of exponentials along the last axis, which stays with size 1.
func logSumExp(_ x: Value) -> Value {
  let maximum = x.maximumOfLastAxis()
  return (x - maximum).exp().sumOverLastAxis().log() + maximum
}

/// The target is `onehot · (1 − s) + s / classes`, as in Keras and PyTorch. A label out of range is an error of
/// the run.
func softmaxCrossEntropy(_ logits: Value, labels: Value, _ smoothing: Double) -> [Value] {
  let rows = labels.shape, axis = logits.rank - 1
  let logSum = logSumExp(logits).reshaped(rows)
  let chosen = logits.gatherAlong(labels.expanded(axis: axis), axis: axis).reshaped(rows)
  var expected = chosen
  if smoothing != 0 {
    expected = chosen * (1 - smoothing) + logits.sum(axes: [axis]) * (smoothing / Double(logits.shape[axis]))
  }
  return [logSum - expected, logSum]
}

/// (softmax − target) · gradient, from the saved log-sum-exp.
func softmaxCrossEntropyGradient(
  _ logits: Value, labels: Value, logSumExp: Value, gradient: Value, _ smoothing: Double
) -> Value {
  let axis = logits.rank - 1, classes = logits.shape[axis]
  let probabilities = (logits - logSumExp.expanded(axis: axis)).exp()
  var target = labels.oneHot(depth: classes, dtype: logits.dtype)
  if smoothing != 0 { target = target * (1 - smoothing) + smoothing / Double(classes) }
  return (probabilities - target) * gradient.expanded(axis: axis)
}

extension Value {
  fileprivate func maximumOfLastAxis() -> Value { reduced(.maximum, axes: [rank - 1], keepAxes: true) }
}
