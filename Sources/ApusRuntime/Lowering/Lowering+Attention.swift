import ApusGraph
import ApusKernels

extension Lowering {
  func lowerAttention(_ spec: AttentionSpec, _ vertex: Graph.Vertex) throws {
    let operands = try AttentionOperands(self, spec, vertex)
    let output = allocate(result(vertex, 0)), logSumExp = allocate(result(vertex, 1))
    guard output.shape.elementCount > 0 || logSumExp.shape.elementCount > 0 else { return }
    emitKernel(
      "attention", reads: operands.views, writes: [output, logSumExp], apus_attention,
      operands.context(threads)
    ) { binder, pointer in
      operands.bind(binder, to: pointer)
      binder.bind(output) { pointer.pointee.output = $0.assumingMemoryBound(to: Float.self) }
      binder.bind(logSumExp) { pointer.pointee.log_sum_exp = $0.assumingMemoryBound(to: Float.self) }
    }
  }

  func lowerAttentionGradient(_ spec: AttentionSpec, _ vertex: Graph.Vertex) throws {
    let operands = try AttentionOperands(self, spec, vertex)
    let saved = vertex.inputs.suffix(3)
    let output = try contiguous(saved[saved.startIndex])
    let logSumExp = try contiguous(saved[saved.startIndex + 1])
    let gradient = try rows(saved[saved.startIndex + 2])
    let results = (0..<3).map { allocate(result(vertex, $0)) }
    guard output.shape.elementCount > 0, operands.views[1].shape.elementCount > 0 else {
      for view in results where view.shape.elementCount > 0 { try emitFill(0, view) }
      return
    }
    var context = apus_attention_gradient_context()
    context.forward = operands.context(threads)
    context.gradient = gradient.attentionOperand
    emitKernel(
      "attentionGradient", reads: operands.views + [output, logSumExp, gradient], writes: results,
      apus_attention_gradient, context
    ) { binder, pointer in
      withUnsafeMutablePointer(to: &pointer.pointee.forward) { operands.bind(binder, to: $0) }
      func floats(_ address: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        address.assumingMemoryBound(to: Float.self)
      }
      binder.bind(output) { pointer.pointee.forward.output = floats($0) }
      binder.bind(logSumExp) { pointer.pointee.forward.log_sum_exp = floats($0) }
      binder.bind(gradient) { pointer.pointee.gradient.data = UnsafePointer(floats($0)) }
      binder.bind(results[0]) { pointer.pointee.query_gradient = floats($0) }
      binder.bind(results[1]) { pointer.pointee.key_gradient = floats($0) }
      binder.bind(results[2]) { pointer.pointee.value_gradient = floats($0) }
    }
  }

  /// The value where it lies if neighbors along the last axis are adjacent, else a copy.
  fileprivate func rows(_ value: Value) throws -> View {
    let known = try view(value)
    if known.storage != nil, known.strides[3] == 1 || known.shape[3] == 1 { return known }
    return try contiguous(value)
  }
}

/// Query, key, value, mask and lengths of an attention where they lie.
private struct AttentionOperands {
  let spec: AttentionSpec
  let views: [View]

  init(_ lowering: Lowering, _ spec: AttentionSpec, _ vertex: Graph.Vertex) throws {
    self.spec = spec
    var views = try vertex.inputs.prefix(3).map { try lowering.rows($0) }
    if spec.hasMask {
      let mask = try lowering.view(vertex.inputs[3])
      views.append(mask.storage == nil ? try lowering.copied(mask) : mask)
    }
    if spec.hasLengths { views.append(try lowering.contiguous(vertex.inputs[spec.inputCount - 1])) }
    self.views = views
  }

  func context(_ threads: Int32) -> apus_attention_context {
    var context = apus_attention_context()
    context.query = views[0].attentionOperand
    context.key = views[1].attentionOperand
    context.value = views[2].attentionOperand
    context.batch = Int64(views[0].shape[0])
    context.queries = Int64(views[0].shape[1])
    context.keys = Int64(views[1].shape[1])
    context.heads = Int64(views[0].shape[2])
    context.key_heads = Int64(views[1].shape[2])
    context.size = Int64(views[0].shape[3])
    context.value_size = Int64(views[2].shape[3])
    context.scale = Float(spec.scale)
    context.causal = spec.isCausal ? 1 : 0
    context.threads = threads
    if spec.hasMask {
      context.mask_kind = Int32(views[3].dtype == .bool ? APUS_MASK_VISIBLE : APUS_MASK_ADDED)
      for axis in 0..<4 { setElement(&context.mask_strides, axis, Int64(views[3].strides[axis])) }
    }
    return context
  }

  /// Tells a context where the operands begin.
  func bind(_ binder: Binder, to pointer: UnsafeMutablePointer<apus_attention_context>) {
    func floats(_ address: UnsafeMutableRawPointer) -> UnsafePointer<Float> {
      UnsafePointer(address.assumingMemoryBound(to: Float.self))
    }
    binder.bind(views[0]) { pointer.pointee.query.data = floats($0) }
    binder.bind(views[1]) { pointer.pointee.key.data = floats($0) }
    binder.bind(views[2]) { pointer.pointee.value.data = floats($0) }
    if spec.hasMask { binder.bind(views[3]) { pointer.pointee.mask = UnsafeRawPointer($0) } }
    if spec.hasLengths {
      binder.bind(views[spec.inputCount - 1]) {
        pointer.pointee.lengths = UnsafePointer($0.assumingMemoryBound(to: Int32.self))
      }
    }
  }
}

extension View {
  /// Distances along batch, time and heads.
  fileprivate var attentionOperand: apus_attention_operand {
    apus_attention_operand(
      data: nil, batch_stride: Int64(strides[0]), time_stride: Int64(strides[1]),
      head_stride: Int64(strides[2]))
  }
}
