import ApusGraph
import ApusKernels

extension Lowering {
  /// Statistics, and the normalized result if anybody reads it.
  func lowerBatchNorm(_ epsilon: Double, _ vertex: Graph.Vertex) throws {
    let views = try vertex.inputs.map(contiguous)
    let y = result(vertex, 0)
    let normalized = consumers[y] != nil || outputSet.contains(y) ? allocate(y) : nil
    let statistics = [1, 2].map { allocate(result(vertex, $0)) }
    let results = [normalized].compactMap { $0 } + statistics
    guard views[0].shape.elementCount > 0 else { return try results.forEach { try fillUnlessEmpty($0) } }
    var context = batchNormContext(views[0], epsilon)
    let scratch = self.scratch(Int(apus_batch_norm_scratch_bytes(&context)))
    emitKernel(
      normalized == nil ? "batchStatistics" : "batchNorm", reads: normalized == nil ? [views[0]] : views,
      writes: results, scratch: [scratch], apus_batch_norm, context
    ) { binder, pointer in
      binder.bind(views[0]) { pointer.pointee.source = UnsafeRawPointer($0) }
      if let normalized {
        binder.bind(views[1]) { pointer.pointee.gamma = UnsafeRawPointer($0) }
        binder.bind(views[2]) { pointer.pointee.beta = UnsafeRawPointer($0) }
        binder.bind(normalized) { pointer.pointee.result = $0 }
      }
      binder.bind(statistics[0]) { pointer.pointee.mean = $0 }
      binder.bind(statistics[1]) { pointer.pointee.variance = $0 }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0 }
    }
  }

  func lowerBatchNormalize(_ epsilon: Double, _ relu: Bool, _ vertex: Graph.Vertex) throws {
    let views = try vertex.inputs.map(contiguous)
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    var context = batchNormContext(views[0], epsilon)
    context.relu = relu ? 1 : 0
    let residual = views.count > 5 ? views[5] : nil
    emitKernel(
      "batchNormalize", reads: views, writes: [result],
      inPlace: ([residual, views[0]].compactMap { $0 }).map { (result.storage!, $0.storage!) },
      apus_batch_normalize, context
    ) { binder, pointer in
      binder.bind(views[0]) { pointer.pointee.source = UnsafeRawPointer($0) }
      binder.bind(views[1]) { pointer.pointee.gamma = UnsafeRawPointer($0) }
      binder.bind(views[2]) { pointer.pointee.beta = UnsafeRawPointer($0) }
      binder.bind(views[3]) { pointer.pointee.mean = $0 }
      binder.bind(views[4]) { pointer.pointee.variance = $0 }
      if let residual { binder.bind(residual) { pointer.pointee.residual = UnsafeRawPointer($0) } }
      binder.bind(result) { pointer.pointee.result = $0 }
    }
  }

  private func batchNormContext(_ x: View, _ epsilon: Double) -> apus_batch_norm_context {
    let split = AxisSplit(x.shape, x.shape.rank - 1)
    var context = apus_batch_norm_context()
    context.rows = split.outer
    context.channels = split.axis
    context.epsilon = epsilon
    context.dtype = Int32(x.dtype.rawValue)
    context.threads = threads
    return context
  }

  func lowerBatchNormGradient(_ epsilon: Double, _ relu: Bool, _ vertex: Graph.Vertex) throws {
    let views = try vertex.inputs.map(contiguous)
    let results = (0..<3).map { allocate(result(vertex, $0)) }
    guard views[0].shape.elementCount > 0 else { return try results.forEach { try fillUnlessEmpty($0) } }
    let split = AxisSplit(views[0].shape, views[0].shape.rank - 1)
    var context = apus_batch_norm_gradient_context()
    context.rows = split.outer
    context.channels = split.axis
    context.epsilon = epsilon
    context.relu = relu ? 1 : 0
    context.dtype = Int32(views[0].dtype.rawValue)
    context.threads = threads
    let scratch = self.scratch(Int(apus_batch_norm_gradient_scratch_bytes(&context)))
    emitKernel(
      "batchNormGradient", reads: views, writes: results, scratch: [scratch],
      inPlace: [4, 0].map { (results[0].storage!, views[$0].storage!) }, apus_batch_norm_gradient, context
    ) { binder, pointer in
      binder.bind(views[0]) { pointer.pointee.source = UnsafeRawPointer($0) }
      binder.bind(views[1]) { pointer.pointee.gamma = UnsafeRawPointer($0) }
      binder.bind(views[2]) { pointer.pointee.mean = UnsafeRawPointer($0) }
      binder.bind(views[3]) { pointer.pointee.variance = UnsafeRawPointer($0) }
      binder.bind(views[4]) { pointer.pointee.gradient = UnsafeRawPointer($0) }
      if relu { binder.bind(views[5]) { pointer.pointee.beta = UnsafeRawPointer($0) } }
      binder.bind(results[0]) { pointer.pointee.source_gradient = $0 }
      binder.bind(results[1]) { pointer.pointee.gamma_gradient = $0 }
      binder.bind(results[2]) { pointer.pointee.beta_gradient = $0 }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0 }
    }
  }
}
