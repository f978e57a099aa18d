/// What a composite is made of: values of first-tier operations that equal its results, or nil for an operation
/// of the first tier. A contraction with an epilogue is taken apart too.
public func decompose(_ op: Op, _ inputs: [Value]) -> [Value]? {
  switch op {
  case .activation(let kind, let alpha):
    return [activation(kind, alpha, inputs[0])]
  case .activationGradient(let kind, let alpha):
    return [activationGradient(kind, alpha, inputs[0], inputs[1])]
  case .softmax:
    return [softmax(inputs[0])]
  case .softmaxGradient:
    let gradient = inputs[0], y = inputs[1]
    return [(gradient - (gradient * y).sumOverLastAxis()) * y]
  case .logSoftmax:
    return [inputs[0] - logSumExp(inputs[0])]
  case .logSoftmaxGradient:
    let gradient = inputs[0], y = inputs[1]
    return [gradient - y.exp() * gradient.sumOverLastAxis()]
  case .softmaxCrossEntropy(let smoothing):
    return softmaxCrossEntropy(inputs[0], labels: inputs[1], smoothing)
  case .softmaxCrossEntropyGradient(let smoothing):
    return [
      softmaxCrossEntropyGradient(
        inputs[0], labels: inputs[1], logSumExp: inputs[2], gradient: inputs[3], smoothing)
    ]
  case .batchNorm(let epsilon):
    return batchNorm(inputs[0], gamma: inputs[1], beta: inputs[2], epsilon)
  case .batchNormalize(let epsilon, let relu):
    return [
      batchNormalize(
        inputs[0], gamma: inputs[1], beta: inputs[2], mean: inputs[3], variance: inputs[4],
        residual: inputs.count > 5 ? inputs[5] : nil, epsilon, relu: relu)
    ]
  case .batchNormGradient(let epsilon, let relu):
    var gradient = inputs[4]
    if relu {
      let y = batchNormalize(
        inputs[0], gamma: inputs[1], beta: inputs[5], mean: inputs[2], variance: inputs[3], residual: nil,
        epsilon, relu: true)
      gradient = activationGradient(.relu, 0, gradient, y)
    }
    return batchNormGradient(
      inputs[0], gamma: inputs[1], mean: inputs[2], variance: inputs[3], gradient: gradient, epsilon)
  case .layerNorm(let epsilon, let kind):
    var results = layerNorm(inputs[0], gamma: inputs[1], beta: inputs[2], epsilon)
    if let kind { results[0] = activation(kind, 0, results[0]) }
    return results
  case .layerNormGradient:
    return layerNormGradient(
      inputs[0], gamma: inputs[1], mean: inputs[2], reciprocalDeviation: inputs[3], gradient: inputs[4])
  case .attention(let spec):
    return attention(spec, inputs)
  case .attentionGradient(let spec):
    return attentionGradient(spec, inputs)
  case .dropout(let rate):
    return [dropout(inputs[0], key: inputs[1], counter: inputs[2], rate)]
  case .recurrence(let spec):
    return recurrence(spec, inputs)
  case .recurrenceGradient(let spec):
    return recurrenceGradient(spec, inputs)
  case .dot(let spec, let epilogue) where epilogue != .none:
    return [applying(epilogue, .apply(.dot(spec, .none), Array(inputs.prefix(2))), inputs)]
  case .convolution(let spec, let epilogue) where epilogue != .none:
    return [applying(epilogue, .apply(.convolution(spec, .none), Array(inputs.prefix(2))), inputs)]
  case .constant, .input, .iota, .randomBits, .unary, .binary, .compare, .select, .clamp, .cast, .bitcast,
    .reshape, .transpose, .broadcast, .slice, .pad, .concatenate, .reverse, .dynamicSlice,
    .dynamicUpdateSlice,
    .gather, .gatherAlong, .scatter, .scatterAlong, .reduce, .argReduce, .cumulate, .sort, .dot, .convolution,
    .convolutionInputGradient, .convolutionFilterGradient, .pool, .maxPoolGradient, .averagePoolGradient,
    .scan, .whileLoop, .recomputation, .stopGradient, .barrier, .customGradient, .shardConstraint,
    .customCall, .failed:
    return nil
  }
}

private func applying(_ epilogue: Epilogue, _ result: Value, _ inputs: [Value]) -> Value {
  var sum = epilogue.bias ? result + inputs[2] : result
  if epilogue.residual, let residual = inputs.last { sum = sum + residual }
  guard let kind = epilogue.activation else { return sum }
  return .apply(.activation(kind, alpha: epilogue.alpha), [sum])
}

/// Keeps element i when the upper 24 bits of random word i, as a fraction of 2^24, are at least the rate (as a
/// `float32`).
private func dropout(_ x: Value, key: Value, counter: Value, _ rate: Double) -> Value {
  let words = Value.apply(.randomBits(shape: x.shape), [key, counter])
  let fractions = words.binary(.shiftRight, words.splat(8))
  let threshold = (Double(Float(rate)) * 16_777_216).rounded(.up)
  return fractions.compare(.greaterOrEqual, fractions.splat(threshold))
    .select(x * (1 / (1 - rate)), x.splat(0))
}

extension Value {
  /// The sum along the last axis, which stays with size 1.
  func sumOverLastAxis() -> Value { sum(axes: [rank - 1], keepAxes: true) }
  /// The mean along the last axis, which stays with size 1.
  func meanOverLastAxis() -> Value { mean(axes: [rank - 1], keepAxes: true) }
}
