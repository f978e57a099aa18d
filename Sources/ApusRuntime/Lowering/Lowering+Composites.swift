import ApusGraph
import ApusKernels

extension Lowering {
  func lowerSoftmax(_ op: Op, _ vertex: Graph.Vertex) throws {
    let first = try contiguous(vertex.inputs[0])
    let second = vertex.inputs.count == 2 ? try contiguous(vertex.inputs[1]) : nil
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    let split = AxisSplit(result.shape, result.shape.rank - 1)
    guard let output = second else {
      var context = apus_softmax_context()
      context.outer = split.outer
      context.axis = split.axis
      context.inner = 1
      context.dtype = Int32(first.dtype.rawValue)
      context.threads = threads
      return emitKernel(
        op.name, reads: [first], writes: [result], inPlace: [(result.storage!, first.storage!)],
        sharedCount: first.shape.elementCount, op == .softmax ? apus_softmax : apus_log_softmax, context
      ) { binder, pointer in
        binder.bind(first) { pointer.pointee.source = UnsafeRawPointer($0) }
        binder.bind(result) { pointer.pointee.result = $0 }
      }
    }
    var context = apus_softmax_gradient_context()
    context.outer = split.outer
    context.axis = split.axis
    context.inner = 1
    context.dtype = Int32(first.dtype.rawValue)
    context.threads = threads
    emitKernel(
      op.name, reads: [first, output], writes: [result],
      inPlace: [(result.storage!, first.storage!), (result.storage!, output.storage!)],
      sharedCount: first.shape.elementCount,
      op == .softmaxGradient ? apus_softmax_gradient : apus_log_softmax_gradient, context
    ) { binder, pointer in
      binder.bind(first) { pointer.pointee.gradient = UnsafeRawPointer($0) }
      binder.bind(output) { pointer.pointee.output = UnsafeRawPointer($0) }
      binder.bind(result) { pointer.pointee.result = $0 }
    }
  }

  private func crossEntropyContext(
    _ logits: View, _ labels: View, _ smoothing: Double
  ) -> apus_softmax_cross_entropy_context {
    let split = AxisSplit(logits.shape, logits.shape.rank - 1)
    var context = apus_softmax_cross_entropy_context()
    context.rows = split.outer
    context.classes = split.axis
    context.gradient_stride = 1
    context.label_smoothing = smoothing
    context.dtype = Int32(logits.dtype.rawValue)
    context.label_dtype = Int32(labels.dtype.rawValue)
    context.threads = threads
    return context
  }

  func lowerCrossEntropy(_ smoothing: Double, _ vertex: Graph.Vertex) throws {
    let logits = try contiguous(vertex.inputs[0]), labels = try contiguous(vertex.inputs[1])
    let loss = allocate(result(vertex, 0)), logSumExp = allocate(result(vertex, 1))
    guard loss.shape.elementCount > 0 else { return }
    let origin = current
    emitKernel(
      "softmaxCrossEntropy", reads: [logits, labels], writes: [loss, logSumExp],
      sharedCount: logits.shape.elementCount, apus_softmax_cross_entropy,
      crossEntropyContext(logits, labels, smoothing), fault: { labelError($0.pointee.fault, origin) }
    ) { binder, pointer in
      binder.bind(logits) { pointer.pointee.logits = UnsafeRawPointer($0) }
      binder.bind(labels) { pointer.pointee.labels = UnsafeRawPointer($0) }
      binder.bind(loss) { pointer.pointee.loss = $0 }
      binder.bind(logSumExp) { pointer.pointee.log_sum_exp = $0 }
    }
  }

  func lowerCrossEntropyGradient(_ smoothing: Double, _ vertex: Graph.Vertex) throws {
    let logits = try contiguous(vertex.inputs[0]), labels = try contiguous(vertex.inputs[1])
    let logSumExp = try contiguous(vertex.inputs[2]), gradient = try contiguous(vertex.inputs[3])
    let result = allocate(self.result(vertex))
    guard result.shape.elementCount > 0 else { return }
    let origin = current
    emitKernel(
      "softmaxCrossEntropyGradient", reads: [logits, labels, logSumExp, gradient], writes: [result],
      inPlace: [(result.storage!, logits.storage!)], sharedCount: logits.shape.elementCount,
      apus_softmax_cross_entropy_gradient,
      crossEntropyContext(logits, labels, smoothing), fault: { labelError($0.pointee.fault, origin) }
    ) { binder, pointer in
      binder.bind(logits) { pointer.pointee.logits = UnsafeRawPointer($0) }
      binder.bind(labels) { pointer.pointee.labels = UnsafeRawPointer($0) }
      binder.bind(logSumExp) { pointer.pointee.log_sum_exp = $0 }
      binder.bind(gradient) { pointer.pointee.gradient = UnsafeRawPointer($0) }
      binder.bind(result) { pointer.pointee.result = $0 }
    }
  }

  func lowerLayerNorm(_ epsilon: Double, _ activation: ActivationKind?, _ vertex: Graph.Vertex) throws {
    let views = try vertex.inputs.map(contiguous)
    let results = (0..<3).map { allocate(result(vertex, $0)) }
    guard views[0].shape.elementCount > 0 else { return }
    let split = AxisSplit(views[0].shape, views[0].shape.rank - 1)
    var context = apus_layer_norm_context()
    context.rows = split.outer
    context.columns = split.axis
    context.epsilon = epsilon
    if let activation { context.activation = activation.kernelCode! }
    context.dtype = Int32(views[0].dtype.rawValue)
    context.threads = threads
    emitKernel("layerNorm", reads: views, writes: results, apus_layer_norm, context) { binder, pointer in
      binder.bind(views[0]) { pointer.pointee.source = UnsafeRawPointer($0) }
      binder.bind(views[1]) { pointer.pointee.gamma = UnsafeRawPointer($0) }
      binder.bind(views[2]) { pointer.pointee.beta = UnsafeRawPointer($0) }
      binder.bind(results[0]) { pointer.pointee.result = $0 }
      binder.bind(results[1]) { pointer.pointee.mean = $0 }
      binder.bind(results[2]) { pointer.pointee.rstd = $0 }
    }
  }

  func lowerLayerNormGradient(_ epsilon: Double, _ vertex: Graph.Vertex) throws {
    let views = try vertex.inputs.map(contiguous)
    let results = (0..<3).map { allocate(result(vertex, $0)) }
    let split = AxisSplit(views[0].shape, views[0].shape.rank - 1)
    guard views[0].shape.elementCount > 0 else { return try results.forEach { try fillUnlessEmpty($0) } }
    var context = apus_layer_norm_gradient_context()
    context.rows = split.outer
    context.columns = split.axis
    context.dtype = Int32(views[0].dtype.rawValue)
    context.threads = threads
    let scratch = self.scratch(Int(apus_layer_norm_gradient_scratch_bytes(&context)))
    emitKernel(
      "layerNormGradient", reads: views, writes: results, scratch: [scratch],
      inPlace: [(results[0].storage!, views[4].storage!)], apus_layer_norm_gradient, context
    ) { binder, pointer in
      binder.bind(views[0]) { pointer.pointee.source = UnsafeRawPointer($0) }
      binder.bind(views[1]) { pointer.pointee.gamma = UnsafeRawPointer($0) }
      binder.bind(views[2]) { pointer.pointee.mean = UnsafeRawPointer($0) }
      binder.bind(views[3]) { pointer.pointee.rstd = UnsafeRawPointer($0) }
      binder.bind(views[4]) { pointer.pointee.gradient = UnsafeRawPointer($0) }
      binder.bind(results[0]) { pointer.pointee.source_gradient = $0 }
      binder.bind(results[1]) { pointer.pointee.gamma_gradient = $0 }
      binder.bind(results[2]) { pointer.pointee.beta_gradient = $0 }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0 }
    }
  }

  func fillUnlessEmpty(_ view: View) throws {
    if view.shape.elementCount > 0 { try emitFill(0, view) }
  }
}

extension ActivationKind {
  /// The kernels' name of an activation, nil for those that they do not have.
  var kernelCode: Int32? {
    let code: Int? =
      switch self {
      case .relu: APUS_ACTIVATION_RELU
      case .gelu: APUS_ACTIVATION_GELU
      case .geluTanh: APUS_ACTIVATION_GELU_TANH
      case .silu: APUS_ACTIVATION_SILU
      case .tanh: APUS_ACTIVATION_TANH
      case .sigmoid: APUS_ACTIVATION_SIGMOID
      default: nil
      }
    return code.map { Int32($0) }
  }
}

/// Not a method: a closure that holds the lowering would keep it, and itself, alive for ever.
private func labelError(_ fault: apus_fault, _ origin: Origin) -> GraphError {
  GraphError(
    .index, "crossEntropy",
    "label \(fault.value) of sample \(fault.position) in the batch is outside 0..<\(fault.limit), the model has \(fault.limit) outputs",
    advice: "labels count from 0; give the last layer as many units as there are classes", origin: origin)
}
