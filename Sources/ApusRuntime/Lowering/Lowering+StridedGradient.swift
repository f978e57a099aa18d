import ApusGraph
import ApusKernels

extension Lowering {
  /// Whether the filters' gradient of a convolution at stride 2 is better made with our own products. Measured with
  /// 3×3 windows on two cores with AVX-512: oneDNN reaches 195 to 305 GFLOP/s where it reaches 440 at stride 1.
  func suitsStridedGradient(_ spec: ConvolutionSpec, _ x: View, kernel: Shape, gradient: View) -> Bool {
    optimizations.allows("strided") && x.dtype == .float32 && kernel.rank == 4
      && kernel.dimensions[..<2] == [3, 3]
      && spec.strides == [2, 2] && spec.dilations == [1, 1] && spec.groups == 1
      && kernel[2] >= 64 && kernel[3] % Int(APUS_STRIDED_GRADIENT_FILTERS) == 0
      && spec.padsLow.allSatisfy { 0...2 ~= $0 }
      && gradient.shape.dimensions.dropLast().reduce(1, *) >= 192
  }

  func emitStridedFilterGradient(_ spec: ConvolutionSpec, _ x: View, _ gradient: View, _ result: View) {
    var context = apus_strided_gradient_context()
    context.batch = Int64(x.shape[0])
    context.height = Int64(x.shape[1])
    context.width = Int64(x.shape[2])
    context.channels = Int64(x.shape[3])
    context.filters = Int64(gradient.shape[3])
    context.window = Int64(result.shape[0])
    context.pad_top = Int64(spec.padsLow[0])
    context.pad_left = Int64(spec.padsLow[1])
    context.out_height = Int64(gradient.shape[1])
    context.out_width = Int64(gradient.shape[2])
    context.threads = threads
    let scratch = self.scratch(Int(apus_strided_filter_gradient_scratch_bytes(&context)))
    emitKernel(
      "stridedFilterGradient", reads: [x, gradient], writes: [result], scratch: [scratch],
      apus_strided_filter_gradient, context
    ) { binder, pointer in
      func floats(_ address: UnsafeMutableRawPointer) -> UnsafePointer<Float> {
        UnsafePointer(address.assumingMemoryBound(to: Float.self))
      }
      binder.bind(x) { pointer.pointee.source = floats($0) }
      binder.bind(gradient) { pointer.pointee.gradient = floats($0) }
      binder.bind(result) { pointer.pointee.result = $0.assumingMemoryBound(to: Float.self) }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0.assumingMemoryBound(to: Float.self) }
    }
  }
}
