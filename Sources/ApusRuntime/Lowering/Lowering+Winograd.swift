import ApusGraph
import ApusKernels

extension Lowering {
  /// Whether a convolution is faster with Winograd's filtering.
  func suitsWinograd(_ spec: ConvolutionSpec, _ epilogue: Epilogue, _ x: View, kernel: View) -> Bool {
    guard x.dtype == .float32, epilogue.activation == nil || epilogue.activation == .relu else {
      return false
    }
    return suitsWinograd(
      spec, kernel: kernel.shape, tiles: winogradTiles(x.shape[0], x.shape.dimensions.dropFirst()),
      keepsWeights: isKept(kernel))
  }

  /// Whether a gradient of a convolution is.
  func suitsWinograd(_ spec: ConvolutionSpec, input: Shape, kernel: Shape, gradient: View) -> Bool {
    guard gradient.dtype == .float32, spec.padsLow.allSatisfy({ 0...2 ~= $0 }) else { return false }
    return suitsWinograd(
      spec, kernel: kernel, tiles: winogradTiles(input[0], gradient.shape.dimensions.dropFirst()),
      keepsWeights: false)
  }

  private func winogradTiles(_ batch: Int, _ spatial: ArraySlice<Int>) -> Int {
    spatial.dropLast().reduce(batch) { $0 * (($1 + 3) / 4) }
  }

  /// Whether a 3×3 window at stride 1 serves so many tiles that bringing the weights into their form is worth it.
  private func suitsWinograd(_ spec: ConvolutionSpec, kernel: Shape, tiles: Int, keepsWeights: Bool) -> Bool {
    guard optimizations.allows("winograd"), kernel.rank == 4, kernel.dimensions[..<2] == [3, 3],
      spec.groups == 1, spec.strides == [1, 1], spec.dilations == [1, 1]
    else { return false }
    let channels = kernel[2], filters = kernel[3], unit = Int(APUS_WINOGRAD_CHANNELS)
    // Measured on two cores with AVX-512, weights coming from main memory: for one image 1.9 times as fast
    // as the direct sum with 64 and 128 channels and 1.5 times with 256 (16 tiles). 512 channels, whose
    // transformed weights no cache holds, are 2.1 times as fast with 64 tiles and slower with 4. 32 filters
    // waste half of the products and are still 1.6 times as fast with 128 channels, but not with 32. Weights
    // that are learned are transformed in each run.
    let weights = channels * filters
    return channels % unit == 0 && filters % unit == 0 && weights >= 1 << 11
      && tiles >= (!keepsWeights ? 64 : weights <= 1 << 16 ? 16 : 32)
  }

  /// Weights as Winograd's convolution multiplies with them: made once, whoever asks.
  private func winogradWeights(_ value: Value, _ kernel: View) -> View {
    if let known = winogradWeights[value] { return known }
    let weights = emitWinogradWeights(kernel, isTurned: false)
    winogradWeights[value] = weights
    return weights
  }

  /// - Parameters:
  ///   - kernel: The weights as they are.
  ///   - isTurned: For the gradient of the convolution's input.
  /// - Returns: The transformed weights.
  private func emitWinogradWeights(_ kernel: View, isTurned: Bool) -> View {
    var transformation = apus_winograd_weights_context()
    transformation.channels = Int64(kernel.shape[isTurned ? 3 : 2])
    transformation.filters = Int64(kernel.shape[isTurned ? 2 : 3])
    transformation.turned = isTurned ? 1 : 0
    transformation.threads = threads
    let byteCount = Int(apus_winograd_weights_bytes(transformation.channels, transformation.filters))
    let weights = contiguousView(
      scratch(byteCount), TensorType(.float32, [byteCount / DType.float32.byteSize]))
    emitKernel(
      "winogradWeights", reads: [kernel], writes: [weights], apus_winograd_weights, transformation
    ) { binder, pointer in
      binder.bind(kernel) { pointer.pointee.weights = UnsafePointer($0.assumingMemoryBound(to: Float.self)) }
      binder.bind(weights) { pointer.pointee.result = $0.assumingMemoryBound(to: Float.self) }
    }
    return weights
  }

  func emitWinograd(
    _ spec: ConvolutionSpec, _ epilogue: Epilogue, _ x: View, kernel value: Value, bias: View?,
    residual: View?, _ result: View
  ) throws {
    let weights = winogradWeights(value, try contiguous(value))
    var context = apus_winograd_context()
    context.pad_top = Int64(spec.padsLow[0])
    context.pad_left = Int64(spec.padsLow[1])
    context.relu = epilogue.activation == .relu ? 1 : 0
    emitWinograd(x, weights, bias: bias, residual: residual, result, context)
  }

  /// The gradient of the input: a convolution of that of the result, with the taps in reverse.
  func emitWinogradInputGradient(_ spec: ConvolutionSpec, _ gradient: View, kernel: View, _ result: View) {
    var context = apus_winograd_context()
    context.pad_top = Int64(2 - spec.padsLow[0])
    context.pad_left = Int64(2 - spec.padsLow[1])
    emitWinograd(
      gradient, emitWinogradWeights(kernel, isTurned: true), bias: nil, residual: nil, result, context)
  }

  private func emitWinograd(
    _ x: View, _ weights: View, bias: View?, residual: View?, _ result: View,
    _ settings: apus_winograd_context
  ) {
    var context = settings
    context.batch = Int64(x.shape[0])
    context.height = Int64(x.shape[1])
    context.width = Int64(x.shape[2])
    context.channels = Int64(x.shape[3])
    context.filters = Int64(result.shape[3])
    context.out_height = Int64(result.shape[1])
    context.out_width = Int64(result.shape[2])
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
  func emitWinogradFilterGradient(_ spec: ConvolutionSpec, _ x: View, _ gradient: View, _ result: View) {
    var context = apus_winograd_gradient_context()
    context.batch = Int64(x.shape[0])
    context.height = Int64(x.shape[1])
    context.width = Int64(x.shape[2])
    context.channels = Int64(x.shape[3])
    context.filters = Int64(gradient.shape[3])
    context.pad_top = Int64(spec.padsLow[0])
    context.pad_left = Int64(spec.padsLow[1])
    context.out_height = Int64(gradient.shape[1])
    context.out_width = Int64(gradient.shape[2])
    context.threads = threads
    let scratch = self.scratch(Int(apus_winograd_filter_gradient_scratch_bytes(&context)))
    emitKernel(
      "winogradFilterGradient", reads: [x, gradient], writes: [result], scratch: [scratch],
      apus_winograd_filter_gradient, context
    ) { binder, pointer in
      binder.bind(x) { pointer.pointee.source = UnsafePointer($0.assumingMemoryBound(to: Float.self)) }
      binder.bind(gradient) {
        pointer.pointee.gradient = UnsafePointer($0.assumingMemoryBound(to: Float.self))
      }
      binder.bind(result) { pointer.pointee.result = $0.assumingMemoryBound(to: Float.self) }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0.assumingMemoryBound(to: Float.self) }
    }
  }
}
