import ApusGraph

// Keras's activation functions, in its order. Those with a kernel of their own are one graph operation, the
// others are composed. Whole numbers are taken as `float32`.

private func kernel(_ x: Tensor, _ kind: ActivationKind, alpha: Double = 0) -> Tensor {
  Tensor(.apply(.activation(kind, alpha: alpha), [x.value.floating]))
}

private func refused(_ x: Tensor, _ operation: String, _ problem: String) -> Tensor {
  x.failure != nil ? x : Tensor(.failed(GraphError(.argument, operation, problem), type: x.value.type))
}

/// max(x, 0), and its variants: `negativeSlope` below the threshold, `maximum` as a ceiling, 0 (or the slope)
/// up to `threshold`.
public func relu(
  _ x: Tensor, negativeSlope: Double = 0, maximum: Double? = nil, threshold: Double = 0
) -> Tensor {
  if threshold == 0, maximum == nil {
    return negativeSlope == 0 ? kernel(x, .relu) : leakyRelu(x, negativeSlope: negativeSlope)
  }
  let x = x.value.floating
  let low = negativeSlope == 0 ? x.filled(0) : (x - threshold) * negativeSlope
  let result = x.compare(.greaterOrEqual, x.splat(threshold)).select(x, low)
  return Tensor(maximum.map { result.minimum(result.splat($0)) } ?? result)
}

/// min(max(x, 0), 6) for each element x. Any shape, kept.
public func relu6(_ x: Tensor) -> Tensor { kernel(x, .relu6) }

/// x where positive, `negativeSlope` · x elsewhere. Any shape, kept.
public func leakyRelu(_ x: Tensor, negativeSlope: Double = 0.2) -> Tensor {
  kernel(x, .leakyRelu, alpha: negativeSlope)
}

/// x where positive, α (e^x − 1) elsewhere. Clevert et al., arXiv:1511.07289. Any shape, kept.
public func elu(_ x: Tensor, alpha: Double = 1) -> Tensor { kernel(x, .elu, alpha: alpha) }

/// The self-normalizing scaled `elu`. Klambauer et al., arXiv:1706.02515. Any shape, kept.
public func selu(_ x: Tensor) -> Tensor { kernel(x, .selu) }

/// max(x, 0) + min(0, α (e^(x/α) − 1)), whose slope is continuous. Barron, arXiv:1704.07483. Any shape, kept.
public func celu(_ x: Tensor, alpha: Double = 1) -> Tensor {
  if alpha == 0 || alpha.isNaN { return refused(x, "celu", "alpha \(alpha) must not be 0") }
  let x = x.value.floating
  let zero = x.splat(0)
  return Tensor(x.maximum(zero) + (x.minimum(zero) / alpha).unary(.expm1) * alpha)
}

/// x Φ(x), with Φ the normal distribution's; by default with its approximation by tanh, as in Keras.
/// Hendrycks and Gimpel, arXiv:1606.08415.
public func gelu(_ x: Tensor, approximate: Bool = true) -> Tensor {
  kernel(x, approximate ? .geluTanh : .gelu)
}

/// x · sigmoid(x), also called swish. Ramachandran et al., arXiv:1710.05941. Any shape, kept.
public func silu(_ x: Tensor) -> Tensor { kernel(x, .silu) }

/// x · tanh(softplus(x)). Misra, arXiv:1908.08681. Any shape, kept.
public func mish(_ x: Tensor) -> Tensor { kernel(x, .mish) }

/// The first half of an axis times the sigmoid of the second half. Dauphin et al., arXiv:1612.08083.
public func glu(
  _ x: Tensor, axis: Int = -1, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([x], file, line) { () throws(GraphError) in
    let value = x.value.floating
    let axis = try value.axis(axis, "glu")
    let size = value.shape[axis]
    guard size % 2 == 0 else {
      throw GraphError(.shape, "glu", "axis \(axis) of \(x.shape) has \(size) elements, not an even number")
    }
    let gate = value.slice(axis: axis, (size / 2)..<size)
    return value.slice(axis: axis, 0..<(size / 2)) * .apply(.activation(.sigmoid, alpha: 0), [gate])
  }
}

/// log(1 + e^x) for each element x. Any shape, kept.
public func softplus(_ x: Tensor) -> Tensor { kernel(x, .softplus) }

/// x / (1 + |x|) for each element x. Any shape, kept.
public func softsign(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  return Tensor(x / (x.unary(.absolute) + 1))
}

/// (x + √(x² + b)) / 2. Barron, arXiv:2112.11687. Any shape, kept.
public func squareplus(_ x: Tensor, b: Double = 4) -> Tensor {
  guard b >= 0 else { return refused(x, "squareplus", "b \(b) must be 0 or more") }
  let x = x.value.floating
  return Tensor((x + (x.squared() + b).sqrt()) * 0.5)
}

/// e^x for each element x. Any shape, kept.
public func exponential(_ x: Tensor) -> Tensor { exp(x) }

/// x itself. Any shape, kept.
public func linear(_ x: Tensor) -> Tensor { x }

/// 1 / (1 + e^−x) for each element x. Any shape, kept.
public func sigmoid(_ x: Tensor) -> Tensor { kernel(x, .sigmoid) }

/// x / 6 + 1/2, limited to 0…1. Any shape, kept.
public func hardSigmoid(_ x: Tensor) -> Tensor { kernel(x, .hardSigmoid) }

/// log(sigmoid(x)), also where the sigmoid itself would round to 0. Any shape, kept.
public func logSigmoid(_ x: Tensor) -> Tensor { -softplus(-x) }

/// x · hardSigmoid(x), also called hard swish. Howard et al., arXiv:1905.02244. Any shape, kept.
public func hardSilu(_ x: Tensor) -> Tensor { kernel(x, .hardSwish) }

/// Hyperbolic tangent. Any shape, kept.
public func tanh(_ x: Tensor) -> Tensor { kernel(x, .tanh) }

/// x limited to −1…1. Any shape, kept.
public func hardTanh(_ x: Tensor) -> Tensor { clip(Tensor(x.value.floating), -1, 1) }

/// x − tanh(x) for each element x. Any shape, kept.
public func tanhShrink(_ x: Tensor) -> Tensor { x - tanh(x) }

/// x moved towards 0 by `threshold`, and 0 within it. Any shape, kept.
public func softShrink(_ x: Tensor, threshold: Double = 0.5) -> Tensor {
  guard threshold >= 0 else { return refused(x, "softShrink", "threshold \(threshold) must be 0 or more") }
  let x = x.value.floating
  return Tensor(x - x.clamped(x.splat(-threshold), x.splat(threshold)))
}

/// x where |x| is above `threshold`, 0 elsewhere. Any shape, kept.
public func hardShrink(_ x: Tensor, threshold: Double = 0.5) -> Tensor {
  let x = x.value.floating
  let keeps = x.unary(.absolute).compare(.greater, x.splat(threshold))
  return Tensor(keeps.select(x, x.splat(0)))
}

/// x where above `threshold`, `value` elsewhere.
public func threshold(_ x: Tensor, _ threshold: Double, _ value: Double) -> Tensor {
  let x = x.value.floating
  return Tensor(x.compare(.greater, x.splat(threshold)).select(x, x.splat(value)))
}

/// e^x / Σ e^x along an axis.
public func softmax(
  _ x: Tensor, axis: Int = -1, file: StaticString = #fileID, line: Int = #line
) -> Tensor { alongLast(x, axis, .softmax, file, line) }

/// log(softmax(x)), also where the softmax itself would round to 0.
public func logSoftmax(
  _ x: Tensor, axis: Int = -1, file: StaticString = #fileID, line: Int = #line
) -> Tensor { alongLast(x, axis, .logSoftmax, file, line) }

private func alongLast(
  _ x: Tensor, _ axis: Int, _ op: Op, _ file: StaticString, _ line: Int
) -> Tensor {
  building([x], file, line) { () throws(GraphError) in
    let value = x.value.floating
    let axis = try value.axis(axis, op.name)
    let last = value.rank - 1
    return Value.apply(op, [value.movedAxis(axis, to: last)]).movedAxis(last, to: axis)
  }
}

/// The point of the probability simplex nearest to x along an axis, with exact zeros. Martins and Astudillo,
/// arXiv:1602.02068.
public func sparsemax(
  _ x: Tensor, axis: Int = -1, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([x], file, line) { () throws(GraphError) in
    let value = x.value.floating
    let axis = try value.axis(axis, "sparsemax")
    let sorted = value.sorted(axis: axis, descending: true).values
    let sums = sorted.cumulative(.sum, axis: axis)
    let rank = Value.iota(value.shape, axis: axis, dtype: value.dtype) + 1
    // The support is made of the leading elements that stay above the threshold they imply.
    let inside = (rank * sorted + 1).compare(.greater, sums).cast(value.dtype)
    let size = inside.sum(axes: [axis], keepAxes: true)
    let total = (inside * sorted).sum(axes: [axis], keepAxes: true)
    return (value - (total - 1) / size).maximum(value.splat(0))
  }
}

/// 0 up to −1, x from 1 on, and the parabola (x + 1)² / 4 between. Any shape, kept.
public func sparsePlus(_ x: Tensor) -> Tensor {
  let x = x.value.floating
  let middle = (x + 1).squared() * 0.25
  let upper = x.compare(.less, x.splat(1)).select(middle, x)
  return Tensor(x.compare(.lessOrEqual, x.splat(-1)).select(x.splat(0), upper))
}

/// (x + 1) / 2 limited to 0…1, the slope of `sparsePlus`. Any shape, kept.
public func sparseSigmoid(_ x: Tensor) -> Tensor {
  clip(Tensor((x.value.floating + 1) * 0.5), 0, 1)
}
