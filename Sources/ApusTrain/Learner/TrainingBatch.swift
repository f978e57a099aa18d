import ApusData
import ApusGraph

extension Batch {
  /// The batch as a step takes it: features, targets, weights.
  var stepInputs: [Literal] { features + [targets, weights].compactMap { $0 } }

  /// The types of one sample's features.
  var featureTypes: [TensorType] {
    features.map { TensorType($0.dtype, Shape(Array($0.shape.dimensions.dropFirst()))) }
  }

  /// The batch with each sample's weight times its class's; times the mean of its classes' where it is of several
  /// in part.
  func weighted(byClass classWeights: [Double]) throws -> Batch {
    let own = weights?.doubles
    let ofClasses = try weightsOfClasses(classWeights)
    var batch = self
    batch.weights = Literal(
      ofClasses.enumerated().map { Float($1 * (own?[$0] ?? 1)) }, shape: Shape([count]))
    return batch
  }

  private func weightsOfClasses(_ classWeights: [Double]) throws -> [Double] {
    if let targets, targets.dtype.isFloating, targets.shape.dimensions == [count, classWeights.count] {
      let parts = targets.doubles
      return (0..<count).map { row in
        classWeights.enumerated().reduce(0) { $0 + $1.element * parts[row * classWeights.count + $1.offset] }
      }
    }
    guard let targets, targets.dtype.isInteger, targets.shape.elementCount == count else {
      throw TrainingError(
        .setting,
        "class weights need targets that are classes, \(targets.map { "\($0.dtype) \($0.shape)" } ?? "none") came",
        advice: "Give the samples weights of their own.", samples: ids)
    }
    return try targets.doubles.enumerated().map { index, number in
      guard classWeights.indices.contains(Int(number)) else {
        throw TrainingError(
          .setting,
          "sample \(ids[index]) has the label \(Int(number)), there are \(classWeights.count) class weights",
          advice: "Give one weight for each class.", samples: [ids[index]])
      }
      return classWeights[Int(number)]
    }
  }
}
