import ApusData
import ApusReport
import ApusTrain

// Where it fails and what it looks at, in images.
extension PhotoReport {
  private static let pairCount = 4
  private static let photosOfPair = 6
  private static let hardestCount = 12
  private static let exampleCount = 8

  func confusionSection(_ scores: PhotoScores) -> Report.Section {
    let report = scores.classes
    var blocks: [Report.Block] = []
    for confusion in report.confusions.prefix(Self.pairCount) {
      let members = scores.labels.indices.filter {
        scores.labels[$0] == confusion.truth && scores.predictions[$0] == confusion.prediction
      }.sorted { (scores.losses[$1], $0) < (scores.losses[$0], $1) }
      let (truth, prediction) = (report.classNames[confusion.truth], report.classNames[confusion.prediction])
      let items = members.prefix(Self.photosOfPair).compactMap { index -> Report.Gallery.Item? in
        guard let image = try? classifier.loading.image(at: test.files[index]).reportImage() else {
          return nil
        }
        let probability = test.probabilities(index)[confusion.prediction]
        return .init(
          [image], alt: "an image of \(truth)",
          title: "\(prediction) \(Format.percent(probability, digits: 0))",
          caption: Self.name(test.files[index]), mark: .wrong)
      }
      guard !items.isEmpty else { continue }
      blocks += [
        .heading("\(truth) predicted as \(prediction): \(Format.grouped(confusion.count))"),
        .gallery(.init(items)),
      ]
    }
    return .confusionMatrix(report, sample: "image", blocks: blocks)
  }

  func hardestSection(_ scores: PhotoScores) throws -> Report.Section? {
    let order = scores.losses.indices.sorted { (scores.losses[$1], $0) < (scores.losses[$0], $1) }
      .prefix(Self.hardestCount)
    let items = try explained(Array(order)) { scores.predictions[$0] }.map {
      index, explanation -> Report.Gallery.Item in
      let (truth, prediction) = (test.classNames[scores.labels[index]], explanation.className)
      let confidence = Format.percent(test.probabilities(index)[explanation.label], digits: 0)
      return .init(
        try [explanation.enlargedPicture(), explanation.overlay()].map { try $0.reportImage() },
        alt: "an image of \(truth), and its Grad-CAM heat map for \(prediction)",
        title: truth == prediction
          ? "\(prediction) \(confidence)" : "\(prediction) \(confidence), is \(truth)",
        caption: Self.name(explanation.file), mark: truth == prediction ? .right : .wrong)
    }
    guard !items.isEmpty else { return nil }
    return Report.Section(
      id: "hardest", title: "Images with the highest loss",
      note:
        "The test images whose true class got the lowest probability. Beside each, the Grad-CAM heat map of the predicted "
        + "class: bright regions speak for it. Look for images that are labeled wrong, show several things, or are badly "
        + "cropped: correcting those helps most.",
      blocks: [.gallery(.init(items, layout: .pairs))])
  }

  func exampleSection(_ scores: PhotoScores) throws -> Report.Section? {
    let names = scores.classes.classNames
    // Of each class the image that is right with the median loss: a usual one, not the best.
    let shown = names.indices.compactMap { label -> Int? in
      let right = scores.labels.indices.filter {
        scores.labels[$0] == label && scores.predictions[$0] == label
      }.sorted { (scores.losses[$0], $0) < (scores.losses[$1], $1) }
      return right.isEmpty ? nil : right[right.count / 2]
    }.prefix(Self.exampleCount)
    let items = try explained(Array(shown)) { scores.predictions[$0] }.map {
      index, explanation -> Report.Gallery.Item in
      .init(
        try [explanation.enlargedPicture(), explanation.overlay()].map { try $0.reportImage() },
        alt: "an image of \(explanation.className), and its Grad-CAM heat map",
        title:
          "\(explanation.className) \(Format.percent(test.probabilities(index)[explanation.label], digits: 0))",
        caption: explanation.focus.map { "mostly \($0.place)" } ?? "", mark: .right)
    }
    guard !items.isEmpty else { return nil }
    return Report.Section(
      id: "examples", title: "Heat maps of correct predictions (Grad-CAM)",
      note:
        "An image of each class with the median loss, and beside it where the network found what speaks for the class. The "
        + "bright regions should lie on the object. If they lie on the background, the model may have learned a shortcut, such "
        + "as the lawn that dogs stand on.",
      blocks: [.gallery(.init(items, layout: .pairs))])
  }

  /// Explanations of those images that can still be read, with their places among the predictions.
  private func explained(
    _ indices: [Int], class label: (Int) -> Int
  ) throws -> [(index: Int, explanation: PhotoExplanation)] {
    let readable = indices.filter { (try? classifier.loading.image(at: test.files[$0])) != nil }
    guard !readable.isEmpty, let explainer = try? PhotoExplainer(classifier) else { return [] }
    let found = try explainer.explanations(
      ofFiles: readable.map { test.files[$0] }, classes: readable.map { label($0) })
    return Array(zip(readable, found)).map { (index: $0.0, explanation: $0.1) }
  }

  /// The last two parts of a path: `dogs/12.jpg`.
  static func name(_ path: String) -> String { path.split(separator: "/").suffix(2).joined(separator: "/") }
}
