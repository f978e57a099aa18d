import ApusData
import ApusGraph
import ApusIO
import ApusReport
import ApusTensor
import ApusTrain
import ApusVision

// What it learned, and from what.
extension PhotoReport {
  func layerSection(_ scores: PhotoScores) throws -> Report.Section? {
    let model = classifier.model
    var blocks: [Report.Block] = []
    if let filters = try FeatureVisualization.filters(
      of: model.network, isBlueFirst: model.preprocessing.isBlueFirst)
    {
      let sizes = filters.shape.dimensions
      if sizes[3] == 1 || sizes[3] == 3 {
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
        blocks.append(
          .image(
            try Image(tiles: tiles, columns: 16, gap: 6, background: 255)
              .reportImage(isLossless: true, isPixelated: true),
            title: "Filters of the first layer",
            caption:
              "Each square is a filter, which responds where the image looks like it: stripes to edges, colors to "
              + "colors."))
      }
    }
    if let sample = scores.labels.indices.first(where: { scores.labels[$0] == scores.predictions[$0] }),
      let picture = try? classifier.loading.image(at: test.files[sample])
    {
      let x = classifier.prepared(Tensor(picture.literal()).expandedDimensions(axis: 0)).squeezed(axes: [0])
      for (index, maps) in try FeatureVisualization.maps(of: model.network, for: x).enumerated() {
        let sizes = maps.values.shape.dimensions
        let numbers = maps.values.scalars(as: Float.self)
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
        blocks.append(
          .image(
            try Image(tiles: tiles, columns: 6, gap: 4, background: 255)
              .reportImage(isLossless: false, quality: 85, isPixelated: true),
            title: "Feature maps of “\(Self.name(test.files[sample]))”, \(sizes[1]) × \(sizes[2])",
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

  func photoSection() -> Report.Section? {
    var blocks: [Report.Block] = []
    if !parts.isEmpty {
      var rows = classifier.classNames.enumerated().map { label, name -> [Report.Table.Cell] in
        [.init(name)] + parts.map { .count(label < $0.counts.count ? $0.counts[label] : 0) }
      }
      rows.append(["all"] + parts.map { .count($0.counts.reduce(0, +)) })
      blocks.append(
        .table(.init(["Class"] + parts.map { .init($0.name) }, rows: rows, width: .narrow)))
    }
    var found: [(title: String, files: [String])] = []
    if let census {
      let broken =
        census.damaged.map { "\($0.name): \($0.problem)" } + census.misnamed.map { "\($0): not an image" }
      found = [
        ("Unreadable files", broken),
        ("Exact duplicates", census.duplicates.map { $0.joined(separator: " = ") }),
        ("Near duplicates", census.nearDuplicates.map { "\($0.first) ≈ \($0.second)" }),
      ]
    } else {
      found = [("Unreadable files", test.skipped.map { "\($0.path): \($0.problem)" })]
    }
    blocks += found.filter { !$0.files.isEmpty }.map { .details(title: $0.title, items: $0.files) }
    guard !blocks.isEmpty else { return nil }
    let isClean = found.allSatisfy(\.files.isEmpty) && census != nil
    return Report.Section(
      id: "data", title: "Training, validation and test set",
      note: isClean
        ? "Every file could be read, and no image occurs twice."
        : "Images of each class in each set, and problems of the files. An image that is in both the training and the test set "
          + "makes the scores look better than they are.",
      blocks: blocks)
  }

  func originSection() -> Report.Section {
    let architecture = classifier.model.architecture, shape = classifier.model.inputShape
    let facts = classifier.origin.facts(
      network: "\(architecture.name) (\(architecture.source))",
      size: ImageSize(width: shape[1], height: shape[0]),
      testSet: "\(Format.count(test.count, "image")) \(testOrigin)", seconds: seconds)
    return .provenance(
      [
        .init("Data and model", facts), .init("Settings", settings.facts),
        .init("Environment", environment.facts),
      ],
      modelPath: modelPath)
  }

  func limitSection(_ scores: PhotoScores) -> Report.Section {
    let names = classifier.classNames
    var limits = [
      "The model knows \(Format.list(names.count <= 6 ? names : ["\(names.count) classes"])) and nothing else. Any other image "
        + "is still assigned to one of them, sometimes with high confidence.",
      "The scores hold for images like those of the test set. Other cameras, places, light or seasons may lower them: test it "
        + "on a hundred images of your own first.",
      "Heat maps show where the network found evidence, not why, and not whether the reason is a good one.",
    ]
    let interval = scores.classes.accuracyInterval()
    if interval.upper - interval.lower > 0.05 {
      limits.append(
        "The test set is small (\(Format.count(test.count, "image"))): the 95 % confidence interval of the accuracy is "
          + "\(Format.percentRange(interval.lower, interval.upper, digits: 0)).")
    }
    let supports = names.indices.map(scores.classes.support)
    if let most = supports.max(), let least = supports.min(), most > 3 * max(1, least) {
      limits.append(
        "The classes of the test set are imbalanced (\(least) to \(most) images), so the accuracy says most about the frequent "
          + "ones: look at the recall of each class.")
    }
    if let weights = classifier.origin.firstWeights {
      limits.append("Biases of \(weights), on which the model was pretrained, may still be in it.")
    }
    if let leaks = census?.leaks, !leaks.isEmpty {
      limits.append(
        "\(Format.count(leaks.count, "image")) are, exactly or nearly, in more than one of the sets: the scores may be too "
          + "good.")
    }
    return .limitations(limits)
  }
}
