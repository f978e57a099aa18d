import ApusData
import ApusGraph
import ApusReport
import ApusTasks
import ApusTensor
import ApusTrain

/// What recipes for images add to the report: whether more images would help, and what the network detects.
enum ImageSections {
  /// More images than this make the curve slow and no better.
  private static let curveLimit = 5000

  /// How the error of a head falls with the number of training images, on a frozen backbone; nil for targets other than
  /// classes, and for too few or very many images. Measured on the validation set, so that the test set stays untouched.
  static func dataCurve(
    _ data: TaskData, training: FrozenFeatures, validation: FrozenFeatures, isBackboneTrained: Bool,
    seed: UInt64
  ) throws -> Report.Section? {
    guard let target = data.target as? Classification, training.rows.count <= curveLimit,
      let labels = target.strata(data.examples)
    else { return nil }
    let curve = try DataCurve.measured(
      features: training.vectors, labels: training.rows.map { labels[$0] }, testFeatures: validation.vectors,
      testLabels: validation.rows.map { labels[$0] }, classCount: target.names.count, seed: seed)
    var section = curve.flatMap {
      Report.Section.dataCurve($0, sample: "image", isBackboneTrained: isBackboneTrained)
    }
    section?.note += " The errors are those of the validation set."
    return section
  }

  /// The filters of the first layer, and the feature maps of a validation image; nil where there is nothing to show.
  static func layers(_ vision: VisionModel, _ model: NetworkModel, _ data: TaskData) throws -> Report.Section?
  {
    var blocks: [Report.Block] = []
    if let filters = try FeatureVisualization.filters(
      of: vision.network, isBlueFirst: vision.preprocessing.isBlueFirst), [1, 3].contains(filters.shape[3])
    {
      blocks.append(try filterBlock(filters))
    }
    if let row = data.rows(.validation).first, let input = model.problem.input as? ImageInput,
      let image = try? input.image(data.examples, row: row)
    {
      let batch = Tensor(image.literal()).expandedDimensions(axis: 0)
      let x = vision.preprocessing(batch * 255).squeezed(axes: [0])
      let name = data.examples.names[row].split(separator: "/").suffix(2).joined(separator: "/")
      for (index, maps) in try FeatureVisualization.maps(of: vision.network, for: x).enumerated() {
        blocks.append(
          try mapBlock(
            maps.values, name: name,
            caption: index == 0
              ? "The channels of the first layer with the largest variance; bright is large."
              : "Deeper, at the layer \(maps.layer): lower resolution, more abstract features."))
      }
    }
    guard !blocks.isEmpty else { return nil }
    return Report.Section(
      id: "layers", title: "Filters and feature maps",
      note: "The first steps of the network: it detects small patterns, and combines them layer by layer.",
      blocks: blocks)
  }

  /// - Parameter filters: `[filters, height, width, channels]` in 0...1.
  /// - Throws: `DataError` where the image cannot be encoded.
  /// - Returns: The block.
  private static func filterBlock(_ filters: Literal) throws -> Report.Block {
    let sizes = filters.shape.dimensions
    let bytes = filters.doubles.map { $0.isFinite ? UInt8(min(max($0 * 255, 0), 255)) : 0 }
    let count = sizes[1] * sizes[2] * sizes[3]
    let factor = max(2, 36 / max(sizes[1], sizes[2]))
    let tiles = try (0..<min(sizes[0], 64)).map { filter in
      try Image(
        width: sizes[2], height: sizes[1], channels: sizes[3],
        pixels: Array(bytes[filter * count..<(filter + 1) * count])
      ).resized(
        to: ImageSize(width: sizes[2] * factor, height: sizes[1] * factor), interpolation: .nearest)
    }
    return .image(
      try Image(tiles: tiles, columns: 16, gap: 6, background: 255)
        .reportImage(isLossless: true, isPixelated: true),
      title: "Filters of the first layer",
      caption:
        "Each square is a filter, which responds where the image looks like it: stripes to edges, colors to colors."
    )
  }

  /// Feature maps side by side.
  /// - Parameters:
  ///   - maps: `[channels, height, width]`.
  ///   - name: What the image is called.
  ///   - caption: What the maps show.
  /// - Throws: `DataError` where the image cannot be encoded.
  /// - Returns: The block.
  private static func mapBlock(_ maps: Literal, name: String, caption: String) throws -> Report.Block {
    let sizes = maps.shape.dimensions
    let numbers = maps.scalars(as: Float.self)
    let count = sizes[1] * sizes[2]
    let factor = max(1, 72 / max(1, sizes[1]))
    let tiles = try (0..<sizes[0]).map { map in
      try Image(
        heatmap: Literal(Array(numbers[map * count..<(map + 1) * count]), shape: [sizes[1], sizes[2]])
      ).resized(
        to: factor > 1
          ? ImageSize(width: sizes[2] * factor, height: sizes[1] * factor)
          : ImageSize(width: max(1, 72 * sizes[2] / sizes[1]), height: 72),
        interpolation: factor > 1 ? .nearest : .box)
    }
    return .image(
      try Image(tiles: tiles, columns: 6, gap: 4, background: 255)
        .reportImage(isLossless: false, quality: 85, isPixelated: true),
      title: "Feature maps of “\(name)”, \(sizes[1]) × \(sizes[2])", caption: caption)
  }
}
