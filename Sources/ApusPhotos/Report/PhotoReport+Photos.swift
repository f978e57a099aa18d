import ApusData
import ApusTrain

// Where it fails and what it looks at, in photos.
extension PhotoReport {
  private static let pairCount = 4
  private static let photosOfPair = 6
  private static let hardestCount = 12
  private static let exampleCount = 8

  func mistakeSection(_ scores: PhotoScores) throws -> PhotoSection {
    let report = scores.classes
    var note = "Each row is what photos show, each column what the network says: on the diagonal it is right."
    if let worst = report.confusions.first {
      note +=
        " Its most frequent mistake: \(worst.count) of \(report.support(worst.truth)) photos of "
        + "“\(report.classNames[worst.truth])” are taken for “\(report.classNames[worst.prediction])”."
    } else {
      note += " It made no mistake here."
    }
    var body = ConfusionTable(report)?.html() ?? ""
    for confusion in report.confusions.prefix(Self.pairCount) {
      let members = scores.labels.indices.filter {
        scores.labels[$0] == confusion.truth && scores.predictions[$0] == confusion.prediction
      }.sorted { (scores.losses[$1], $0) < (scores.losses[$0], $1) }
      let (truth, prediction) = (report.classNames[confusion.truth], report.classNames[confusion.prediction])
      let items = members.prefix(Self.photosOfPair).compactMap { index -> String? in
        guard let picture = try? classifier.loading.image(at: test.files[index]) else { return nil }
        let probability = test.probabilities(index)[confusion.prediction]
        return try? Self.item(
          [picture], alt: "a photo of \(truth)",
          bold: "\(prediction) \(ReportText.percent(probability, digits: 0))",
          plain: Self.name(test.files[index]))
      }
      guard !items.isEmpty else { continue }
      body +=
        "\n<h3>\(HTML.escaped(truth)) taken for \(HTML.escaped(prediction)): \(confusion.count)</h3>\n"
        + "<ul class=\"mistakes photos\">\n\(items.joined(separator: "\n"))\n</ul>"
    }
    return PhotoSection(id: "mistakes", title: "What it mixes up", note: note, body: body)
  }

  func hardestSection(_ scores: PhotoScores) throws -> PhotoSection? {
    let order = scores.losses.indices.sorted { (scores.losses[$1], $0) < (scores.losses[$0], $1) }
      .prefix(Self.hardestCount)
    let items = try explained(Array(order)) { scores.predictions[$0] }.map { index, explanation in
      let (truth, answer) = (test.classNames[scores.labels[index]], explanation.className)
      let sure = ReportText.percent(test.probabilities(index)[explanation.label], digits: 0)
      return try Self.item(
        [explanation.enlargedPicture(), explanation.overlay()],
        alt: "a photo of \(truth), and where the network saw \(answer)",
        bold: truth == answer ? "\(answer) \(sure), right" : "\(answer) \(sure), is \(truth)",
        plain: Self.name(explanation.file), isRight: truth == answer)
    }
    guard !items.isEmpty else { return nil }
    return PhotoSection(
      id: "hardest", title: "The photos that it found hardest",
      note:
        "Of all test photos, those for which it gave the right answer the least probability. Beside each, in bright "
        + "colours, where it found what speaks for its own answer (Grad-CAM). Look for photos that are labelled wrongly, "
        + "show several things, or are cut badly: mending those helps most.",
      body: "<ul class=\"mistakes pairs\">\n\(items.joined(separator: "\n"))\n</ul>")
  }

  func exampleSection(_ scores: PhotoScores) throws -> PhotoSection? {
    let names = scores.classes.classNames
    // Of each class the photo that is right with the median loss: a usual one, not the best.
    let shown = names.indices.compactMap { label -> Int? in
      let right = scores.labels.indices.filter {
        scores.labels[$0] == label && scores.predictions[$0] == label
      }.sorted { (scores.losses[$0], $0) < (scores.losses[$1], $1) }
      return right.isEmpty ? nil : right[right.count / 2]
    }.prefix(Self.exampleCount)
    let items = try explained(Array(shown)) { scores.predictions[$0] }.map { index, explanation in
      try Self.item(
        [explanation.enlargedPicture(), explanation.overlay()],
        alt: "a photo of \(explanation.className), and where the network saw that",
        bold:
          "\(explanation.className) \(ReportText.percent(test.probabilities(index)[explanation.label], digits: 0))",
        plain: explanation.focus.map { "mostly \($0.place)" } ?? "", isRight: true)
    }
    guard !items.isEmpty else { return nil }
    return PhotoSection(
      id: "examples", title: "What it looks at when it is right",
      note:
        "A usual photo of each class, and beside it where the network found what speaks for the class. The colours "
        + "should lie on the thing itself. If they lie on the background, it may have learned the wrong thing, such as "
        + "the lawn that dogs stand on.",
      body: "<ul class=\"mistakes pairs\">\n\(items.joined(separator: "\n"))\n</ul>")
  }

  /// Explanations of those photos that can still be read, with their places among the answers.
  private func explained(
    _ indices: [Int], class label: (Int) -> Int
  ) throws -> [(index: Int, explanation: PhotoExplanation)] {
    let readable = indices.filter { (try? classifier.loading.image(at: test.files[$0])) != nil }
    guard !readable.isEmpty, let explainer = try? PhotoExplainer(classifier) else { return [] }
    let found = try explainer.explanations(
      ofFiles: readable.map { test.files[$0] }, classes: readable.map { label($0) })
    return Array(zip(readable, found)).map { (index: $0.0, explanation: $0.1) }
  }

  static func item(
    _ pictures: [Image], alt: String, bold: String, plain: String, isRight: Bool = false
  ) throws -> String {
    let images = try pictures.enumerated().map { index, picture in
      try image(picture, alt: index == 0 ? alt : "")
    }
    let words = plain.isEmpty ? "" : "<span>\(HTML.escaped(plain))</span>"
    return
      "<li>\(images.joined())<div><b\(isRight ? " class=\"right\"" : "")>\(HTML.escaped(bold))</b>\(words)</div></li>"
  }

  /// A picture inside the page.
  static func image(_ picture: Image, alt: String) throws -> String {
    let isTiny = min(picture.width, picture.height) < 100
    let address =
      isTiny
      ? HTML.dataAddress(try picture.pngBytes(), type: "image/png")
      : HTML.dataAddress(try picture.jpegBytes(quality: 82), type: "image/jpeg")
    return "<img src=\"\(address)\" alt=\"\(HTML.escaped(alt))\" width=\"\(picture.width)\" "
      + "height=\"\(picture.height)\"\(isTiny ? " class=\"tiny\"" : "")>"
  }

  /// The last two parts of a path: `dogs/12.jpg`.
  static func name(_ path: String) -> String { path.split(separator: "/").suffix(2).joined(separator: "/") }
}
