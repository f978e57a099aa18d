import ApusGraph
import ApusTensor

extension Initializer {
  /// Orthonormal rows or columns, whichever are fewer, times `gain`. Saxe et al., arXiv:1312.6120.
  ///
  /// The last axis makes the columns, all others together the rows.
  public static func orthogonal(gain: Double = 1) -> Initializer {
    Initializer("orthogonal") { shape, _, dtype, source in
      guard shape.rank >= 2 else {
        return Tensor(
          .failed(
            GraphError(.shape, "orthogonal initializer", "needs at least two axes, got shape \(shape)"),
            type: TensorType(dtype, shape)))
      }
      let columns = shape[shape.rank - 1]
      let rows = shape.elementCount / max(1, columns)
      let long = max(rows, columns), short = min(rows, columns)
      let draws = source.normal([short, long], dtype: .float64)
      do {
        let vectors = orthonormalized(try draws.literal().doubles, count: short, length: long)
        // One vector is a column when there are more rows than columns, a row otherwise.
        let matrix = Value.constant(Literal(vectors, shape: [short, long]))
        let placed = rows >= columns ? matrix.transposed([1, 0]) : matrix
        return Tensor((placed * gain).cast(dtype).reshaped(shape))
      } catch let error as GraphError {
        return Tensor(.failed(error, type: TensorType(dtype, shape)))
      } catch {
        return Tensor(
          .failed(
            GraphError(.argument, "orthogonal initializer", "\(error)"), type: TensorType(dtype, shape)))
      }
    }
  }

  /// Gram and Schmidt's procedure, each vector done twice so that rounding leaves no angle.
  private static func orthonormalized(_ draws: [Double], count: Int, length: Int) -> [Double] {
    var vectors = draws
    vectors.withUnsafeMutableBufferPointer { vectors in
      for index in 0..<count {
        let own = index * length
        for _ in 0..<2 {
          for other in stride(from: 0, to: own, by: length) {
            var product = 0.0
            for place in 0..<length { product += vectors[own + place] * vectors[other + place] }
            for place in 0..<length { vectors[own + place] -= product * vectors[other + place] }
          }
        }
        var square = 0.0
        for place in 0..<length { square += vectors[own + place] * vectors[own + place] }
        let scale = 1 / square.squareRoot()
        for place in 0..<length { vectors[own + place] *= scale }
      }
    }
    return vectors
  }
}
