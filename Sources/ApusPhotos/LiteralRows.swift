import ApusData
import ApusGraph

extension Literal {
  /// Literals of one type and shape, along a new first axis.
  init(stacking parts: [Literal]) throws {
    let batch = try Batch(
      collating: parts.enumerated().map { Sample(features: [$1], id: $0) })
    self = batch.features[0]
  }

  /// Literals of one type and row shape, one after the other along the first axis.
  init(joiningRows parts: [Literal]) throws {
    guard let first = parts.first, first.shape.rank > 0 else {
      throw DataError(.empty, "there are no photos to look at")
    }
    if parts.count == 1 {
      self = first
      return
    }
    let rows = parts.reduce(0) { $0 + $1.shape[0] }
    self.init(dtype: first.dtype, shape: Shape([rows] + first.shape.dimensions.dropFirst())) { target in
      var offset = 0
      for part in parts {
        part.withUnsafeBytes { bytes in
          if let from = bytes.baseAddress, let to = target.baseAddress {
            (to + offset).copyMemory(from: from, byteCount: bytes.count)
          }
        }
        offset += part.byteCount
      }
    }
  }
}
