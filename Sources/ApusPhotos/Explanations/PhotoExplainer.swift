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
  private let heat: @Sendable ([Literal], [Int]) throws -> [Literal]

  /// Explanations of a classifier's answers.
  /// - Throws: `GraphError` when its network cannot be explained in that way.
  public init(_ classifier: PhotoClassifier, method: Method = .gradCAM) throws {
    self.classifier = classifier
    self.method = method
    let network = classifier.model.network
    switch method {
    case .gradCAM:
      let method = try GradCAM(network)
      heat = { pictures, classes in
        let maps = try method(classifier.prepared(Tensor(Literal(stacking: pictures))), classes: classes)
        let (rows, columns) = (maps.shape[1], maps.shape[2])
        let numbers = maps.scalars(as: Float.self)
        return classes.indices.map { index in
          Literal(
            Array(numbers[index * rows * columns..<(index + 1) * rows * columns]), shape: [rows, columns])
        }
      }
    case .integratedGradients:
      let method = try IntegratedGradients(network)
      let black = classifier.prepared(Tensor.zeros(Shape([1] + network.inputShape.dimensions))).squeezed(
        axes: [0])
      heat = { pictures, classes in
        try zip(pictures, classes).map { picture, label in
          let x = classifier.prepared(Tensor(picture).expandedDimensions(axis: 0)).squeezed(axes: [0])
          return try method(x, class: label, baseline: black).heat
        }
      }
    case .occlusion:
      let method = try Occlusion(network)
      let channels = network.inputShape[2]
      let grey = classifier.prepared(Tensor.zeros([1, 1, 1, channels]) + 0.5).reshaped([channels])
      heat = { pictures, classes in
        try zip(pictures, classes).map { picture, label in
          let x = classifier.prepared(Tensor(picture).expandedDimensions(axis: 0)).squeezed(axes: [0])
          return try method(x, class: label, cover: grey)
        }
      }
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
    var found: [PhotoExplanation] = []
    for start in stride(from: 0, to: files.count, by: Self.batchSize) {
      let part = start..<min(start + Self.batchSize, files.count)
      let images = try part.map { try classifier.loading.image(at: files[$0]) }
      let pictures = images.map { $0.literal() }
      let logits = try classifier.logits(pictures).doubles
      let rows = part.indices.map { index -> [Double] in
        let row = index - part.lowerBound
        return classifier.probabilities(
          fromLogits: logits[row * classNames.count..<(row + 1) * classNames.count])
      }
      let labels = zip(part, rows).map { index, row in
        classes[index] ?? row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
      }
      let maps = try heat(pictures, labels)
      for (place, index) in part.enumerated() {
        found.append(
          PhotoExplanation(
            file: files[index], picture: images[place], label: labels[place], classNames: classNames,
            probabilities: rows[place], heat: maps[place], method: method))
      }
    }
    return found
  }

  private static let batchSize = 16
}
