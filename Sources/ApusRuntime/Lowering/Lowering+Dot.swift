import ApusGraph
import ApusKernels
import COneDNN

extension Lowering {
  /// A generalized matrix product as one batched product `[batch…, m, k] · [batch…, k, n]` over strided views.
  func lowerDot(_ spec: DotSpec, _ epilogue: Epilogue, _ vertex: Graph.Vertex) throws {
    let result = Value(node: vertex.node, index: 0)
    let leftFree = spec.leftFree(rank: vertex.inputs[0].rank)
    let rightFree = spec.rightFree(rank: vertex.inputs[1].rank)
    let left = try arranged(vertex.inputs[0], [spec.leftBatch, leftFree, spec.leftContract])
    let right = try arranged(vertex.inputs[1], [spec.rightBatch, spec.rightContract, rightFree])
    let batch = spec.leftBatch.map { vertex.inputs[0].shape[$0] }
    let m = left.shape[left.shape.rank - 2], k = left.shape[left.shape.rank - 1]
    let n = right.shape[right.shape.rank - 1]
    let target = allocate(result)
    guard target.shape.elementCount > 0 else { return }
    let out = target.reshaped(Shape(batch + [m, n]))!
    if k == 0 || result.dtype != .float32 {
      precondition(epilogue == .none, "epilogues are attached to float32 products only")
      if k == 0 {
        try emitFill(0, target)
      } else {
        emitReferenceDot(left, right, out)
      }
      return
    }
    if try lowerSmallDot(left, right, out, epilogue, vertex) { return }
    func format(_ view: View) throws -> MemoryFormat {
      try .strided(view.shape.dimensions, fixedStrides(view))
    }
    let formats = (try format(left), try format(right), try format(out))
    var bias: (View, MemoryFormat)?
    if epilogue.bias {
      let view = try contiguous(vertex.inputs[2])
      let shape = Array(repeating: 1, count: batch.count + 1) + [n]
      bias = (view, try .strided(shape, Array(repeating: n, count: batch.count + 1) + [1]))
    }
    let isPacked =
      isKept(right) && !isKept(left) && batch.isEmpty && gainsFromPacking(rows: m, columns: n)
    let given = isPacked ? try MemoryFormat.any([k, n]) : formats.1
    let descriptor = try PrimitiveDescriptor(
      "matmul_primitive_desc_create",
      { handle, attributes in
        dnnl_matmul_primitive_desc_create(
          &handle, OneDNN.shared.engine, formats.0.handle, given.handle, bias?.1.handle, formats.2.handle,
          attributes)
      }, postOps: epilogue.postOps(residual: epilogue.residual ? formats.2 : nil))
    let wanted = descriptor.format(dnnl_query_weights_md)
    var arguments: [(Int32, PrimitivePlace, MemoryFormat, Bool)] = [
      (Int32(DNNL_ARG_SRC), .view(left), formats.0, false),
      (Int32(DNNL_ARG_WEIGHTS), try reordered(right, formats.1, to: wanted), wanted, false),
      (Int32(DNNL_ARG_DST), .view(out), formats.2, true),
    ]
    if let bias { arguments.append((Int32(DNNL_ARG_BIAS), .view(bias.0), bias.1, false)) }
    if epilogue.residual {
      let residual = try contiguous(vertex.inputs[vertex.inputs.count - 1])
      arguments.append((Epilogue.residualArgument, .view(residual), formats.2, false))
    }
    emitPrimitive("matmul", descriptor, arguments)
  }

  /// Whether weights that keep their values are worth a copy in the layout that the kernel likes best. Measured on two
  /// cores with AVX-512: up to 2.8 times faster with few rows and up to 1.2 times with 128; slower with thousands of
  /// rows, where packing as it goes is hidden, and with a vocabulary's worth of columns.
  private func gainsFromPacking(rows: Int, columns: Int) -> Bool { rows <= 256 && columns <= 16384 }

  /// Strides that oneDNN takes for what they are: an axis of size 1 gets the stride of a row-major neighbor.
  private func fixedStrides(_ view: View) -> [Int] {
    var strides = view.strides
    for axis in stride(from: strides.count - 1, through: 0, by: -1) where view.shape[axis] == 1 {
      strides[axis] =
        axis == strides.count - 1 ? 1 : max(1, strides[axis + 1]) * max(1, view.shape[axis + 1])
    }
    return strides
  }

  /// An operand with its axes in groups: batch axes stay, the two other groups become one axis each. Copied only
  /// where the axes of a group cannot be walked with one stride, or no axis has stride 1.
  private func arranged(_ value: Value, _ groups: [[Int]]) throws -> View {
    let source = try view(value)
    let permutation = groups.flatMap { $0 }
    let batch = groups[0].map { value.shape[$0] }
    let sizes = groups.dropFirst().map { $0.reduce(1) { $0 * value.shape[$1] } }
    let target = Shape(batch + sizes)
    let moved = source.transposed(permutation)
    if source.storage != nil, let merged = moved.reshaped(target), isAcceptable(merged) { return merged }
    return try copied(moved).reshaped(target)!
  }

  private func isAcceptable(_ view: View) -> Bool {
    let rank = view.shape.rank
    guard view.strides.allSatisfy({ $0 > 0 }) || view.shape.elementCount == 0 else { return false }
    let rows = view.shape[rank - 2], columns = view.shape[rank - 1]
    let rowStride = view.strides[rank - 2], columnStride = view.strides[rank - 1]
    return (columnStride == 1 || columns == 1) && (rows == 1 || rowStride >= columns)
      || (rowStride == 1 || rows == 1) && (columns == 1 || columnStride >= rows)
  }

  private func emitReferenceDot(_ left: View, _ right: View, _ result: View) {
    let threads = self.threads
    emit(
      Kernel(
        name: "matmul", origin: current, reads: [left.storage!, right.storage!], writes: [result.storage!]
      ) { binder in
        var context = apus_matmul_context()
        let rank = left.shape.rank
        context.batch_rank = Int32(rank - 2)
        for axis in 0..<(rank - 2) {
          setElement(&context.batch, axis, Int64(left.shape[axis]))
          setElement(&context.left_batch_stride, axis, Int64(left.strides[axis]))
          setElement(&context.right_batch_stride, axis, Int64(right.strides[axis]))
          setElement(&context.result_batch_stride, axis, Int64(result.strides[axis]))
        }
        context.rows = Int64(left.shape[rank - 2])
        context.depth = Int64(left.shape[rank - 1])
        context.columns = Int64(right.shape[rank - 1])
        context.left_row_stride = Int64(left.strides[rank - 2])
        context.left_depth_stride = Int64(left.strides[rank - 1])
        context.right_depth_stride = Int64(right.strides[rank - 2])
        context.right_column_stride = Int64(right.strides[rank - 1])
        context.result_row_stride = Int64(result.strides[rank - 2])
        context.result_column_stride = Int64(result.strides[rank - 1])
        context.dtype = Int32(left.dtype.rawValue)
        context.threads = threads
        let pointer = binder.allocate(context)
        binder.bind(left) { pointer.pointee.left = UnsafeRawPointer($0) }
        binder.bind(right) { pointer.pointee.right = UnsafeRawPointer($0) }
        binder.bind(result) { pointer.pointee.result = $0 }
        return binder.step(apus_matmul, pointer)
      })
  }

  /// Fills a view with one number.
  func emitFill(_ number: Double, _ result: View) throws {
    let source = View(
      base: .scalar(number, Int64(saturating: number)), offset: 0,
      strides: Array(repeating: 0, count: result.shape.rank), shape: result.shape, dtype: result.dtype)
    try emitCopy(from: source, to: result)
  }
}

/// Writes one element of a C array, which Swift sees as a tuple.
func setElement<Tuple, Element>(_ tuple: inout Tuple, _ index: Int, _ element: Element) {
  withUnsafeMutableBytes(of: &tuple) { $0.bindMemory(to: Element.self)[index] = element }
}
