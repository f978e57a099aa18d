import ApusGraph

/// Scaled dot-product attention: for each head softmax(scale · query · keyᵀ + mask) · value. Vaswani et al.,
/// arXiv:1706.03762. It is worked on tile by tile, so that the scores are never held as a whole, and tiles that a
/// causal mask hides are skipped.
///
/// A query that sees no key gives zeros.
/// - Parameters:
///   - query: `[batch, queries, heads, size]`
///   - key: `[batch, keys, key heads, size]`; the number of heads must be a multiple of the key heads, and
///     neighboring heads share one (grouped queries).
///   - value: `[batch, keys, key heads, value size]`
///   - mask: Truth values, true where a key may be seen, or real numbers that are added to the scaled products. The
///     number of axes says what they are, as in Keras: `[queries, keys]`, `[batch, queries, keys]` or
///     `[batch, heads, queries, keys]`; sizes of 1 are repeated. A padding mask `[batch, keys]` is
///     `mask.expandedDimensions(axis: 1)`.
///   - causal: Whether a query sees only keys up to its own position: the number of its row, or with `lengths`
///     the last query stands at the last valid key.
///   - lengths: How many keys of each sample are valid, `[batch]` or a scalar; all when left out.
///   - scale: Factor on the products, 1 / √size when left out.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: `[batch, queries, heads, value size]`
public func scaledDotProductAttention(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, mask: Tensor? = nil, causal: Bool = false,
  lengths: Tensor? = nil, scale: Double? = nil, file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building([query, key, value] + [mask, lengths].compactMap { $0 }, file, line) { () throws(GraphError) in
    let operands = [query, key, value].map(\.value.floating)
    guard operands.allSatisfy({ $0.rank == 4 }) else {
      throw GraphError(
        .shape, "attention",
        "query, key and value must be [batch, time, heads, size], got \(query.shape), \(key.shape) and \(value.shape)",
        advice: "split the last axis into heads and their size with reshaped(_:)")
    }
    let (batch, queries, heads, size) = (
      operands[0].shape[0], operands[0].shape[1], operands[0].shape[2], operands[0].shape[3]
    )
    var inputs = operands
    if let mask {
      inputs.append(
        try scoreMask(mask, scores: [batch, heads, queries, operands[1].shape[1]], dtype: operands[0].dtype))
    }
    if let lengths {
      guard lengths.dtype.isInteger, lengths.rank == 0 || lengths.shape == [batch] else {
        throw GraphError(
          .shape, "attention", "lengths must be whole numbers [\(batch)] or one, got \(lengths.value.type)")
      }
      inputs.append(lengths.value.cast(.int32).broadcast(to: [batch]))
    }
    let spec = AttentionSpec(
      scale: scale ?? 1 / Double(max(1, size)).squareRoot(), isCausal: causal, hasMask: mask != nil,
      hasLengths: lengths != nil)
    return .apply(.attention(spec), inputs)
  }
}

/// A mask in the shape of the scores, `[batch, heads, queries, keys]`. Aligning axes from the last on, as operators do,
/// would take the batch of `[batch, queries, keys]` for heads.
private func scoreMask(_ mask: Tensor, scores: Shape, dtype: DType) throws(GraphError) -> Value {
  let sizes = mask.shape.dimensions
  var shape: Shape?
  switch sizes.count {
  case 2: shape = Shape([1, 1] + sizes)
  case 3: shape = Shape([sizes[0], 1] + sizes[1...])
  case 4: shape = mask.shape
  default: break
  }
  guard let shape, Shape.broadcast(shape, scores) == scores else {
    throw GraphError(
      .shape, "attention", "a mask of shape \(mask.shape) cannot be broadcast to \(scores)",
      advice:
        "axes are [queries, keys], [batch, queries, keys] or [batch, heads, queries, keys]; a mask [batch, keys] needs expandedDimensions(axis: 1)"
    )
  }
  guard mask.dtype == .bool || mask.dtype.isFloating else {
    throw GraphError(
      .dtype, "attention", "a mask must be truth values or real numbers to be added, got \(mask.dtype)",
      advice: "of 0 and 1 make truth values: mask .!= 0")
  }
  let value = mask.dtype == .bool ? mask.value : mask.value.cast(dtype)
  return value.reshaped(shape).broadcast(to: scores)
}
