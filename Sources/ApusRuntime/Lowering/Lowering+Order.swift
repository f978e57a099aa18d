import ApusGraph
import ApusKernels

extension Lowering {
  func lowerArgReduce(_ maximum: Bool, _ axis: Int, _ vertex: Graph.Vertex) throws {
    let x = try contiguous(vertex.inputs[0])
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    let split = AxisSplit(x.shape, axis)
    var context = apus_arg_reduce_context()
    context.outer = split.outer
    context.axis = split.axis
    context.inner = split.inner
    context.dtype = Int32(x.dtype.rawValue)
    context.result_dtype = Int32(APUS_INT32)
    context.minimum = maximum ? 0 : 1
    context.threads = threads
    emitKernel("argReduce", reads: [x], writes: [result], apus_arg_reduce, context) { binder, pointer in
      binder.bind(x) { pointer.pointee.source = UnsafeRawPointer($0) }
      binder.bind(result) { pointer.pointee.result = $0 }
    }
  }

  func lowerCumulate(
    _ kind: ReduceKind, _ axis: Int, _ reverse: Bool, _ exclusive: Bool, _ vertex: Graph.Vertex
  ) throws {
    let x = try contiguous(vertex.inputs[0])
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    let split = AxisSplit(x.shape, axis)
    var context = apus_cumulate_context()
    context.outer = split.outer
    context.axis = split.axis
    context.inner = split.inner
    context.dtype = Int32(x.dtype.rawValue)
    let code =
      switch kind {
      case .product: APUS_CUMULATE_PRODUCT
      case .maximum: APUS_CUMULATE_MAXIMUM
      case .minimum: APUS_CUMULATE_MINIMUM
      case .sum, .and, .or: APUS_CUMULATE_SUM
      }
    context.kind = Int32(code)
    context.reverse = reverse ? 1 : 0
    context.exclusive = exclusive ? 1 : 0
    context.threads = threads
    emitKernel(
      "cumulate", reads: [x], writes: [result], inPlace: [(result.storage!, x.storage!)], apus_cumulate,
      context
    ) { binder, pointer in
      binder.bind(x) { pointer.pointee.source = UnsafeRawPointer($0) }
      binder.bind(result) { pointer.pointee.result = $0 }
    }
  }

  func lowerSort(_ axis: Int, _ descending: Bool, _ vertex: Graph.Vertex) throws {
    let x = try contiguous(vertex.inputs[0])
    let values = allocate(result(vertex, 0)), order = allocate(result(vertex, 1))
    guard x.shape.elementCount > 0 else { return }
    let split = AxisSplit(x.shape, axis)
    var context = apus_sort_context()
    context.outer = split.outer
    context.axis = split.axis
    context.inner = split.inner
    context.dtype = Int32(x.dtype.rawValue)
    context.permutation_dtype = Int32(APUS_INT32)
    context.descending = descending ? 1 : 0
    context.threads = threads
    let scratch = self.scratch(Int(apus_sort_scratch_bytes(&context)))
    emitKernel("sort", reads: [x], writes: [values, order], scratch: [scratch], apus_sort, context) {
      binder, pointer in
      binder.bind(x) { pointer.pointee.source = UnsafeRawPointer($0) }
      binder.bind(values) { pointer.pointee.result = $0 }
      binder.bind(order) { pointer.pointee.permutation = $0 }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0 }
    }
  }

  func lowerRandom(_ op: Op, _ vertex: Graph.Vertex) throws {
    let state = vertex.inputs.suffix(2)
    let key = try contiguous(state.first!), counter = try contiguous(state.last!)
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    if case .dropout(let rate) = op {
      let x = try contiguous(vertex.inputs[0])
      var context = apus_dropout_context()
      context.count = Int64(x.shape.elementCount)
      context.rate = rate
      context.dtype = Int32(x.dtype.rawValue)
      context.threads = threads
      return emitKernel(
        "dropout", reads: [x, key, counter], writes: [result], inPlace: [(result.storage!, x.storage!)],
        sharedCount: x.shape.elementCount, apus_dropout, context
      ) { binder, pointer in
        binder.bind(key) { pointer.pointee.key = UnsafePointer($0.assumingMemoryBound(to: UInt64.self)) }
        binder.bind(counter) {
          pointer.pointee.counter = UnsafePointer($0.assumingMemoryBound(to: UInt64.self))
        }
        binder.bind(x) { pointer.pointee.source = UnsafeRawPointer($0) }
        binder.bind(result) { pointer.pointee.result = $0 }
      }
    }
    var context = apus_rng_bits_context()
    context.count = Int64(result.shape.elementCount)
    context.threads = threads
    emitKernel(
      "randomBits", reads: [key, counter], writes: [result], sharedCount: result.shape.elementCount,
      apus_rng_bits, context
    ) { binder, pointer in
      binder.bind(key) { pointer.pointee.key = UnsafePointer($0.assumingMemoryBound(to: UInt64.self)) }
      binder.bind(counter) {
        pointer.pointee.counter = UnsafePointer($0.assumingMemoryBound(to: UInt64.self))
      }
      binder.bind(result) { pointer.pointee.result = $0.assumingMemoryBound(to: UInt32.self) }
    }
  }
}
