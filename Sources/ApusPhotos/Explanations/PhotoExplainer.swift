import ApusData
import ApusGraph
import ApusTensor
import ApusVision

/// Says where in photos a classifier saw what it says.
///
/// ```swift
/// let explainer = try PhotoExplainer(classifier)
/// let explanation = try explainer.explanation(ofFile: "cat.jpg")
/// try explanation.overlay().writePNG(to: "cat-heat.png")
/// ```
public struct PhotoExplainer: Sendable {
  /// How heat maps are made.
  public enum Method: String, Sendable, CaseIterable {
    /// The last feature map, weighted by what it adds to the class: the fastest, and coarse.
    case gradCAM = "grad-cam"
    /// What each pixel adds to the class, beginning with a black picture: fine, and noisy.
    case integratedGradients = "integrated-gradients"
    /// What is lost when a part of the photo is covered with grey: the slowest, and the plainest.
    case occlusion

    /// Its name in sentences.
    public var name: String {
      switch self {
      case .gradCAM: "Grad-CAM"
      case .integratedGradients: "integrated gradients"
      case .occlusion: "occlusion"
      }
    }

    /// One sentence on what the colours mean.
    public var meaning: String {
      switch self {
      case .gradCAM: "Bright: where the network found what it takes for a sign of the class."
      case .integratedGradients:
        "Bright: the pixels that moved the network's answer most, compared with a black picture."
      case .occlusion:
        "Bright: where the class becomes less likely when that part of the photo is covered with grey."
      }
    }
  }

  /// The classifier.
  public let classifier: PhotoClassifier
  /// How heat maps are made.
  public let method: Method
  private let find: @Sendable (_ pictures: [Literal], _ classes: [Int?]) throws -> Findings

  /// A heat map for each of some pictures, and what the network says of them, `[pictures, classes]`.
  private typealias Findings = (maps: [Literal], logits: Literal)

  /// Explanations of a classifier's answers.
  /// - Throws: `GraphError` when its network cannot be explained in that way.
  public init(_ classifier: PhotoClassifier, method: Method = .gradCAM) throws {
    self.classifier = classifier
    self.method = method
    let network = classifier.model.network
    /// Maps of pictures one by one, of classes that are known only when the network was asked.
    func each(
      _ map: @escaping @Sendable (_ x: Tensor, _ label: Int) throws -> Literal
    ) -> @Sendable ([Literal], [Int?]) throws -> Findings {
      { pictures, classes in
        let logits = try classifier.logits(pictures)
        let maps = try pictures.indices.map { index in
          let x = classifier.prepared(Tensor(pictures[index]).expandedDimensions(axis: 0)).squeezed(axes: [0])
          return try map(x, classes[index] ?? likeliest(logits.row(index).doubles))
        }
        return (maps, logits)
      }
    }
    switch method {
    case .gradCAM:
      let method = try GradCAM(network) { classifier.prepared($0) }
      find = { pictures, classes in
        let found = try method.mapsAndOutputs(Tensor(Literal(stacking: pictures)), classes: classes)
        return (pictures.indices.map { found.maps.row($0) }, found.outputs)
      }
    case .integratedGradients:
      let method = try IntegratedGradients(network)
      let black = classifier.prepared(Tensor.zeros(Shape([1] + network.inputShape.dimensions))).squeezed(
        axes: [0])
      find = each { try method($0, class: $1, baseline: black).heatmap }
    case .occlusion:
      let method = try Occlusion(network)
      let channels = network.inputShape[2]
      let grey = classifier.prepared(Tensor.zeros([1, 1, 1, channels]) + 0.5).reshaped([channels])
      find = each { try method($0, class: $1, cover: grey) }
    }
  }

  /// Where the network saw what it says of a photo.
  /// - Parameters:
  ///   - path: The photo.
  ///   - label: The class to look for; the most likely one when nil.
  public func explanation(ofFile path: String, class label: Int? = nil) throws -> PhotoExplanation {
    try explanations(ofFiles: [path], classes: [label])[0]
  }

  /// Where the network saw what it says of photos.
  /// - Parameters:
  ///   - files: The photos.
  ///   - classes: The class to look for in each; the most likely one where it is nil.
  public func explanations(ofFiles files: [String], classes: [Int?]) throws -> [PhotoExplanation] {
    guard files.count == classes.count else {
      throw DataError(.setting, "\(classes.count) classes came for \(files.count) photos")
    }
    let classNames = classifier.classNames
    if let bad = classes.lazy.compactMap({ $0 }).first(where: { !classNames.indices.contains($0) }) {
      throw DataError(.classes, "class \(bad) was asked for, there are \(classNames.count)")
    }
    // Batches of one size, the last one filled up, so that one program serves all.
    let batchCount = (files.count + Self.batchSize - 1) / Self.batchSize
    let size = (files.count + batchCount - 1) / max(1, batchCount)
    return try stride(from: 0, to: files.count, by: max(1, size)).flatMap { start in
      let part = start..<min(start + size, files.count)
      let images = try parallelMap(part.count) { place in
        Result { try classifier.loading.image(at: files[part.lowerBound + place]) }
      }.map { try $0.get() }
      let pictures = images.map { $0.literal() }
      let filling = size - part.count
      let findings = try find(
        pictures + Array(repeating: pictures[0], count: filling),
        classes[part] + Array(repeating: 0, count: filling))
      return zip(part, images).enumerated().map { place, photo in
        let logits = findings.logits.row(place).doubles
        return PhotoExplanation(
          file: files[photo.0], picture: photo.1, label: classes[photo.0] ?? likeliest(logits),
          classNames: classNames, probabilities: classifier.probabilities(fromLogits: logits),
          heat: findings.maps[place], method: method)
      }
    }
  }

  private static let batchSize = 16
}

/// The place of the largest number; of equals the first.
private func likeliest(_ numbers: [Double]) -> Int {
  numbers.indices.reduce(0) { numbers[$1] > numbers[$0] ? $1 : $0 }
}
