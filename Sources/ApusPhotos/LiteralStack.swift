import ApusData
import ApusGraph

extension Literal {
  /// Literals of one type and shape, along a new first axis.
  init(stacking parts: [Literal]) throws {
    let batch = try Batch(
      collating: parts.enumerated().map { Sample(features: [$1], id: $0) })
    self = batch.features[0]
  }
}
