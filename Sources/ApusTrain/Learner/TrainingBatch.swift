import ApusData
import ApusGraph

extension Batch {
  /// The batch as a step takes it: features, targets, weights.
  var stepInputs: [Literal] { features + [targets, weights].compactMap { $0 } }

  /// The types of one sample's features.
  var featureTypes: [TensorType] {
    features.map { TensorType($0.dtype, Shape(Array($0.shape.dimensions.dropFirst()))) }
  }

  /// The batch with each sample's weight times its class's.
  func weighted(byClass classWeights: [Double]) throws -> Batch {
    guard let targets, targets.dtype.isInteger, targets.shape.elementCount == count else {
      throw TrainingError(
        .setting,
        "class weights need targets that are classes, \(targets.map { "\($0.dtype) \($0.shape)" } ?? "none") came",
        advice: "Give the samples weights of their own.", samples: ids)
    }
    let own = weights?.doubles
    var result: [Float] = []
    result.reserveCapacity(count)
    for (index, number) in targets.doubles.enumerated() {
      guard classWeights.indices.contains(Int(number)) else {
        throw TrainingError(
          .setting,
          "sample \(ids[index]) has the label \(Int(number)), there are \(classWeights.count) class weights",
          advice: "Give one weight for each class.", samples: [ids[index]])
      }
      result.append(Float(classWeights[Int(number)] * (own?[index] ?? 1)))
    }
    var batch = self
    batch.weights = Literal(result, shape: Shape([count]))
    return batch
  }
}
