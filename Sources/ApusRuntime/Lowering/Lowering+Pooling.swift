import ApusGraph
import ApusKernels
import COneDNN

private struct PoolGeometry {
  let spec: PoolSpec
  let batch: Int, channels: Int
  let input: [Int], output: [Int]

  init(_ spec: PoolSpec, input: Shape) {
    let spatial = spec.window.count
    self.spec = spec
    batch = input[0]
    channels = input[spatial + 1]
    let sizes = Array(input.dimensions[1...spatial])
    self.input = sizes
    output = (0..<spatial).map {
      (sizes[$0] + spec.padsLow[$0] + spec.padsHigh[$0] - spec.window[$0]) / spec.strides[$0] + 1
    }
  }

  var outputShape: Shape { Shape([batch] + output + [channels]) }
  var inputShape: Shape { Shape([batch] + input + [channels]) }

  private func format(_ sizes: [Int]) throws -> MemoryFormat {
    var strides = Array(repeating: 0, count: sizes.count)
    var stride = channels
    for axis in sizes.indices.reversed() {
      strides[axis] = stride
      stride *= sizes[axis]
    }
    return try .strided([batch, channels] + sizes, [stride, 1] + strides)
  }
  var inputFormat: MemoryFormat { get throws { try format(input) } }
  var outputFormat: MemoryFormat { get throws { try format(output) } }

  var algorithm: dnnl_alg_kind_t {
    switch spec.kind {
    case .maximum: dnnl_pooling_max
    case .average: spec.countsPadding ? dnnl_pooling_avg_include_padding : dnnl_pooling_avg_exclude_padding
    }
  }
  var strides: [Int64] { spec.strides.map { Int64($0) } }
  var window: [Int64] { spec.window.map { Int64($0) } }
  var dilations: [Int64] { spec.window.map { _ in 0 } }
  var padsLow: [Int64] { spec.padsLow.map { Int64($0) } }
  var padsHigh: [Int64] { spec.padsHigh.map { Int64($0) } }

  func isForOneDNN(_ dtype: DType) -> Bool {
    dtype == .float32 && inputShape.elementCount > 0 && outputShape.elementCount > 0
  }

  func forward(_ propagation: dnnl_prop_kind_t) throws -> PrimitiveDescriptor {
    let formats = (try inputFormat, try outputFormat)
    return try PrimitiveDescriptor(
      "pooling_forward_primitive_desc_create",
      { handle, attributes in
        dnnl_pooling_forward_primitive_desc_create(
          &handle, OneDNN.shared.engine, propagation, algorithm, formats.0.handle, formats.1.handle, strides,
          window,
          dilations, padsLow, padsHigh, attributes)
      })
  }
}

extension Lowering {
  /// Positions of the maxima, shared between a pooling and its gradient.
  struct PoolKey: Hashable {
    let x: Value
    let spec: PoolSpec
  }

  func lowerPool(_ spec: PoolSpec, _ vertex: Graph.Vertex) throws {
    let x = try contiguous(vertex.inputs[0])
    let result = allocate(Value(node: vertex.node, index: 0))
    try emitPool(spec, vertex.inputs[0], x, result)
  }

  private func emitPool(_ spec: PoolSpec, _ input: Value, _ x: View, _ result: View) throws {
    let geometry = PoolGeometry(spec, input: x.shape)
    guard geometry.isForOneDNN(x.dtype) else {
      return emitReferencePool(
        spec.kind == .maximum ? apus_maximum_pool : apus_average_pool, geometry, input: x, gradient: nil,
        result: result)
    }
    // Only a gradient needs to know where each maximum came from.
    let needsPositions = spec.kind == .maximum && poolGradients.contains(PoolKey(x: input, spec: spec))
    let descriptor = try geometry.forward(needsPositions ? dnnl_forward_training : dnnl_forward_inference)
    var arguments: [(Int32, PrimitivePlace, MemoryFormat, Bool)] = [
      (Int32(DNNL_ARG_SRC), .view(x), try geometry.inputFormat, false),
      (Int32(DNNL_ARG_DST), .view(result), try geometry.outputFormat, true),
    ]
    if needsPositions {
      let format = descriptor.format(dnnl_query_workspace_md)
      let storage = scratch(format.byteCount)
      poolPositions[PoolKey(x: input, spec: spec)] = storage
      arguments.append((Int32(DNNL_ARG_WORKSPACE), .storage(storage), format, true))
    }
    emitPrimitive(spec.kind == .maximum ? "maxPool" : "averagePool", descriptor, arguments)
  }

  func lowerMaxPoolGradient(_ spec: PoolSpec, _ vertex: Graph.Vertex) throws {
    let x = try contiguous(vertex.inputs[0])
    let gradient = try contiguous(vertex.inputs[1])
    let result = allocate(Value(node: vertex.node, index: 0))
    let geometry = PoolGeometry(spec, input: x.shape)
    guard geometry.isForOneDNN(x.dtype) else {
      return emitReferencePool(
        apus_maximum_pool_gradient, geometry, input: x, gradient: gradient, result: result)
    }
    let key = PoolKey(x: vertex.inputs[0], spec: spec)
    if poolPositions[key] == nil {
      let type = TensorType(x.dtype, geometry.outputShape)
      let unused = contiguousView(newStorage(.arena, byteCount: type.byteCount), type)
      try emitPool(spec, vertex.inputs[0], x, unused)
    }
    try emitPoolGradient(geometry, gradient, result, positions: poolPositions[key]!)
  }

  func lowerAveragePoolGradient(_ spec: PoolSpec, _ vertex: Graph.Vertex) throws {
    let gradient = try contiguous(vertex.inputs[0])
    let result = allocate(Value(node: vertex.node, index: 0))
    let geometry = PoolGeometry(spec, input: result.shape)
    guard geometry.isForOneDNN(gradient.dtype) else {
      return emitReferencePool(
        apus_average_pool_gradient, geometry, input: nil, gradient: gradient, result: result)
    }
    try emitPoolGradient(geometry, gradient, result, positions: nil)
  }

  private func emitPoolGradient(
    _ geometry: PoolGeometry, _ gradient: View, _ result: View, positions: Int?
  ) throws {
    let forward = try geometry.forward(dnnl_forward_training)
    let formats = (try geometry.inputFormat, try geometry.outputFormat)
    let descriptor = try PrimitiveDescriptor(
      "pooling_backward_primitive_desc_create",
      { handle, attributes in
        dnnl_pooling_backward_primitive_desc_create(
          &handle, OneDNN.shared.engine, geometry.algorithm, formats.0.handle, formats.1.handle,
          geometry.strides,
          geometry.window, geometry.dilations, geometry.padsLow, geometry.padsHigh, forward.handle, attributes
        )
      })
    var arguments: [(Int32, PrimitivePlace, MemoryFormat, Bool)] = [
      (Int32(DNNL_ARG_DIFF_DST), .view(gradient), formats.1, false),
      (Int32(DNNL_ARG_DIFF_SRC), .view(result), formats.0, true),
    ]
    if let positions {
      arguments.append(
        (Int32(DNNL_ARG_WORKSPACE), .storage(positions), forward.format(dnnl_query_workspace_md), false))
    }
    emitPrimitive("poolGradient", descriptor, arguments)
  }

  private func emitReferencePool(
    _ function: @escaping apus_step_function, _ geometry: PoolGeometry, input: View?, gradient: View?,
    result: View
  ) {
    guard result.shape.elementCount > 0 else { return }
    let reads = [input, gradient].compactMap { $0?.storage }
    let threads = self.threads
    emit(
      Kernel(name: "pool.\(result.dtype)", origin: current, reads: reads, writes: [result.storage!]) {
        binder in
        var context = apus_pool_context()
        context.batch = Int64(geometry.batch)
        context.channels = Int64(geometry.channels)
        for axis in geometry.input.indices {
          setElement(&context.input_size, axis, Int64(geometry.input[axis]))
          setElement(&context.output_size, axis, Int64(geometry.output[axis]))
          setElement(&context.window_size, axis, Int64(geometry.spec.window[axis]))
          setElement(&context.stride, axis, Int64(geometry.spec.strides[axis]))
          setElement(&context.dilation, axis, Int64(1))
          setElement(&context.padding_low, axis, Int64(geometry.spec.padsLow[axis]))
          setElement(&context.padding_high, axis, Int64(geometry.spec.padsHigh[axis]))
        }
        context.spatial_rank = Int32(geometry.input.count)
        context.count_padding = geometry.spec.countsPadding ? 1 : 0
        context.dtype = Int32(result.dtype.rawValue)
        context.threads = threads
        let pointer = binder.allocate(context)
        if let input { binder.bind(input) { pointer.pointee.input = UnsafeRawPointer($0) } }
        if let gradient { binder.bind(gradient) { pointer.pointee.gradient = UnsafeRawPointer($0) } }
        binder.bind(result) { pointer.pointee.result = $0 }
        return binder.step(function, pointer)
      })
  }
}
