import ApusGraph

private func require(epsilon: Double, _ operation: String) throws(GraphError) {
  guard epsilon >= 0, epsilon.isFinite else {
    throw GraphError(.argument, operation, "epsilon \(epsilon) must be 0 or more")
  }
}

/// Batch normalization with the batch's own statistics, over all axes but the last. Ioffe and Szegedy,
/// arXiv:1502.03167.
/// - Parameters:
///   - x: `[…, channels]`
///   - gamma: Scale, `[channels]`
///   - beta: Shift, `[channels]`
///   - epsilon: Added to the variance, so that nothing is divided by 0. Keras's default.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The normalized tensor, and the batch's mean and biased variance `[channels]`.
public func batchNorm(
  _ x: Tensor, gamma: Tensor, beta: Tensor, epsilon: Double = 1e-3, file: StaticString = #fileID,
  line: Int = #line
) -> (result: Tensor, mean: Tensor, variance: Tensor) {
  let results = building(count: 3, [x, gamma, beta], file, line) { () throws(GraphError) in
    try require(epsilon: epsilon, "batchNorm")
    return Node.apply(.batchNorm(epsilon: epsilon), [x.value, gamma.value, beta.value])
  }
  return (results[0], results[1], results[2])
}

/// Batch normalization with given statistics: (x − mean) / √(variance + ε) · gamma + beta over the last axis.
public func batchNorm(
  _ x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, epsilon: Double = 1e-3,
  file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([x, mean, variance, gamma, beta], file, line) { () throws(GraphError) in
    try require(epsilon: epsilon, "batchNorm")
    let channels = x.shape.dimensions.last ?? 0
    for (name, vector) in [("mean", mean), ("variance", variance), ("gamma", gamma), ("beta", beta)]
    where vector.shape != Shape([channels]) {
      throw GraphError(
        .shape, "batchNorm",
        "\(name) must have shape [\(channels)] for an input of \(x.shape), got \(vector.shape)")
    }
    // The four vectors become one scale and one shift, so that x is walked over once.
    let scale = gamma.value * (variance.value + epsilon).rsqrt()
    return x.value * scale + (beta.value - mean.value * scale)
  }
}

/// Layer normalization over the last axis. Ba, Kiros and Hinton, arXiv:1607.06450.
/// - Parameters:
///   - x: `[…, features]`
///   - gamma: Scale, `[features]`; ones when left out.
///   - beta: Shift, `[features]`; zeros when left out.
///   - epsilon: Added to the variance, so that nothing is divided by 0. Keras's default.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The shape of `x`.
public func layerNorm(
  _ x: Tensor, gamma: Tensor? = nil, beta: Tensor? = nil, epsilon: Double = 1e-3,
  file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([x] + [gamma, beta].compactMap { $0 }, file, line) { () throws(GraphError) in
    let value = x.value.floating
    try require(epsilon: epsilon, "layerNorm")
    let features = Shape([value.shape[try value.axis(-1, "layerNorm")]])
    return Value.apply(
      .layerNorm(epsilon: epsilon),
      [
        value, gamma?.value ?? value.splat(1).broadcast(to: features),
        beta?.value ?? value.splat(0).broadcast(to: features),
      ])
  }
}

/// Root-mean-square normalization over the last axis: x / √(mean(x²) + ε) · gamma. Zhang and Sennrich,
/// arXiv:1910.07467.
public func rmsNorm(
  _ x: Tensor, gamma: Tensor? = nil, epsilon: Double = 1e-6, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([x] + [gamma].compactMap { $0 }, file, line) { () throws(GraphError) in
    let value = x.value.floating
    try require(epsilon: epsilon, "rmsNorm")
    let axis = try value.axis(-1, "rmsNorm")
    let normal = value * (value.squared().mean(axes: [axis], keepAxes: true) + epsilon).rsqrt()
    return gamma.map { normal * $0.value } ?? normal
  }
}

/// The cross-entropy of class labels under the softmax of logits, one number a label.
///
/// A label out of range stops the evaluation with an error.
/// - Parameters:
///   - logits: `[…, classes]`
///   - labels: Class indices `[…]`, `int32` or `int64`.
///   - labelSmoothing: The part of the probability that is spread evenly over all classes, in 0…1.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: One number a label, `[…]`.
public func softmaxCrossEntropy(
  logits: Tensor, labels: Tensor, labelSmoothing: Double = 0, file: StaticString = #fileID,
  line: Int = #line
) -> Tensor {
  building([logits, labels], file, line) { () throws(GraphError) in
    guard 0...1 ~= labelSmoothing else {
      throw GraphError(
        .argument, "softmaxCrossEntropy", "label smoothing \(labelSmoothing) must lie in 0…1")
    }
    return .apply(
      .softmaxCrossEntropy(labelSmoothing: labelSmoothing), [logits.value.floating, labels.value])
  }
}

/// Sets each element to 0 with probability `rate` and scales the others by 1 / (1 − rate), so that the
/// expected sum stays. Srivastava et al., JMLR 15, 2014. The mask is not stored: its gradient makes it again.
/// - Parameters:
///   - x: Any shape.
///   - rate: At least 0 and below 1; 0.5 is usual between dense layers.
///   - source: Where the random numbers come from; advanced by what is used.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The shape of `x`.
public func dropout(
  _ x: Tensor, rate: Double, source: RandomSource = .current, file: StaticString = #fileID,
  line: Int = #line
) -> Tensor {
  if rate == 0 { return x }
  return building([x], file, line) { () throws(GraphError) in
    guard rate >= 0, rate < 1 else {
      throw GraphError(.argument, "dropout", "rate \(rate) must be at least 0 and below 1")
    }
    let draw = source.draw(words: x.count)
    return .apply(.dropout(rate: rate), [x.value.floating, draw.key, draw.counter])
  }
}
