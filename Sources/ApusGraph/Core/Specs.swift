/// Which axes a generalized matrix product multiplies and sums.
public struct DotSpec: Sendable, Hashable {
  /// Axes of each operand that are walked together and kept, in the same order.
  public var leftBatch: [Int], rightBatch: [Int]
  /// Axes of each operand that are summed over, in the same order.
  public var leftContract: [Int], rightContract: [Int]

  /// A product over the given axes.
  public init(leftBatch: [Int] = [], rightBatch: [Int] = [], leftContract: [Int], rightContract: [Int]) {
    self.leftBatch = leftBatch
    self.rightBatch = rightBatch
    self.leftContract = leftContract
    self.rightContract = rightContract
  }
}

/// What a contraction does to its result before it is stored. Attached by the fusion pass, never by a user:
/// autodiff sees only bare contractions.
public struct Epilogue: Sendable, Hashable {
  /// Whether a vector along the last axis is added; it is the next input.
  public var bias: Bool
  /// Whether a tensor of the result's shape is added; it is the last input.
  public var residual: Bool
  /// An activation applied last.
  public var activation: ActivationKind?
  /// The activation's parameter.
  public var alpha: Double

  /// An epilogue; by default nothing is done.
  public init(
    bias: Bool = false, residual: Bool = false, activation: ActivationKind? = nil, alpha: Double = 0
  ) {
    self.bias = bias
    self.residual = residual
    self.activation = activation
    self.alpha = alpha
  }

  /// Number of inputs that it adds to the contraction's own two.
  public var operandCount: Int { (bias ? 1 : 0) + (residual ? 1 : 0) }

  /// Nothing is done.
  public static let none = Epilogue()
}

/// How a convolution moves over the spatial axes; one entry an axis.
public struct ConvolutionSpec: Sendable, Hashable {
  /// Step of the window.
  public var strides: [Int]
  /// Zeros put before and after the input.
  public var padsLow: [Int], padsHigh: [Int]
  /// Distance between the taps of the kernel.
  public var dilations: [Int]
  /// Number of groups that channels and filters are divided into.
  public var groups: Int

  /// A convolution's geometry.
  public init(strides: [Int], padsLow: [Int], padsHigh: [Int], dilations: [Int], groups: Int = 1) {
    self.strides = strides
    self.padsLow = padsLow
    self.padsHigh = padsHigh
    self.dilations = dilations
    self.groups = groups
  }

  /// Size of the result along a spatial axis: floor((size + pads − dilation · (kernel − 1) − 1) / stride) + 1.
  public func outputSize(axis: Int, input: Int, kernel: Int) -> Int {
    // In 128 bits, as the numbers may be anything that a caller wrote.
    let reach = Int128(dilations[axis]) * (Int128(kernel) - 1) + 1
    let room = Int128(input) + Int128(padsLow[axis]) + Int128(padsHigh[axis]) - reach
    return room < 0 ? 0 : Int(clamping: room / Int128(strides[axis]) + 1)
  }
}

/// A pooling window and how it moves over the spatial axes; one entry an axis.
public struct PoolSpec: Sendable, Hashable {
  /// Which number stands for a window.
  public enum Kind: String, Sendable, Hashable { case maximum, average }
  /// Which number stands for a window.
  public var kind: Kind
  /// Sizes of the window.
  public var window: [Int]
  /// Steps of the window.
  public var strides: [Int]
  /// Padding before and after the input.
  public var padsLow: [Int], padsHigh: [Int]
  /// Whether an average counts the padding as zeros. Keras does not, PyTorch does by default.
  public var countsPadding: Bool

  /// A pooling geometry.
  public init(
    kind: Kind, window: [Int], strides: [Int], padsLow: [Int], padsHigh: [Int], countsPadding: Bool = false
  ) {
    self.kind = kind
    self.window = window
    self.strides = strides
    self.padsLow = padsLow
    self.padsHigh = padsHigh
    self.countsPadding = countsPadding
  }
}

/// How queries attend to keys.
///
/// Inputs are query `[batch, queries, heads, size]`, key `[batch, keys, key heads, size]` and value
/// `[batch, keys, key heads, value size]`, then a mask and lengths if there are any. Heads are a multiple of the
/// key heads; neighbors share one.
public struct AttentionSpec: Sendable, Hashable {
  /// Factor on the products of queries and keys, usually 1 / √size.
  public var scale: Double
  /// Whether a query sees only the keys up to its own position: the number of its row, or with lengths
  /// `length − queries + row`, so that the last query stands at the last valid key.
  public var isCausal: Bool
  /// Whether a mask `[batch, heads, queries, keys]` is given: of `bool`, true where a key may be seen, or of the
  /// operands' type, added to the scaled products.
  public var hasMask: Bool
  /// Whether the number of valid keys of each sample is given, `int32` `[batch]`.
  public var hasLengths: Bool

  /// Attention with a scale; without anything else every query sees every key.
  public init(scale: Double, isCausal: Bool = false, hasMask: Bool = false, hasLengths: Bool = false) {
    self.scale = scale
    self.isCausal = isCausal
    self.hasMask = hasMask
    self.hasLengths = hasLengths
  }

  /// Number of operands.
  public var inputCount: Int { 3 + (hasMask ? 1 : 0) + (hasLengths ? 1 : 0) }
}

/// A loop of known length whose body is a graph. Differentiable.
///
/// Body inputs: carries, one slice of each sequence (without the first axis), constants.
/// Body outputs: the next carries, then one slice of each stacked result.
/// Scan outputs: the final carries, then the stacked results `[length, …]`.
public struct ScanSpec: Sendable, Hashable {
  /// The body, with `inputs` in the order given above.
  public var body: Graph
  /// Number of steps.
  public var length: Int
  /// Numbers of carried values and of sequences; the remaining inputs are constants.
  public var carryCount: Int, sequenceCount: Int
  /// Whether steps run from the last slice to the first. Stacked results keep the slices' places.
  public var reverse: Bool

  /// A loop over `length` slices.
  public init(body: Graph, length: Int, carryCount: Int, sequenceCount: Int, reverse: Bool = false) {
    self.body = body
    self.length = length
    self.carryCount = carryCount
    self.sequenceCount = sequenceCount
    self.reverse = reverse
  }
}

/// A gradient supplied by the caller for a piece of graph.
public final class CustomGradient: Sendable, Hashable {
  /// How many of the node's inputs are arguments; the rest are the outputs it passes on.
  public let argumentCount: Int
  /// (arguments, outputs, gradients of the outputs) → gradient of each argument, nil for none.
  public let gradient: @Sendable ([Value], [Value], [Value]) -> [Value?]

  /// A custom gradient for `argumentCount` arguments.
  public init(argumentCount: Int, gradient: @escaping @Sendable ([Value], [Value], [Value]) -> [Value?]) {
    self.argumentCount = argumentCount
    self.gradient = gradient
  }

  /// Identity: closures cannot be compared.
  public static func == (left: CustomGradient, right: CustomGradient) -> Bool { left === right }
  /// Identity: closures cannot be compared.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A host function called from within a program.
public final class CustomCall: Sendable, Hashable {
  /// Name, for messages and plans.
  public let name: String
  /// Types of the results.
  public let results: [TensorType]
  /// The function; it runs on the engine's thread and must not evaluate tensors.
  public let body: @Sendable ([Literal]) throws -> [Literal]

  /// A host function with results of known types.
  public init(
    name: String, results: [TensorType], body: @escaping @Sendable ([Literal]) throws -> [Literal]
  ) {
    self.name = name
    self.results = results
    self.body = body
  }

  /// Identity: closures cannot be compared.
  public static func == (left: CustomCall, right: CustomCall) -> Bool { left === right }
  /// Identity: closures cannot be compared.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
