import ApusGraph
import ApusKernels

extension Lowering {
  func lowerPad(_ low: [Int], _ high: [Int], _ interior: [Int], _ vertex: Graph.Vertex) throws {
    let x = try contiguous(vertex.inputs[0])
    var value = try view(vertex.inputs[1])
    if value.storage == nil { value = try copied(value) }
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    var context = apus_pad_context()
    for axis in low.indices {
      setElement(&context.size, axis, Int64(x.shape[axis]))
      setElement(&context.low, axis, Int64(low[axis]))
      setElement(&context.high, axis, Int64(high[axis]))
      setElement(&context.interior, axis, Int64(interior[axis]))
    }
    context.rank = Int32(low.count)
    context.dtype = Int32(x.dtype.rawValue)
    context.threads = threads
    emitKernel("pad", reads: [x, value], writes: [result], apus_pad, context) { binder, pointer in
      binder.bind(x) { pointer.pointee.source = UnsafeRawPointer($0) }
      binder.bind(value) { pointer.pointee.value = UnsafeRawPointer($0) }
      binder.bind(result) { pointer.pointee.result = $0 }
    }
  }

  /// Each operand is copied into its part of the result; one that was computed into memory of its own is given that
  /// part to be computed into instead. Where only loops read the result, and there would be something to copy, the
  /// operands stay where they are.
  func lowerConcatenate(_ axis: Int, _ vertex: Graph.Vertex) throws {
    if let parts = try segments(of: vertex) { return setSegments(self.result(vertex), parts) }
    let result = allocate(self.result(vertex))
    var start = 0
    for input in vertex.inputs {
      let source = try view(input)
      var part = result
      part.shape = input.shape
      part.offset = start * result.strides[axis]
      start += input.shape[axis]
      guard input.shape.elementCount > 0 else { continue }
      if part.isContiguous, let storage = source.storage, canBePlaced(input, source) {
        setParent(storage, result.storage!, byteOffset: part.offset * result.dtype.byteSize)
        continue
      }
      try emitCopy(from: source, to: part)
    }
    // The operation itself must have a place in the order even when nothing is left to copy.
    emit(
      Kernel(
        name: "concatenate", origin: current,
        reads: [result.storage!], writes: [result.storage!], usesPool: false
      ) { _ in Step(step: apus_step(run: { _ in 0 }, context: nil), fault: { nil }) })
  }

  /// Whether a value has memory of its own that may become a part of another's.
  private func canBePlaced(_ value: Value, _ view: View) -> Bool {
    guard let storage = view.storage, view.isContiguous, view.offset == 0 else { return false }
    return storages[storage].kind == .arena && storages[storage].parent == nil
      && storages[storage].byteCount == value.type.byteCount && isOwnResult(storage)
      && !outputSet.contains(value)
  }

  /// The operands of a concatenation that fused loops can read where they are, as an optimizer's loop does with gradients
  /// that somebody else computed. Nil where the result must be in one piece, or will be without copying.
  private func segments(of vertex: Graph.Vertex) throws -> [Segment]? {
    let result = self.result(vertex)
    guard optimizations.allows("fusion"), result.rank == 1, result.shape.elementCount > 0,
      !outputSet.contains(result),
      (consumers[result] ?? []).allSatisfy({ graph.vertices[$0].node.op.isFusible })
    else { return nil }
    var needsCopy = false
    var parts: [Segment] = []
    for input in vertex.inputs where input.shape.elementCount > 0 {
      let source = try view(input)
      if case .scalar(let number, let integer) = source.base, number == 0, integer == 0 {
        // A gap between gradients: zeros cost nothing when nobody writes them.
        needsCopy = true
        parts.append(Segment(count: input.shape[0], view: nil))
        continue
      }
      guard source.isContiguous else { return nil }
      if !canBePlaced(input, source) { needsCopy = true }
      parts.append(Segment(count: input.shape[0], view: source))
    }
    return needsCopy ? parts : nil
  }

  func lowerDynamic(_ op: Op, _ vertex: Graph.Vertex) throws {
    let isUpdate = vertex.inputs.count == 3
    let source = try contiguous(vertex.inputs[0])
    let update = isUpdate ? try contiguous(vertex.inputs[1]) : nil
    let starts = try contiguous(vertex.inputs[isUpdate ? 2 : 1])
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    let window = update?.shape ?? result.shape
    guard window.elementCount > 0 else { return try emitCopy(from: source, to: result) }
    var context = apus_dynamic_slice_context()
    for axis in 0..<source.shape.rank {
      setElement(&context.axis_size, axis, Int64(source.shape[axis]))
      setElement(&context.window_size, axis, Int64(window[axis]))
    }
    context.rank = Int32(source.shape.rank)
    context.start_dtype = Int32(APUS_INT32)
    context.dtype = Int32(source.dtype.rawValue)
    context.threads = threads
    emitKernel(
      op.name, reads: [source, starts] + (update.map { [$0] } ?? []), writes: [result],
      inPlace: isUpdate ? [(result.storage!, source.storage!)] : [],
      isUpdate ? apus_dynamic_update_slice : apus_dynamic_slice, context
    ) { binder, pointer in
      binder.bind(source) { pointer.pointee.source = UnsafeRawPointer($0) }
      if let update { binder.bind(update) { pointer.pointee.update = UnsafeRawPointer($0) } }
      binder.bind(starts) { address in
        for axis in 0..<source.shape.rank {
          setElement(&pointer.pointee.start, axis, UnsafeRawPointer(address + 4 * axis) as UnsafeRawPointer?)
        }
      }
      binder.bind(result) { pointer.pointee.result = $0 }
    }
  }

  func lowerGather(_ axis: Int, _ mode: IndexMode, along: Bool, _ vertex: Graph.Vertex) throws {
    let x = try contiguous(vertex.inputs[0])
    let indices = try contiguous(vertex.inputs[1])
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    let split = AxisSplit(x.shape, axis)
    var context = apus_take_context()
    context.outer = split.outer
    context.axis = split.axis
    context.inner = split.inner
    context.count = along ? Int64(indices.shape[axis]) : Int64(indices.shape.elementCount)
    context.dtype = Int32(x.dtype.rawValue)
    context.index_dtype = Int32(indices.dtype.rawValue)
    context.mode = Int32(mode == .clamped ? APUS_INDEX_CLAMP : APUS_INDEX_CHECK)
    context.threads = threads
    let origin = current
    emitKernel(
      "gather", reads: [x, indices], writes: [result], along ? apus_take_along : apus_take, context,
      fault: { indexError("gather", $0.pointee.fault, mode, origin) }
    ) { binder, pointer in
      binder.bind(x) { pointer.pointee.source = UnsafeRawPointer($0) }
      binder.bind(indices) { pointer.pointee.indices = UnsafeRawPointer($0) }
      binder.bind(result) { pointer.pointee.result = $0 }
    }
  }

  func lowerScatter(_ axis: Int, _ kind: ScatterKind, along: Bool, _ vertex: Graph.Vertex) throws {
    let base = try contiguous(vertex.inputs[0])
    let indices = try contiguous(vertex.inputs[1])
    let updates = try contiguous(vertex.inputs[2])
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    guard updates.shape.elementCount > 0 else { return try emitCopy(from: base, to: result) }
    let split = AxisSplit(base.shape, axis)
    var context = apus_scatter_context()
    context.outer = split.outer
    context.axis = split.axis
    context.inner = split.inner
    context.count = Int64(indices.shape[along ? axis : 0])
    context.dtype = Int32(base.dtype.rawValue)
    context.index_dtype = Int32(indices.dtype.rawValue)
    let code =
      switch kind {
      case .set: APUS_SCATTER_SET
      case .add: APUS_SCATTER_ADD
      case .multiply: APUS_SCATTER_MULTIPLY
      case .minimum: APUS_SCATTER_MINIMUM
      case .maximum: APUS_SCATTER_MAXIMUM
      }
    context.kind = Int32(code)
    context.mode = Int32(APUS_INDEX_CHECK)
    context.threads = threads
    let origin = current
    emitKernel(
      "scatter", reads: [base, indices, updates], writes: [result],
      inPlace: [(result.storage!, base.storage!)], along ? apus_scatter_along : apus_scatter, context,
      fault: { indexError("scatter", $0.pointee.fault, .checked, origin) }
    ) { binder, pointer in
      binder.bind(base) { pointer.pointee.base = UnsafeRawPointer($0) }
      binder.bind(indices) { pointer.pointee.indices = UnsafeRawPointer($0) }
      binder.bind(updates) { pointer.pointee.updates = UnsafeRawPointer($0) }
      binder.bind(result) { pointer.pointee.result = $0 }
    }
  }
}

/// An index that a kernel refused, in words.
func indexError(
  _ operation: String, _ fault: apus_fault, _ mode: IndexMode, _ origin: Origin
) -> GraphError {
  if case .required(let requirement) = mode {
    return requirement.error(
      index: Int(fault.value), position: Int(fault.position), limit: Int(fault.limit), origin: origin)
  }
  return GraphError(
    .index, operation, "index \(fault.value) at position \(fault.position) is outside 0..<\(fault.limit)",
    advice: "check the data: every index must be at least 0 and below \(fault.limit)", origin: origin)
}
