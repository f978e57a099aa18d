import ApusGraph
import ApusKernels

extension Lowering {
  /// Whether a convolution is faster with Winograd's filtering: a 3×3 window at stride 1 over weights that
  /// keep their values, so that they are transformed once.
  func suitsWinograd(_ spec: ConvolutionSpec, _ epilogue: Epilogue, _ x: View, kernel: View) -> Bool {
    guard optimizations.allows("winograd"), isKept(kernel), x.dtype == .float32, kernel.shape.rank == 4,
      kernel.shape.dimensions[..<2] == [3, 3], spec.groups == 1, spec.strides == [1, 1],
      spec.dilations == [1, 1], epilogue.activation == nil || epilogue.activation == .relu
    else { return false }
    let channels = kernel.shape[2], filters = kernel.shape[3], unit = Int(APUS_WINOGRAD_CHANNELS)
    let tiles = x.shape[0] * ((x.shape[1] + 3) / 4) * ((x.shape[2] + 3) / 4)
    // Measured on two cores with AVX-512, weights coming from main memory: for one picture 1.9 times as fast
    // as the direct sum with 64 and 128 channels and 1.5 times with 256 (16 tiles). 512 channels, whose
    // transformed weights no cache holds, are 2.1 times as fast with 64 tiles and slower with 4. 32 filters
    // waste half of the products and are still 1.6 times as fast with 128 channels, but not with 32.
    let weights = channels * filters
    return channels % unit == 0 && filters % unit == 0 && weights >= 1 << 11
      && tiles >= (weights <= 1 << 16 ? 16 : 32)
  }

  /// Weights as Winograd's convolution multiplies with them: made once, whoever asks.
  private func winogradWeights(_ value: Value, _ kernel: View) -> View {
    if let known = winogradWeights[value] { return known }
    let channels = kernel.shape[2], filters = kernel.shape[3]
    let byteCount = Int(apus_winograd_weights_bytes(Int64(channels), Int64(filters)))
    let weights = contiguousView(
      scratch(byteCount), TensorType(.float32, [byteCount / DType.float32.byteSize]))
    var transformation = apus_winograd_weights_context()
    transformation.channels = Int64(channels)
    transformation.filters = Int64(filters)
    emitKernel(
      "winogradWeights", reads: [kernel], writes: [weights], apus_winograd_weights, transformation
    ) { binder, pointer in
      binder.bind(kernel) { pointer.pointee.weights = UnsafePointer($0.assumingMemoryBound(to: Float.self)) }
      binder.bind(weights) { pointer.pointee.result = $0.assumingMemoryBound(to: Float.self) }
    }
    winogradWeights[value] = weights
    return weights
  }

  func emitWinograd(
    _ spec: ConvolutionSpec, _ epilogue: Epilogue, _ x: View, kernel value: Value, bias: View?,
    residual: View?,
    _ result: View
  ) throws {
    let kernel = try contiguous(value)
    let channels = kernel.shape[2], filters = kernel.shape[3]
    let weights = winogradWeights(value, kernel)
    var context = apus_winograd_context()
    context.batch = Int64(x.shape[0])
    context.height = Int64(x.shape[1])
    context.width = Int64(x.shape[2])
    context.channels = Int64(channels)
    context.filters = Int64(filters)
    context.pad_top = Int64(spec.padsLow[0])
    context.pad_left = Int64(spec.padsLow[1])
    context.out_height = Int64(result.shape[1])
    context.out_width = Int64(result.shape[2])
    context.relu = epilogue.activation == .relu ? 1 : 0
    context.threads = threads
    let scratch = self.scratch(Int(apus_winograd_scratch_bytes(&context)))
    emitKernel(
      "winograd", reads: [x, weights] + [bias, residual].compactMap { $0 }, writes: [result],
      scratch: [scratch],
      apus_winograd, context
    ) { binder, pointer in
      func bind(_ view: View, _ field: WritableKeyPath<apus_winograd_context, UnsafePointer<Float>?>) {
        binder.bind(view) {
          pointer.pointee[keyPath: field] = UnsafePointer($0.assumingMemoryBound(to: Float.self))
        }
      }
      bind(x, \.source)
      bind(weights, \.weights)
      if let bias { bind(bias, \.bias) }
      if let residual { bind(residual, \.residual) }
      binder.bind(result) { pointer.pointee.result = $0.assumingMemoryBound(to: Float.self) }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0.assumingMemoryBound(to: Float.self) }
    }
  }
}
