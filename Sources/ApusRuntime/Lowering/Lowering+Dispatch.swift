import ApusGraph
import ApusKernels

extension Lowering {
  /// Emits the kernel of an operation that is neither a view nor part of a loop.
  func lower(_ op: Op, _ vertex: Graph.Vertex) throws {
    switch op {
    case .dot(let spec, let epilogue): try lowerDot(spec, epilogue, vertex)
    case .convolution(let spec, let epilogue): try lowerConvolution(spec, epilogue, vertex)
    case .convolutionInputGradient(let spec, let sizes):
      try lowerConvolutionInputGradient(spec, sizes, vertex)
    case .convolutionFilterGradient(let spec, _): try lowerConvolutionFilterGradient(spec, vertex)
    case .pool(let spec): try lowerPool(spec, vertex)
    case .maxPoolGradient(let spec): try lowerMaxPoolGradient(spec, vertex)
    case .averagePoolGradient(let spec, _): try lowerAveragePoolGradient(spec, vertex)
    case .randomBits, .dropout: try lowerRandom(op, vertex)
    case .pad(let low, let high, let interior): try lowerPad(low, high, interior, vertex)
    case .concatenate(let axis): try lowerConcatenate(axis, vertex)
    case .dynamicSlice, .dynamicUpdateSlice: try lowerDynamic(op, vertex)
    case .gather(let axis, let mode): try lowerGather(axis, mode, along: false, vertex)
    case .gatherAlong(let axis, let mode): try lowerGather(axis, mode, along: true, vertex)
    case .scatter(let axis, let kind): try lowerScatter(axis, kind, along: false, vertex)
    case .scatterAlong(let axis, let kind): try lowerScatter(axis, kind, along: true, vertex)
    case .argReduce(let maximum, let axis): try lowerArgReduce(maximum, axis, vertex)
    case .cumulate(let kind, let axis, let reverse, let exclusive):
      try lowerCumulate(kind, axis, reverse, exclusive, vertex)
    case .sort(let axis, let descending): try lowerSort(axis, descending, vertex)
    case .softmax, .logSoftmax, .softmaxGradient, .logSoftmaxGradient: try lowerSoftmax(op, vertex)
    case .softmaxCrossEntropy(let smoothing): try lowerCrossEntropy(smoothing, vertex)
    case .softmaxCrossEntropyGradient(let smoothing): try lowerCrossEntropyGradient(smoothing, vertex)
    case .layerNorm(let epsilon, let activation): try lowerLayerNorm(epsilon, activation, vertex)
    case .layerNormGradient(let epsilon): try lowerLayerNormGradient(epsilon, vertex)
    case .batchNorm(let epsilon): try lowerBatchNorm(epsilon, vertex)
    case .batchNormalize(let epsilon, let relu): try lowerBatchNormalize(epsilon, relu, vertex)
    case .batchNormGradient(let epsilon, let relu): try lowerBatchNormGradient(epsilon, relu, vertex)
    case .attention(let spec): try lowerAttention(spec, vertex)
    case .attentionGradient(let spec): try lowerAttentionGradient(spec, vertex)
    case .recurrence(let spec) where spec.isFused: try lowerRecurrence(spec, vertex)
    case .recurrenceGradient(let spec) where spec.forward.isFused: try lowerRecurrenceGradient(spec, vertex)
    case .scan(let spec): try lowerScan(spec, vertex)
    case .whileLoop(let condition, let body): try lowerWhile(condition, body, vertex)
    case .customCall(let call): lowerCustomCall(call, try vertex.inputs.map(contiguous), vertex)
    case .constant, .input, .failed, .iota, .unary, .binary, .compare, .select, .clamp, .cast, .bitcast,
      .reshape, .transpose, .broadcast, .slice, .reverse, .reduce, .recomputation, .stopGradient, .barrier,
      .customGradient,
      .shardConstraint, .activation, .activationGradient, .recurrence, .recurrenceGradient:
      throw GraphError(.argument, op.name, "has no kernel of its own; a pass should have replaced it")
    }
  }

  /// Emits one kernel of `ApusKernels` with its context.
  /// - Parameters:
  ///   - name: Its name in plans and profiles.
  ///   - reads: Views that it reads.
  ///   - writes: Views that it writes.
  ///   - scratch: Storages for scratch memory.
  ///   - inPlace: Pairs of a written and a read storage that may share memory.
  ///   - sharedCount: Elements that the kernel shares among threads if they are many; nil when it goes by something
  ///     else.
  ///   - function: The kernel.
  ///   - context: What it is given.
  ///   - fault: What went wrong, from the context.
  ///   - bind: Tells the context where views lie.
  func emitKernel<Context>(
    _ name: String, reads: [View], writes: [View], scratch: [Int] = [],
    inPlace: [(write: Int, read: Int)] = [], sharedCount: Int? = nil,
    _ function: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Int32, _ context: Context,
    fault: ((UnsafeMutablePointer<Context>) -> GraphError?)? = nil,
    bind: @escaping (Binder, UnsafeMutablePointer<Context>) -> Void
  ) {
    emit(
      Kernel(
        name: name, origin: current, reads: reads.map { $0.storage! },
        writes: writes.map { $0.storage! } + scratch, inPlace: inPlace,
        usesPool: sharedCount.map { $0 >= Int(APUS_SERIAL_ELEMENTS) } ?? true
      ) { binder in
        let pointer = binder.allocate(context)
        bind(binder, pointer)
        return binder.step(function, pointer) { fault?(pointer) }
      })
  }

  func result(_ vertex: Graph.Vertex, _ index: Int = 0) -> Value { Value(node: vertex.node, index: index) }
}

/// A shape seen from one axis: how many rows come before it, its length, how many elements lie behind each step.
struct AxisSplit {
  let outer: Int64, axis: Int64, inner: Int64

  init(_ shape: Shape, _ axis: Int) {
    outer = Int64(shape.dimensions[..<axis].reduce(1, *))
    self.axis = Int64(shape[axis])
    inner = Int64(shape.dimensions[(axis + 1)...].reduce(1, *))
  }
}
