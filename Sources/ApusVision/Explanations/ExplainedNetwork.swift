import ApusGraph
import ApusNN
import ApusTensor

/// The score that an explanation explains.
public enum ExplainedScore: String, Sendable, CaseIterable {
  /// The class's output of the network: the logit, for networks without a final softmax.
  case output
  /// The class's probability, the softmax of the outputs.
  case probability
}

/// A classifier with the score that explanations explain.
struct ExplainedNetwork: Sendable {
  let network: FunctionalModel
  let classCount: Int
  let score: ExplainedScore

  /// - Throws: `GraphError` when the network does not end with one number for each class.
  init(_ network: FunctionalModel, score: ExplainedScore, for method: String) throws {
    guard network.outputShape.rank == 1 else {
      throw GraphError(
        .argument, method,
        "the network gives \(network.outputShape) for an image, not one number for each class",
        advice: "explain a network with a classifier: VisionModel(…, includeTop: true)")
    }
    self.network = network
    classCount = network.outputShape[0]
    self.score = score
  }

  /// The scores of all classes, `[batch, classes]`.
  func scores(_ output: Tensor) -> Tensor {
    switch score {
    case .output: output
    case .probability: softmax(output)
    }
  }

  /// A row for each image that is 1 at its class and 0 elsewhere: what the scores are multiplied with, so that
  /// one program serves every class. Zeros where the class is nil.
  func selection(_ classes: [Int?], images: Tensor, _ method: String) throws -> Tensor {
    guard images.rank == 4, Shape(Array(images.shape.dimensions.dropFirst())) == network.inputShape else {
      throw GraphError(
        .shape, method, "images [batch] + \(network.inputShape) were expected, got shape \(images.shape)",
        advice:
          "apply the model's preprocessing, and put one image into a batch with expandedDimensions(axis: 0)"
      )
    }
    guard classes.count == images.shape[0] else {
      throw GraphError(.argument, method, "\(classes.count) classes came for \(images.shape[0]) images")
    }
    if let bad = classes.lazy.compactMap({ $0 }).first(where: { !(0..<classCount).contains($0) }) {
      throw GraphError(.index, method, "class \(bad) was asked for, the network has \(classCount)")
    }
    var rows = [Float](repeating: 0, count: classes.count * classCount)
    for (row, label) in classes.enumerated() { if let label { rows[row * classCount + label] = 1 } }
    return Tensor(Literal(rows, shape: [classes.count, classCount]))
  }
}

extension FunctionalModel {
  /// The last layer whose result still says where in the image something is.
  ///
  /// That is the last feature map of more than one place; not what a maximum makes of it, which is coarser, nor one
  /// whose axes are exchanged. Of a transformer it is what the last block is given: of that block's result the
  /// classifier sees the first vector alone.
  public var lastFeatureMapName: String? {
    let blocks = nodes.filter { $0.module is TransformerBlock }
    if let last = blocks.last { return blocks.dropLast().last?.name ?? last.name }
    return nodes.last { node in
      node.outputShape.rank == 3 && node.outputShape[0] * node.outputShape[1] > 1
        && !(node.module is MaxPool2D) && !(node.module is Permute)
    }?.name
  }

  /// The first convolution, whose filters look at the image itself.
  public var firstConvolution: (name: String, layer: Conv2D)? {
    for node in nodes { if let layer = node.module as? Conv2D { return (node.name, layer) } }
    return nil
  }
}

/// A feature map `[batch, rows, columns, channels]` from a layer's result: as it is, or from a transformer's
/// `[batch, patches, features]`, with or without the class's vector in front.
func featureMap(_ features: Tensor, _ method: String) throws -> Tensor {
  if features.rank == 4 { return features }
  if features.rank == 3 {
    for extra in [0, 1] {
      let count = features.shape[1] - extra
      let side = Int(Double(max(count, 0)).squareRoot().rounded())
      guard count > 1, side * side == count else { continue }
      let patches = extra == 0 ? features : features.split(sizes: [extra, count], axis: 1)[1]
      return patches.reshaped([features.shape[0], side, side, features.shape[2]])
    }
  }
  throw GraphError(
    .shape, method, "the layer gives \(features.shape), not a map [batch, rows, columns, channels]",
    advice: "name a convolution, or leave the layer out")
}
