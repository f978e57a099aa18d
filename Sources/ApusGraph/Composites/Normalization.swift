/// Each channel (last axis) normalized over all other axes (Ioffe and Szegedy, 2015), with the biased variance.
func batchNorm(_ x: Value, gamma: Value, beta: Value, _ epsilon: Double) -> [Value] {
  let axes = Array(0..<(x.rank - 1))
  let mean = x.mean(axes: axes)
  let centered = x - mean
  let variance = centered.squared().mean(axes: axes)
  return [centered * ((variance + epsilon).rsqrt() * gamma) + beta, mean, variance]
}

/// The normalization by itself, with a residual added and negative numbers left out if wanted.
func batchNormalize(
  _ x: Value, gamma: Value, beta: Value, mean: Value, variance: Value, residual: Value?, _ epsilon: Double,
  relu: Bool
) -> Value {
  var y = (x - mean) * ((variance + epsilon).rsqrt() * gamma) + beta
  if let residual { y = y + residual }
  return relu ? y.maximum(y.splat(0)) : y
}

/// Gradients of x, gamma and beta, with mean and variance depending on x.
func batchNormGradient(
  _ x: Value, gamma: Value, mean: Value, variance: Value, gradient: Value, _ epsilon: Double
) -> [Value] {
  let axes = Array(0..<(x.rank - 1))
  let count = Double(axes.reduce(1) { $0 * x.shape[$1] })
  let reciprocalDeviation = (variance + epsilon).rsqrt()
  let normalized = (x - mean) * reciprocalDeviation
  let betaGradient = gradient.sum(axes: axes)
  let gammaGradient = (gradient * normalized).sum(axes: axes)
  let deviation = gradient - (betaGradient + normalized * gammaGradient) / count
  return [deviation * (reciprocalDeviation * gamma), gammaGradient, betaGradient]
}

/// Each row (last axis) normalized by itself (Ba et al., 2016), with the biased variance.
func layerNorm(_ x: Value, gamma: Value, beta: Value, _ epsilon: Double) -> [Value] {
  let rows = Shape(Array(x.shape.dimensions.dropLast()))
  let mean = x.meanOverLastAxis()
  let centered = x - mean
  let reciprocalDeviation = (centered.squared().meanOverLastAxis() + epsilon).rsqrt()
  return [
    centered * reciprocalDeviation * gamma + beta, mean.reshaped(rows), reciprocalDeviation.reshaped(rows),
  ]
}

/// Gradients of x, gamma and beta, with mean and deviation depending on x.
func layerNormGradient(
  _ x: Value, gamma: Value, mean: Value, reciprocalDeviation: Value, gradient: Value
) -> [Value] {
  let axis = x.rank - 1, rows = Array(0..<axis)
  let reciprocalDeviation = reciprocalDeviation.expanded(axis: axis)
  let normalized = (x - mean.expanded(axis: axis)) * reciprocalDeviation
  let scaled = gradient * gamma
  let deviation = scaled - scaled.meanOverLastAxis() - normalized * (scaled * normalized).meanOverLastAxis()
  return [deviation * reciprocalDeviation, (gradient * normalized).sum(axes: rows), gradient.sum(axes: rows)]
}
