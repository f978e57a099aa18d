import Synchronization

/// What is known of a value before it is computed.
public struct TensorType: Sendable, Hashable, CustomStringConvertible {
  /// The element type.
  public var dtype: DType
  /// The axis sizes.
  public var shape: Shape

  /// A type.
  public init(_ dtype: DType, _ shape: Shape) {
    self.dtype = dtype
    self.shape = shape
  }

  /// Bytes of a value of this type, `Int.max` where they are too many to count.
  public var byteCount: Int {
    let (product, overflow) = shape.elementCount.multipliedReportingOverflow(by: dtype.byteSize)
    return overflow ? .max : product
  }

  /// `float32[2, 3]`
  public var description: String { "\(dtype)\(shape)" }
}

/// A vertex of the graph: an operation applied to values. Shapes and types are known at once.
///
/// Nodes are immutable but for one thing: when results have been computed they are kept here and
/// the inputs are let go, so that history does not pile up.
public final class Node: @unchecked Sendable {
  /// The operation and its attributes.
  public let op: Op
  /// Type of each result.
  public let types: [TensorType]
  /// Where it was asked for.
  public let origin: Origin
  /// Why it could not be traced, for `Op.failed`.
  public let failure: GraphError?
  /// Hash of the operation, the types and everything it is computed from, values of constants left out.
  public let structuralHash: Int

  /// Counts up with every node made: an order of creation.
  public let serial: UInt64
  private static let nextSerial = Atomic<UInt64>(1)

  private struct State {
    var inputs: [Value]
    var results: [Literal?]
  }
  private let state: Mutex<State>

  init(
    op: Op, inputs: [Value], types: [TensorType], results: [Literal?] = [], failure: GraphError? = nil,
    origin: Origin = .current
  ) {
    self.op = op
    self.types = types
    self.failure = failure
    self.origin = origin
    serial = Self.nextSerial.add(1, ordering: .relaxed).oldValue
    var hasher = Hasher()
    hasher.combine(op)
    hasher.combine(types)
    for input in inputs {
      hasher.combine(input.node.structuralHash)
      hasher.combine(input.index)
    }
    structuralHash = hasher.finalize()
    state = Mutex(
      State(inputs: inputs, results: results.isEmpty ? Array(repeating: nil, count: types.count) : results))
  }

  /// The operands; empty once the results are known.
  public var inputs: [Value] { state.withLock { $0.inputs } }

  /// The operands while the results are pending, nil once all are known. One look, so that a task which
  /// evaluates the same node meanwhile cannot come between the question and the answer.
  public var pendingInputs: [Value]? {
    state.withLock { state in state.results.allSatisfy { $0 != nil } ? nil : state.inputs }
  }

  /// A computed result, or nil while it is pending.
  public func result(_ index: Int) -> Literal? { state.withLock { $0.results[index] } }

  /// Keeps a computed result; once all are there the inputs are let go.
  public func materialize(_ index: Int, _ literal: Literal) {
    let released: [Value] = state.withLock { state in
      state.results[index] = literal
      guard state.results.allSatisfy({ $0 != nil }) else { return [] }
      defer { state.inputs = [] }
      return state.inputs
    }
    Node.release(consume released)
  }

  deinit {
    Node.release(
      state.withLock { state in
        defer { state.inputs = [] }; return state.inputs
      })
  }

  /// Frees a chain of nodes in a loop: a chain of a hundred thousand would overflow the stack otherwise. The
  /// values are consumed, because another reference to the array would keep every node from being unique.
  private static func release(_ pending: consuming [Value]) {
    while var value = pending.popLast() {
      if isKnownUniquelyReferenced(&value.node) {
        let inputs = value.node.state.withLock { state in
          defer { state.inputs = [] }
          return state.inputs
        }
        pending.append(contentsOf: inputs)
      }
    }
  }

  /// Applies an operation: infers the results' types, or yields a failed node that holds the error.
  public static func apply(_ op: Op, _ inputs: [Value]) -> [Value] {
    do {
      return try applyChecked(op, inputs)
    } catch {
      return Value.failures(error, like: op, inputs)
    }
  }

  /// Applies an operation, throwing when its operands do not fit. An already failed operand is thrown on.
  /// - Parameters:
  ///   - op: The operation.
  ///   - inputs: Its operands.
  /// - Returns: Its results.
  /// - Throws: `GraphError` that says what was expected and what came.
  public static func applyChecked(_ op: Op, _ inputs: [Value]) throws(GraphError) -> [Value] {
    for input in inputs { if let failure = input.node.failure { throw failure } }
    let types = try inferTypes(op, inputs)
    for type in types { try type.shape.requireSizes(op.name) }
    let node = Node(op: op, inputs: inputs, types: types)
    return types.indices.map { Value(node: node, index: $0) }
  }
}

extension Node: Hashable {
  /// Identity.
  public static func == (left: Node, right: Node) -> Bool { left === right }
  /// Identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// One result of a node: the edges of the graph.
public struct Value: Sendable, Hashable {
  /// The node that computes it.
  public var node: Node
  /// Which of the node's results it is.
  public let index: Int

  /// A result of a node.
  public init(node: Node, index: Int) {
    self.node = node
    self.index = index
  }

  /// Type and shape.
  public var type: TensorType { node.types[index] }
  /// The element type.
  public var dtype: DType { type.dtype }
  /// The axis sizes.
  public var shape: Shape { type.shape }
  /// Number of axes.
  public var rank: Int { type.shape.rank }
  /// The computed value, or nil while it is pending.
  public var result: Literal? { node.result(index) }
  /// The error that it stands for, if it could not be traced.
  public var failure: GraphError? { node.failure }

  /// The same result of the same node.
  public static func == (left: Value, right: Value) -> Bool {
    left.node === right.node && left.index == right.index
  }
  /// By identity of the node.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(node))
    hasher.combine(index)
  }
}

extension Value {
  /// A leaf that holds a value.
  public static func constant(_ literal: Literal) -> Value {
    Value(
      node: Node(
        op: .constant, inputs: [], types: [TensorType(literal.dtype, literal.shape)], results: [literal]),
      index: 0)
  }

  /// A leaf that a caller binds.
  public static func input(_ dtype: DType, _ shape: Shape) -> Value {
    Value(node: Node(op: .input, inputs: [], types: [TensorType(dtype, shape)]), index: 0)
  }

  /// A value that stands for an error, to be thrown at the next evaluation.
  public static func failed(_ error: GraphError, type: TensorType = TensorType(.float32, .scalar)) -> Value {
    Value(node: Node(op: .failed, inputs: [], types: [type], failure: error), index: 0)
  }

  static func failures(_ error: GraphError, like op: Op, _ inputs: [Value]) -> [Value] {
    let type = inputs.first?.type ?? TensorType(.float32, .scalar)
    let node = Node(
      op: .failed, inputs: [], types: Array(repeating: type, count: op.resultCount(inputCount: inputs.count)),
      failure: error)
    return node.types.indices.map { Value(node: node, index: $0) }
  }
}

extension Op {
  /// Number of results, known from the attributes.
  public func resultCount(inputCount: Int) -> Int {
    switch self {
    case .sort, .softmaxCrossEntropy, .attention: 2
    case .batchNorm, .batchNormGradient, .layerNorm, .layerNormGradient, .attentionGradient: 3
    case .recurrence(let spec): spec.resultCount
    case .recurrenceGradient(let spec): spec.resultCount
    case .scan(let spec): spec.body.outputs.count
    case .whileLoop(_, let body), .recomputation(let body): body.outputs.count
    case .customGradient(let custom): inputCount - custom.argumentCount
    case .customCall(let call): call.results.count
    case .constant, .input, .failed, .iota, .randomBits, .unary, .binary, .compare, .select, .clamp, .cast,
      .bitcast, .reshape, .transpose, .broadcast, .slice, .pad, .concatenate, .reverse, .dynamicSlice,
      .dynamicUpdateSlice, .gather, .gatherAlong, .scatter, .scatterAlong, .reduce, .argReduce, .cumulate,
      .dot,
      .convolution, .convolutionInputGradient, .convolutionFilterGradient, .pool, .maxPoolGradient,
      .averagePoolGradient, .stopGradient, .barrier, .shardConstraint, .activation, .activationGradient,
      .softmax,
      .softmaxGradient, .logSoftmax, .logSoftmaxGradient, .softmaxCrossEntropyGradient, .batchNormalize,
      .dropout:
      1
    }
  }
}
