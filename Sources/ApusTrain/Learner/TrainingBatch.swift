import ApusData
import ApusGraph

extension Batch {
  /// The batch as a step takes it: features, targets, weights.
  var stepInputs: [Literal] { features + [targets, weights].compactMap { $0 } }

  /// The types of one sample's features.
  var featureTypes: [TensorType] {
    features.map { TensorType($0.dtype, Shape(Array($0.shape.dimensions.dropFirst()))) }
  }

  /// The batch with each sample's weight times that of its class, or the mean over its classes where its target is a
  /// distribution. A sample with the ignored label, which costs nothing anyway, gets the weight 0.
  /// - Throws: `TrainingError` for targets that are not classes, or classes without a weight.
  func weighted(byClass classWeights: [Double], ignoring ignoredLabel: Int? = nil) throws -> Batch {
    let own = weights?.doubles
    let ofClasses = try weightsOfClasses(classWeights, ignoring: ignoredLabel)
    var batch = self
    batch.weights = Literal(
      ofClasses.enumerated().map { Float($1 * (own?[$0] ?? 1)) }, shape: Shape([count]))
    return batch
  }

  private func weightsOfClasses(_ classWeights: [Double], ignoring ignored: Int?) throws -> [Double] {
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
        advice: "Give the samples weights of their own; where each place has a class, "
          + "`Loss.crossEntropy(ignoring:classWeights:)` has weights, too.", samples: ids)
    }
    return try targets.doubles.enumerated().map { index, number in
      if number == ignored.map(Double.init) { return 0 }
      guard let label = Int(exactly: number), classWeights.indices.contains(label) else {
        throw TrainingError(
          .setting,
          "sample \(ids[index]) has the label \(number.formatted(.number.grouping(.never))), there are "
            + "\(classWeights.count) class weights",
          advice: "Give one weight for each class.", samples: [ids[index]])
      }
      return classWeights[label]
    }
  }
}
