import ApusData
import ApusGraph
import ApusIO
import ApusTensor
import ApusTrain
import ApusVision

// How it learned and from what.
extension PhotoReport {
  func learningSection() -> PhotoSection? {
    PhotoPage.learning(
      phases,
      measures: [("Loss", "loss", "cross-entropy"), ("Accuracy", "accuracy", "share of right answers")],
      note: "The loss should fall and the accuracy rise")
  }

  func layerSection(_ scores: PhotoScores) throws -> PhotoSection? {
    let model = classifier.model
    var body = ""
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
        body += try figure(
          Image(tiles: tiles, columns: 16, gap: 6, background: 255), png: true,
          "What the first layer looks for",
          "Each square is a filter: it answers where the photo looks like it. Stripes find edges, colours find colours."
        )
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
        body += try figure(
          Image(tiles: tiles, columns: 6, gap: 4, background: 255), png: false,
          "What it finds in “\(Self.name(test.files[sample]))”: \(sizes[1]) × \(sizes[2]) places",
          index == 0
            ? "The answers of the first layer's filters that differ most from place to place; bright is much."
            : "Further on, at the layer \(maps.layer): fewer places, and more meaning in each.")
      }
    }
    guard !body.isEmpty else { return nil }
    return PhotoSection(
      id: "layers", title: "What its first layers see",
      note:
        "A network looks at small patterns first and puts them together layer by layer. These are its first steps.",
      body: "<div class=\"layers\">\(body)</div>")
  }

  private func figure(_ picture: Image, png: Bool, _ title: String, _ words: String) throws -> String {
    let address =
      png
      ? HTML.dataAddress(try picture.pngBytes(), type: "image/png")
      : HTML.dataAddress(try picture.jpegBytes(quality: 85), type: "image/jpeg")
    return "<figure><img src=\"\(address)\" alt=\"\(HTML.escaped(title))\" width=\"\(picture.width)\" "
      + "height=\"\(picture.height)\"><figcaption><b>\(HTML.escaped(title))</b> \(HTML.escaped(words))</figcaption></figure>"
  }

  func photoSection() -> PhotoSection? {
    var body = ""
    if !parts.isEmpty {
      let names = classifier.classNames
      let head = parts.map { "<th scope=\"col\">\(HTML.escaped($0.name))</th>" }.joined()
      func row(_ name: String, _ numbers: [Int]) -> String {
        let cells = numbers.map { "<td>\(Self.grouped($0))</td>" }.joined()
        return "<tr><th scope=\"row\">\(HTML.escaped(name))</th>\(cells)</tr>"
      }
      var rows = names.indices.map { label in
        row(names[label], parts.map { label < $0.counts.count ? $0.counts[label] : 0 })
      }
      rows.append(row("all", parts.map { $0.counts.reduce(0, +) }))
      body += """
        <div class="scroll"><table class="scores narrow">
        <thead><tr><th scope="col">Class</th>\(head)</tr></thead>
        <tbody>
        \(rows.joined(separator: "\n"))
        </tbody></table></div>
        """
    }
    var found: [(String, [String])] = []
    if let census {
      let broken =
        census.damaged.map { "\($0.name): \($0.problem)" } + census.misnamed.map { "\($0): no picture" }
      found.append(("Files that could not be read", broken))
      found.append(("The same photo more than once", census.duplicates.map { $0.joined(separator: " = ") }))
      found.append(
        ("Nearly the same photo", census.nearDuplicates.map { "\($0.first) ≈ \($0.second)" }))
    } else if !test.skipped.isEmpty {
      found.append(("Files that could not be read", test.skipped.map { "\($0.path): \($0.problem)" }))
    }
    for (title, lines) in found where !lines.isEmpty {
      let items = lines.prefix(20).map { "<li>\(HTML.escaped($0))</li>" }.joined()
      let rest = lines.count > 20 ? "<p class=\"note\">and \(lines.count - 20) more</p>" : ""
      body +=
        "<details><summary>\(HTML.escaped(title)): \(lines.count)</summary><ul class=\"files\">\(items)</ul>\(rest)</details>"
    }
    guard !body.isEmpty else { return nil }
    let isClean = found.allSatisfy { $0.1.isEmpty } && census != nil
    return PhotoSection(
      id: "photos", title: "The photos",
      note: isClean
        ? "Every file could be read, and no photo is there twice."
        : "How many photos of each class were used for what, and what was odd about the files. A photo that is both learned "
          + "from and tested with makes the score look better than it is.",
      body: body)
  }

  func originSection() -> PhotoSection {
    var facts: [(name: String, value: String)] = []
    let origin = classifier.origin
    if let folder = origin.folder { facts.append(("Folder", folder)) }
    if let count = origin.trainingCount { facts.append(("Learned from", "\(Self.grouped(count)) photos")) }
    if let count = origin.validationCount {
      facts.append(("Stopped and calibrated by", "\(Self.grouped(count)) other photos"))
    }
    facts.append(("Tried on", "\(Self.grouped(test.count)) photos \(testOrigin)"))
    let shape = classifier.model.inputShape
    facts.append(
      ("Network", "\(classifier.model.architecture.name) (\(classifier.model.architecture.source))"))
    facts.append(("First weights", origin.firstWeights ?? "random: it learned from these photos alone"))
    facts.append(("It sees", "\(shape[1]) × \(shape[0]) pixels of each photo"))
    if let date = origin.date { facts.append(("Trained", date)) }
    if let seconds { facts.append(("Time", Self.duration(seconds))) }
    return PhotoPage.origin(
      [("Where it comes from", facts), ("Settings", settings), ("Environment", environment)],
      modelPath: modelPath)
  }

  func limitSection(_ scores: PhotoScores) -> PhotoSection {
    let names = classifier.classNames
    var limits = [
      "It knows \(Self.listed(names.count <= 6 ? names : ["\(names.count) classes"])) and nothing else. Shown anything else, it still "
        + "names one of them, sometimes with certainty.",
      "The scores hold for photos like the ones it was tried on. Other cameras, places, light or seasons may make it worse: try it "
        + "on a hundred photos of your own first.",
      "Heat maps show where the network looked, not why, and not whether its reason is a good one.",
    ]
    let interval = scores.classes.accuracyInterval()
    if interval.upper - interval.lower > 0.05 {
      limits.append(
        "\(Self.grouped(test.count)) test photos are few: the true accuracy may well lie anywhere between "
          + "\(ReportText.percent(interval.lower, digits: 0)) and \(ReportText.percent(interval.upper, digits: 0))."
      )
    }
    let supports = names.indices.map(scores.classes.support)
    if let most = supports.max(), let least = supports.min(), most > 3 * max(1, least) {
      limits.append(
        "The classes are not equally frequent among the test photos (\(least) to \(most) each), so the accuracy says "
          + "most about the frequent ones: look at each class's recall.")
    }
    if let weights = classifier.origin.firstWeights {
      limits.append(
        "What it had learned from \(weights) is still in it, with whatever was one-sided about those photos.")
    }
    if let leaks = census?.leaks, !leaks.isEmpty {
      limits.append(
        "\(leaks.count) photos are, the same or nearly, in more than one part of the folder: the score may be "
          + "better than it should be.")
    }
    return PhotoPage.limits(limits)
  }
}
