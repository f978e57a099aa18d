import ApusData
import ApusGraph
import ApusTasks
import ApusTensor

/// Heat maps of images: which parts the output of a network came from.
///
/// ```swift
/// let explainer = try ImageExplainer(Registry.standard.open("my-model"))
/// let explanation = try explainer.explanations(files: ["cat.jpg"])[0]
/// try explanation.overlay().writePNG(to: "cat-heat.png")
/// ```
public struct ImageExplainer: Sendable {
  /// How heat maps are made.
  public enum Method: String, Sendable, CaseIterable {
    /// The last feature map, weighted by its gradient: the fastest, and coarse.
    case gradCAM = "grad-cam"
    /// What each pixel adds to the output, beginning with a black image: fine, and noisy.
    case integratedGradients = "integrated-gradients"
    /// What is lost when a part of the image is covered with gray: the slowest, and the plainest.
    case occlusion

    /// Its name in sentences.
    public var name: String {
      switch self {
      case .gradCAM: "Grad-CAM"
      case .integratedGradients: "integrated gradients"
      case .occlusion: "occlusion"
      }
    }

    /// One sentence on what the colors mean.
    public var meaning: String {
      switch self {
      case .gradCAM: "Bright: the regions that raise the output for the class."
      case .integratedGradients:
        "Bright: the pixels that moved the output most, compared with a black image."
      case .occlusion:
        "Bright: where the class becomes less likely when that part of the image is covered with gray."
      }
    }
  }

  /// What the outputs are called.
  public let names: [String]
  /// How heat maps are made.
  public let method: Method
  private let input: ImageInput
  private let target: any Target
  private let find: @Sendable (_ images: [Literal], _ outputs: [Int?]) throws -> Findings

  /// A heat map for each of some images, and the network's outputs for them, `[images, outputs]`.
  private typealias Findings = (maps: [Literal], logits: Literal)

  /// Explanations of a model's outputs.
  /// - Throws: `DataError` for models that are no vision network, `GraphError` when the network cannot be explained in
  ///   that way.
  public init(_ model: any Model, method: Method = .gradCAM) throws {
    guard let model = model as? NetworkModel, let vision = model.network.module as? VisionModel,
      let input = model.problem.input as? ImageInput, let target = model.problem.target,
      !(target is Segmentation)
    else {
      throw DataError(
        .setting,
        "heat maps are made for vision networks that predict classes, labels or numbers, not for this model",
        advice: "`apus summary` says what the model is; `apus predict` shows what it predicts.")
    }
    names = target.names
    self.method = method
    self.input = input
    self.target = target
    let network = vision.network
    let prepared: @Sendable (Tensor) -> Tensor = { vision.preprocessing($0 * 255) }
    let program = CompiledFunction { [vision(prepared($0[0]))] }
    /// Maps of images one by one, of outputs that are known only when the network was run.
    func each(
      _ map: @escaping @Sendable (_ x: Tensor, _ output: Int) throws -> Literal
    ) -> @Sendable ([Literal], [Int?]) throws -> Findings {
      { images, outputs in
        let logits = try program([Literal(stacking: images)])[0]
        let maps = try images.indices.map { index in
          let x = prepared(Tensor(images[index]).expandedDimensions(axis: 0)).squeezed(axes: [0])
          return try map(x, outputs[index] ?? likeliest(try logits.row(index).doubles))
        }
        return (maps, logits)
      }
    }
    switch method {
    case .gradCAM:
      let method = try GradCAM(network) { prepared($0) }
      find = { images, outputs in
        let found = try method.mapsAndOutputs(Tensor(Literal(stacking: images)), classes: outputs)
        return (try images.indices.map { try found.maps.row($0) }, found.outputs)
      }
    case .integratedGradients:
      let method = try IntegratedGradients(network)
      let black = prepared(Tensor.zeros(Shape([1] + network.inputShape.dimensions))).squeezed(axes: [0])
      find = each { try method($0, class: $1, baseline: black).heatmap }
    case .occlusion:
      let method = try Occlusion(network)
      let channels = network.inputShape[2]
      let gray = prepared(Tensor.zeros([1, 1, 1, channels]) + 0.5).reshaped([channels])
      find = each { try method($0, class: $1, cover: gray) }
    }
  }

  /// Images in a batch.
  private static let batchSize = 16

  /// Heat maps of images in files.
  /// - Parameters:
  ///   - files: The images.
  ///   - outputs: The output to explain for each; the largest where it is nil.
  /// - Returns: The explanations, in the order of `files`.
  /// - Throws: `FileError` for the first image that cannot be read.
  public func explanations(files: [String], outputs: [Int?]? = nil) throws -> [ImageExplanation] {
    let examples = try Examples(
      modality: ImageInput.modality, title: "", names: files, inputs: [Column("image", .files(files))])
    return try explanations(examples, rows: Array(files.indices), outputs: outputs ?? files.map { _ in nil })
  }

  /// Heat maps of examples.
  func explanations(_ examples: Examples, rows: [Int], outputs: [Int?]) throws -> [ImageExplanation] {
    guard rows.count == outputs.count else {
      throw DataError(.setting, "\(outputs.count) outputs came for \(rows.count) images")
    }
    if let bad = outputs.lazy.compactMap({ $0 }).first(where: { !names.indices.contains($0) }) {
      throw DataError(.classes, "output \(bad) was asked for, there are \(names.count)")
    }
    // Batches of one size, the last one filled up, so that one program serves all.
    let size = min(Self.batchSize, rows.count)
    return try stride(from: 0, to: rows.count, by: max(1, size)).flatMap { start in
      let part = start..<min(start + size, rows.count)
      let images = try parallelMap(part.count) { place in
        Result { try input.image(examples, row: rows[part.lowerBound + place]) }
      }.map { try $0.get() }
      let literals = images.map { $0.literal() }
      let filling = size - part.count
      let findings = try find(
        literals + Array(repeating: literals[0], count: filling),
        outputs[part] + Array(repeating: 0, count: filling))
      return try zip(part, images).enumerated().map { place, image in
        let logits = try findings.logits.row(place).scalars(as: Float.self)
        let output = outputs[image.0] ?? likeliest(logits.map(Double.init))
        return ImageExplanation(
          file: examples.names[rows[image.0]], image: image.1, output: output, name: names[output],
          prediction: try target.prediction(logits, for: examples, row: rows[image.0]),
          heat: findings.maps[place], method: method)
      }
    }
  }
}

/// The place of the largest number; of equals the first.
private func likeliest(_ numbers: [Double]) -> Int {
  numbers.indices.reduce(0) { numbers[$1] > numbers[$0] ? $1 : $0 }
}

extension VisionNetwork: ExplainingNetwork {
  /// Grad-CAM.
  /// - Parameters:
  ///   - model: The model of which this is the network.
  ///   - examples: The images.
  ///   - row: The image to explain.
  ///   - output: The output to explain.
  /// - Returns: The image, and the heat map laid over it.
  /// - Throws: `DataError` for models that are not explained, `FileError` for an image that cannot be read.
  public func explain(
    _ model: NetworkModel, _ examples: Examples, row: Int, output: Int
  ) throws -> Explanation {
    let found = try ImageExplainer(model).explanations(examples, rows: [row], outputs: [output])[0]
    return Explanation(
      images: .init(
        example: try found.image.enlarged().reportImage(), overlay: try found.overlay().reportImage()),
      summary: found.summary)
  }
}
