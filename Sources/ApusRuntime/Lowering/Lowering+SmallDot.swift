import ApusGraph
import ApusKernels

extension Lowering {
  /// Emits a product that costs less than a library's call does, for the calling thread.
  /// - Returns: False where it is larger, or has an epilogue that the kernel lacks.
  func lowerSmallDot(
    _ left: View, _ right: View, _ result: View, _ epilogue: Epilogue, _ vertex: Graph.Vertex
  ) throws -> Bool {
    guard left.shape.rank == 2 else { return false }
    let rows = left.shape[0], depth = left.shape[1], columns = right.shape[1]
    let activation = epilogue.activation.map(\.kernelCode) ?? Int32(APUS_ACTIVATION_NONE)
    guard Double(rows) * Double(depth) * Double(columns) <= Double(APUS_SMALL_PRODUCT_LIMIT), let activation
    else { return false }
    var context = apus_small_product_context()
    context.activation = activation
    context.depth = Int64(depth)
    // One column is better made as one row, in vectors, where the left operand's rows are neighbors.
    let isTurned = columns == 1 && left.strides[0] == 1 && epilogue == .none
    let first = isTurned ? right.transposed([1, 0]) : left,
      second = isTurned ? left.transposed([1, 0]) : right
    context.rows = Int64(first.shape[0])
    context.columns = Int64(second.shape[1])
    context.left_row_stride = Int64(first.strides[0])
    context.left_depth_stride = Int64(first.strides[1])
    context.right_depth_stride = Int64(second.strides[0])
    context.right_column_stride = Int64(second.strides[1])
    let bias = epilogue.bias ? try contiguous(vertex.inputs[2]) : nil
    let residual = epilogue.residual ? try contiguous(vertex.inputs[vertex.inputs.count - 1]) : nil
    let scratch = self.scratch(Int(apus_small_product_scratch_bytes(&context)))
    emitKernel(
      "matmul", reads: [left, right] + [bias, residual].compactMap { $0 }, writes: [result],
      scratch: [scratch],
      sharedCount: 0, apus_small_product, context
    ) { binder, pointer in
      func floats(_ address: UnsafeMutableRawPointer) -> UnsafePointer<Float> {
        UnsafePointer(address.assumingMemoryBound(to: Float.self))
      }
      binder.bind(first) { pointer.pointee.left = floats($0) }
      binder.bind(second) { pointer.pointee.right = floats($0) }
      if let bias { binder.bind(bias) { pointer.pointee.bias = floats($0) } }
      if let residual { binder.bind(residual) { pointer.pointee.residual = floats($0) } }
      binder.bind(result) { pointer.pointee.result = $0.assumingMemoryBound(to: Float.self) }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0.assumingMemoryBound(to: Float.self) }
    }
    return true
  }
}
