/// An elementwise operation of one operand.
public enum UnaryOp: String, Sendable, Hashable, CaseIterable {
  case negate, absolute, sign, floor, ceil, round
  case exp, expm1, log, log1p, sqrt, rsqrt, sin, cos, tanh, logistic, erf
  case isFinite, not
}

/// An elementwise operation of two operands of the same shape and type.
public enum BinaryOp: String, Sendable, Hashable, CaseIterable {
  case add, subtract, multiply, divide, power, maximum, minimum
  /// Floor remainder: the result has the divisor's sign, as in Python.
  case remainder
  case atan2
  case and, or, xor, shiftLeft, shiftRight
}

/// The direction of an elementwise comparison, whose result is `bool`.
public enum Comparison: String, Sendable, Hashable, CaseIterable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

/// How a reduction, a scan along an axis, or a scatter combines elements.
public enum ReduceKind: String, Sendable, Hashable, CaseIterable {
  case sum, product, maximum, minimum, and, or
}

/// How scattered updates meet the values already there.
public enum ScatterKind: String, Sendable, Hashable, CaseIterable {
  case set, add, multiply, minimum, maximum
}

/// What a gather does with an index out of range.
public enum IndexMode: Sendable, Hashable {
  /// The run stops with an error that names the position, the index and the limit.
  case checked
  /// The index is moved to the nearest valid one.
  case clamped
  /// As `checked`; the error says what an index out of range means here.
  case required(Requirement)
}

/// Activations with a kernel and a gradient of their own (the others are composed).
public enum ActivationKind: String, Sendable, Hashable, CaseIterable {
  case relu
  /// alpha: slope for negative inputs.
  case leakyRelu
  /// alpha: scale of the negative part.
  case elu
  case selu
  /// The exact form, with the error function.
  case gelu
  case geluTanh
  case silu
  case mish
  case softplus
  case hardSigmoid
  case hardSwish
  case relu6
  case sigmoid
  case tanh

  /// Whether the gradient is computed from the output, so that the input may die early.
  public var gradientUsesOutput: Bool {
    switch self {
    case .relu, .leakyRelu, .elu, .selu, .relu6, .sigmoid, .tanh: true
    default: false
    }
  }
}

/// An operation with its attributes. Operands are the inputs of its `Node`.
///
/// The first tier is a closed set of primitives: each has a shape rule (`Inference/`), a gradient
/// (`Autodiff/`), a reference meaning (`Reference/`) and a CPU lowering (`ApusRuntime/Lowering/`).
/// The second tier are composites, which also have a decomposition into the first (`Composites/`).
/// Places kept for later members: fft, cholesky, triangularSolve, allReduce and the other collectives, cond.
public indirect enum Op: Sendable, Hashable {
  // Leaves
  /// A value known on the host, held by the node.
  case constant
  /// A placeholder that a caller binds: an argument of a compiled function or of a loop body.
  case input
  /// 0, 1, 2, … along one axis.
  case iota(axis: Int, shape: Shape, dtype: DType)
  /// Philox4x32-10 words. Inputs: key, counter (`int64` scalars). Result: `uint32` of the given shape.
  case randomBits(shape: Shape)

  // Elementwise
  case unary(UnaryOp)
  case binary(BinaryOp)
  case compare(Comparison)
  /// Inputs: predicate (`bool`), value where true, value where false.
  case select
  /// Inputs: lower bound, x, upper bound.
  case clamp
  case cast(DType)
  /// The same bytes as another type of the same size.
  case bitcast(DType)

  // Shape
  case reshape(Shape)
  /// Result axis i is input axis `permutation[i]`.
  case transpose([Int])
  /// Input axis i becomes result axis `axes[i]`; the others are repeated.
  case broadcast(Shape, axes: [Int])
  case slice(starts: [Int], limits: [Int], strides: [Int])
  /// Inputs: x, fill value (scalar). Negative low/high crop; `interior` puts gaps between elements.
  case pad(low: [Int], high: [Int], interior: [Int])
  case concatenate(axis: Int)
  case reverse([Int])
  /// Inputs: x, starts (`int32` vector with one entry an axis; clamped so that the slice fits).
  case dynamicSlice(sizes: [Int])
  /// Inputs: x, update, starts (as in dynamicSlice).
  case dynamicUpdateSlice

  // Indexing
  /// Inputs: x, indices (`int32` or `int64`, any shape). Result: x with `axis` replaced by the indices' axes.
  case gather(axis: Int, mode: IndexMode)
  /// Inputs: x, indices of x's shape but for `axis`. Result[…, i, …] = x[…, indices[…, i, …], …].
  case gatherAlong(axis: Int, mode: IndexMode)
  /// Inputs: x, indices (vector), updates (x's shape with `axis` as long as the indices).
  case scatter(axis: Int, kind: ScatterKind)
  /// Inputs: x, indices, updates (the last two of one shape, like x's but for `axis`).
  case scatterAlong(axis: Int, kind: ScatterKind)

  // Reduction and order
  case reduce(ReduceKind, axes: [Int])
  /// Index (`int32`) of the first maximum or minimum along an axis, which is dropped.
  case argReduce(maximum: Bool, axis: Int)
  case cumulate(ReduceKind, axis: Int, reverse: Bool, exclusive: Bool)
  /// Stable. Outputs: sorted values, permutation (`int32`). NaN goes last.
  case sort(axis: Int, descending: Bool)

  // Contraction
  /// Result axes: batch, free axes of the left, free axes of the right.
  case dot(DotSpec, Epilogue)
  /// Inputs: x `[batch, spatial…, channels]`, kernel `[spatial…, channels / groups, filters]`, epilogue operands.
  case convolution(ConvolutionSpec, Epilogue)
  /// Transposed convolution. Inputs: gradient (or input) `[batch, spatial…, filters]`, kernel.
  case convolutionInputGradient(ConvolutionSpec, inputSpatial: [Int])
  /// Inputs: x, gradient of the result.
  case convolutionFilterGradient(ConvolutionSpec, kernelSpatial: [Int])

  // Pooling, over the spatial axes of `[batch, spatial…, channels]`
  case pool(PoolSpec)
  /// Inputs: x, gradient of the result. The first maximum of a window receives it.
  case maxPoolGradient(PoolSpec)
  /// Input: gradient of the result.
  case averagePoolGradient(PoolSpec, inputSpatial: [Int])

  // Control
  /// Inputs: carries, sequences (sliced along their first axis), constants. See `ScanSpec`.
  case scan(ScanSpec)
  /// Inputs: carries. Runs `body` while `condition` (a `bool` scalar) holds. Has no gradient.
  case whileLoop(condition: Graph, body: Graph)
  /// Inputs and results: those of the graph. What it computes on the way is not kept for its gradient, but computed
  /// again.
  case recomputation(Graph)

  // Meta
  case stopGradient
  /// Passes the first input on, once all inputs were computed; no pass looks through it.
  case barrier
  /// Identity on `outputs` (the last inputs) whose gradient is a function of the caller's.
  case customGradient(CustomGradient)
  /// How the value is spread over devices; identity on one device.
  case shardConstraint([String?])
  /// A function registered on the host by name.
  case customCall(CustomCall)
  /// Stands for an operation that could not be traced; the node holds the error.
  case failed

  // Second tier: composites
  case activation(ActivationKind, alpha: Double)
  /// Inputs: gradient, then the output or the input, as `gradientUsesOutput` says.
  case activationGradient(ActivationKind, alpha: Double)
  /// Over the last axis.
  case softmax
  /// Inputs: gradient, softmax output.
  case softmaxGradient
  case logSoftmax
  /// Inputs: gradient, logSoftmax output.
  case logSoftmaxGradient
  /// Inputs: logits `[…, classes]`, labels `[…]`. Outputs: loss, log of the sum of exponentials (both `[…]`).
  case softmaxCrossEntropy(labelSmoothing: Double)
  /// Inputs: logits, labels, log-sum-exp, gradient of the loss.
  case softmaxCrossEntropyGradient(labelSmoothing: Double)
  /// Inputs: x `[…, channels]`, gamma, beta. Outputs: y, mean, biased variance.
  case batchNorm(epsilon: Double)
  /// Inputs: x, gamma, beta, mean, variance, and a residual `[…, channels]` if there is one, which is added; with
  /// `relu` negative results become 0. Attached by a pass: autodiff sees `batchNorm` and what follows it.
  case batchNormalize(epsilon: Double, relu: Bool)
  /// Inputs: x, gamma, mean, variance, gradient of y, and with `relu` beta: then y was `batchNormalize`'s, without a
  /// residual. Outputs: gradients of x, gamma, beta.
  case batchNormGradient(epsilon: Double, relu: Bool = false)
  /// Over the last axis. Inputs: x, gamma, beta. Outputs: y, mean, reciprocal standard deviation. The activation of y
  /// is attached by the fusion pass only.
  case layerNorm(epsilon: Double, activation: ActivationKind? = nil)
  /// Inputs: x, gamma, mean, reciprocal standard deviation, gradient of y. Outputs: gradients of x, gamma, beta.
  case layerNormGradient(epsilon: Double)
  /// Inputs: query, key, value, then what `AttentionSpec` says. Outputs: result
  /// `[batch, queries, heads, value size]` and log-sum-exp `[batch, heads, queries]`.
  case attention(AttentionSpec)
  /// Inputs: those of attention, its two outputs, gradient of the result. Outputs: gradients of query, key, value.
  case attentionGradient(AttentionSpec)
  /// Inputs: x, key, counter. Keeps an element with probability 1 − rate and scales it by 1 / (1 − rate).
  case dropout(rate: Double)
  /// A recurrent layer's loop over time. See `RecurrenceSpec` for operands and results.
  case recurrence(RecurrenceSpec)
  /// See `RecurrenceGradientSpec`.
  case recurrenceGradient(RecurrenceGradientSpec)
}
