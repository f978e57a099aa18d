import ApusGraph
import ApusKernels
import COneDNN

/// Sizes and layouts of a convolution in oneDNN's terms: logical order N C spatial, stored channels last.
private struct ConvolutionGeometry {
  let batch: Int, channels: Int, filters: Int, groups: Int
  let input: [Int], kernel: [Int], output: [Int]
  let spec: ConvolutionSpec

  init(_ spec: ConvolutionSpec, input: Shape, kernel: Shape) {
    let spatial = spec.strides.count
    self.spec = spec
    batch = input[0]
    channels = input[spatial + 1]
    filters = kernel[spatial + 1]
    groups = spec.groups
    let inputSizes = Array(input.dimensions[1...spatial])
    let kernelSizes = Array(kernel.dimensions[..<spatial])
    self.input = inputSizes
    self.kernel = kernelSizes
    output = (0..<spatial).map { spec.outputSize(axis: $0, input: inputSizes[$0], kernel: kernelSizes[$0]) }
  }

  func activation(_ channels: Int, _ sizes: [Int]) throws -> MemoryFormat {
    var strides = Array(repeating: 0, count: sizes.count)
    var stride = channels
    for axis in sizes.indices.reversed() {
      strides[axis] = stride
      stride *= sizes[axis]
    }
    return try .strided([batch, channels] + sizes, [stride, 1] + strides)
  }

  var inputFormat: MemoryFormat { get throws { try activation(channels, input) } }
  var outputFormat: MemoryFormat { get throws { try activation(filters, output) } }

  private var weightDimensions: [Int] {
    groups == 1
      ? [filters, channels] + kernel : [groups, filters / groups, channels / groups] + kernel
  }
  var anyWeights: MemoryFormat { get throws { try .any(weightDimensions) } }
  /// Ours: `[spatial…, channels / groups, filters]`.
  var plainWeights: MemoryFormat {
    get throws {
      let perGroup = channels / groups
      var strides = Array(repeating: 0, count: kernel.count)
      var stride = perGroup * filters
      for axis in kernel.indices.reversed() {
        strides[axis] = stride
        stride *= kernel[axis]
      }
      return try .strided(
        weightDimensions, groups == 1 ? [1, filters] + strides : [filters / groups, 1, filters] + strides)
    }
  }
  var biasFormat: MemoryFormat { get throws { try .strided([filters], [1]) } }

  var strides: [Int64] { spec.strides.map { Int64($0) } }
  /// oneDNN counts the gaps between taps, not the distance.
  var dilations: [Int64] { spec.dilations.map { Int64($0 - 1) } }
  var padsLow: [Int64] { spec.padsLow.map { Int64($0) } }
  var padsHigh: [Int64] { spec.padsHigh.map { Int64($0) } }

  var isEmpty: Bool { batch * channels * filters * (input + output + kernel).reduce(1, *) == 0 }

  /// oneDNN computes float32 with padding that adds and never crops.
  func isForOneDNN(_ dtype: DType) -> Bool {
    dtype == .float32 && !isEmpty && (spec.padsLow + spec.padsHigh).allSatisfy { $0 >= 0 }
  }

  func forward(_ propagation: dnnl_prop_kind_t, _ epilogue: Epilogue) throws -> PrimitiveDescriptor {
    let formats = (try inputFormat, try anyWeights, try outputFormat)
    let bias = epilogue.bias ? try biasFormat : nil
    let residual = epilogue.residual ? try outputFormat : nil
    return try PrimitiveDescriptor(
      "convolution_forward_primitive_desc_create",
      { handle, attributes in
        dnnl_convolution_forward_primitive_desc_create(
          &handle, OneDNN.shared.engine, propagation, dnnl_convolution_direct, formats.0.handle,
          formats.1.handle,
          bias?.handle, formats.2.handle, strides, dilations, padsLow, padsHigh, attributes)
      }, postOps: epilogue.postOps(residual: residual))
  }
}

extension Lowering {
  func lowerConvolution(_ spec: ConvolutionSpec, _ epilogue: Epilogue, _ vertex: Graph.Vertex) throws {
    let x = try contiguous(vertex.inputs[0])
    let kernel = try contiguous(vertex.inputs[1])
    let result = allocate(Value(node: vertex.node, index: 0))
    let geometry = ConvolutionGeometry(spec, input: x.shape, kernel: kernel.shape)
    guard geometry.isForOneDNN(x.dtype) else {
      precondition(epilogue == .none, "epilogues are attached to oneDNN's convolutions only")
      return try emitReferenceConvolution(apus_convolution, geometry, x, kernel, result, writes: result)
    }
    let bias = epilogue.bias ? try contiguous(vertex.inputs[2]) : nil
    let residual = epilogue.residual ? try contiguous(vertex.inputs[vertex.inputs.count - 1]) : nil
    if suitsWinograd(spec, epilogue, x, kernel: kernel) {
      return try emitWinograd(
        spec, epilogue, x, kernel: vertex.inputs[1], bias: bias, residual: residual, result)
    }
    let descriptor = try geometry.forward(dnnl_forward_training, epilogue)
    let wanted = descriptor.format(dnnl_query_weights_md)
    var arguments: [(Int32, PrimitivePlace, MemoryFormat, Bool)] = [
      (Int32(DNNL_ARG_SRC), .view(x), try geometry.inputFormat, false),
      (Int32(DNNL_ARG_WEIGHTS), try reordered(kernel, try geometry.plainWeights, to: wanted), wanted, false),
      (Int32(DNNL_ARG_DST), .view(result), try geometry.outputFormat, true),
    ]
    if let bias { arguments.append((Int32(DNNL_ARG_BIAS), .view(bias), try geometry.biasFormat, false)) }
    if let residual {
      arguments.append((Epilogue.residualArgument, .view(residual), try geometry.outputFormat, false))
    }
    emitPrimitive("convolution", descriptor, arguments)
  }

  func lowerConvolutionInputGradient(_ spec: ConvolutionSpec, _ inputSpatial: [Int], _ vertex: Graph.Vertex)
    throws
  {
    let gradient = try contiguous(vertex.inputs[0])
    let kernel = try contiguous(vertex.inputs[1])
    let result = allocate(Value(node: vertex.node, index: 0))
    let geometry = ConvolutionGeometry(spec, input: result.shape, kernel: kernel.shape)
    guard geometry.isForOneDNN(gradient.dtype) else {
      return try emitReferenceConvolution(
        apus_convolution_input_gradient, geometry, result, kernel, gradient, writes: result)
    }
    if suitsWinograd(spec, input: result.shape, kernel: kernel.shape, gradient: gradient) {
      return emitWinogradInputGradient(spec, gradient, kernel: kernel, result)
    }
    let forward = try geometry.forward(dnnl_forward_training, .none)
    let formats = (try geometry.inputFormat, try geometry.anyWeights, try geometry.outputFormat)
    let descriptor = try PrimitiveDescriptor(
      "convolution_backward_data_primitive_desc_create",
      { handle, attributes in
        dnnl_convolution_backward_data_primitive_desc_create(
          &handle, OneDNN.shared.engine, dnnl_convolution_direct, formats.0.handle, formats.1.handle,
          formats.2.handle, geometry.strides, geometry.dilations, geometry.padsLow, geometry.padsHigh,
          forward.handle, attributes)
      })
    let wanted = descriptor.format(dnnl_query_weights_md)
    emitPrimitive(
      "convolutionInputGradient", descriptor,
      [
        (Int32(DNNL_ARG_DIFF_DST), .view(gradient), formats.2, false),
        (
          Int32(DNNL_ARG_WEIGHTS), try reordered(kernel, try geometry.plainWeights, to: wanted), wanted, false
        ),
        (Int32(DNNL_ARG_DIFF_SRC), .view(result), formats.0, true),
      ])
  }

  func lowerConvolutionFilterGradient(_ spec: ConvolutionSpec, _ vertex: Graph.Vertex) throws {
    let x = try contiguous(vertex.inputs[0])
    let gradient = try contiguous(vertex.inputs[1])
    let result = allocate(Value(node: vertex.node, index: 0))
    let geometry = ConvolutionGeometry(spec, input: x.shape, kernel: result.shape)
    guard geometry.isForOneDNN(x.dtype) else {
      return try emitReferenceConvolution(
        apus_convolution_filter_gradient, geometry, x, result, gradient, writes: result)
    }
    if suitsWinograd(spec, input: x.shape, kernel: result.shape, gradient: gradient) {
      return emitWinogradFilterGradient(spec, x, gradient, result)
    }
    if suitsStridedGradient(spec, x, kernel: result.shape, gradient: gradient) {
      return emitStridedFilterGradient(spec, x, gradient, result)
    }
    let forward = try geometry.forward(dnnl_forward_training, .none)
    let formats = (try geometry.inputFormat, try geometry.anyWeights, try geometry.outputFormat)
    let descriptor = try PrimitiveDescriptor(
      "convolution_backward_weights_primitive_desc_create",
      { handle, attributes in
        dnnl_convolution_backward_weights_primitive_desc_create(
          &handle, OneDNN.shared.engine, dnnl_convolution_direct, formats.0.handle, formats.1.handle, nil,
          formats.2.handle, geometry.strides, geometry.dilations, geometry.padsLow, geometry.padsHigh,
          forward.handle, attributes)
      })
    let given = descriptor.format(dnnl_query_diff_weights_md)
    let plain = try geometry.plainWeights
    let isPlain = given.isEqual(plain)
    let place: PrimitivePlace = isPlain ? .view(result) : .storage(scratch(given.byteCount))
    emitPrimitive(
      "convolutionFilterGradient", descriptor,
      [
        (Int32(DNNL_ARG_SRC), .view(x), formats.0, false),
        (Int32(DNNL_ARG_DIFF_DST), .view(gradient), formats.2, false),
        (Int32(DNNL_ARG_DIFF_WEIGHTS), place, given, true),
      ])
    if !isPlain { try emitReorder(from: place, given, to: .view(result), plain) }
  }

  private func emitReferenceConvolution(
    _ function: @escaping apus_step_function, _ geometry: ConvolutionGeometry, _ input: View, _ weight: View,
    _ output: View, writes: View
  ) throws {
    guard writes.shape.elementCount > 0 else { return }
    if geometry.isEmpty { return try emitFill(0, writes) }
    let all = [input, weight, output]
    let threads = self.threads
    emit(
      Kernel(
        name: "convolution.\(input.dtype)", origin: current,
        reads: all.filter { $0.storage != writes.storage }.map { $0.storage! }, writes: [writes.storage!]
      ) { binder in
        var context = apus_convolution_context()
        context.batch = Int64(geometry.batch)
        context.input_channels = Int64(geometry.channels)
        context.output_channels = Int64(geometry.filters)
        context.groups = Int64(geometry.groups)
        context.spatial_rank = Int32(geometry.kernel.count)
        for axis in geometry.kernel.indices {
          setElement(&context.input_size, axis, Int64(geometry.input[axis]))
          setElement(&context.kernel_size, axis, Int64(geometry.kernel[axis]))
          setElement(&context.output_size, axis, Int64(geometry.output[axis]))
          setElement(&context.stride, axis, Int64(geometry.spec.strides[axis]))
          setElement(&context.dilation, axis, Int64(geometry.spec.dilations[axis]))
          setElement(&context.padding_low, axis, Int64(geometry.spec.padsLow[axis]))
        }
        context.dtype = Int32(input.dtype.rawValue)
        context.threads = threads
        let pointer = binder.allocate(context)
        binder.bind(input) { pointer.pointee.input = $0 }
        binder.bind(weight) { pointer.pointee.weight = $0 }
        binder.bind(output) { pointer.pointee.output = $0 }
        return binder.step(function, pointer)
      })
  }
}
