import ApusReport

/// An example as a report shows it: itself, what was predicted for it, and what is true.
public struct ReportedExample: Sendable {
  /// Its place among the examples.
  public var row: Int
  /// What was predicted, such as `cat 98 %`.
  public var prediction: String
  /// What is true, such as `dog`; empty where it is said elsewhere.
  public var truth: String
  /// Whether the prediction is right; nil where it is neither.
  public var isRight: Bool?
  /// The output whose explanation is shown beside the example; nil for none.
  public var explainedOutput: Int?
  /// Up to three images to show instead of the example's own, such as masks.
  public var images: [Report.Image]

  /// An example with its prediction.
  ///
  /// - Parameters:
  ///   - row: Its place among the examples.
  ///   - prediction: What was predicted.
  ///   - truth: What is true; empty where it is said elsewhere.
  ///   - isRight: Whether the prediction is right; nil where it is neither.
  ///   - explainedOutput: The output whose explanation is shown beside the example; nil for none.
  ///   - images: Up to three images to show instead of the example's own.
  public init(
    row: Int, prediction: String, truth: String = "", isRight: Bool? = nil, explainedOutput: Int? = nil,
    images: [Report.Image] = []
  ) {
    self.row = row
    self.prediction = prediction
    self.truth = truth
    self.isRight = isRight
    self.explainedOutput = explainedOutput
    self.images = images
  }
}

/// Examples as blocks of a report.
public struct ReportedExamples: Sendable {
  /// A gallery of images, or a table of texts or names; none without examples.
  public var blocks: [Report.Block]
  /// Whether any example is shown with an image that explains its prediction.
  public var areExplained: Bool
}

extension ReportContext {
  /// Characters of a text that are shown.
  private static let excerptLength = 240

  /// Examples with their predictions: a gallery where they can be seen, otherwise a table of texts or names.
  ///
  /// - Parameters:
  ///   - items: The examples in reading order.
  ///   - what: What they are called in progress, such as `hardest examples`.
  /// - Throws: `CancellationError` in a cancelled task.
  /// - Returns: The block.
  public func shown(_ items: [ReportedExample], _ what: String) throws -> ReportedExamples {
    var shown: [(item: ReportedExample, images: [Report.Image], text: String?, summary: String)] = []
    var areExplained = false
    for (place, item) in items.enumerated() {
      try Task.checkCancellation()
      if item.explainedOutput != nil { reporter.count(what, place, items.count) }
      var (images, text) = (item.images, String?.none)
      if images.isEmpty {
        switch exhibit(item.row) {
        case .image(let image): images = [image]
        case .text(let full): text = full.excerpt(Self.excerptLength)
        case .name: break
        }
      }
      var summary = ""
      if let output = item.explainedOutput, let explanation = explanation(item.row, output: output) {
        areExplained = true
        summary = explanation.summary
        if let found = explanation.images {
          images = text == nil ? [found.example, found.overlay] : [found.overlay]
        }
      }
      shown.append((item, images, text, summary))
    }
    if items.contains(where: { $0.explainedOutput != nil }) { reporter.count(what, items.count, items.count) }
    guard !shown.isEmpty else { return ReportedExamples(blocks: [], areExplained: false) }
    guard shown.contains(where: { !$0.images.isEmpty }) else {
      let table = table(of: shown.map { ($0.item, $0.text, $0.summary) })
      return ReportedExamples(blocks: [.table(table)], areExplained: false)
    }
    let gallery = shown.map { item, images, text, summary in
      let name = shortName(item.row)
      let truth = item.truth.isEmpty ? "" : "true: \(item.truth)"
      return Report.Gallery.Item(
        images, alt: "\(noun) \(name)", title: item.prediction,
        caption: [text ?? "", truth, name, summary].filter { !$0.isEmpty }.joined(separator: " · "),
        mark: item.isRight.map { $0 ? .right : .wrong })
    }
    let layouts: [Report.Gallery.Layout] = [.single, .single, .pairs, .triples]
    let width = min(3, shown.map(\.images.count).max() ?? 1)
    return ReportedExamples(
      blocks: [.gallery(.init(gallery, layout: layouts[width]))], areExplained: areExplained)
  }

  private func table(of items: [(item: ReportedExample, text: String?, summary: String)]) -> Report.Table {
    func prediction(_ item: ReportedExample) -> String {
      (item.isRight.map { $0 ? "✓ " : "✗ " } ?? "") + item.prediction
    }
    guard items.contains(where: { $0.text != nil }) else {
      let hasTruth = items.contains { !$0.item.truth.isEmpty }
      return Report.Table(
        [.init(noun.capitalizedFirst), .init("Prediction", .leading)]
          + (hasTruth ? [.init("Truth", .leading)] : []),
        rows: items.map { item, _, _ in
          [.init(shortName(item.row)), .init(prediction(item))] + (hasTruth ? [.init(item.truth)] : [])
        }, width: .narrow)
    }
    // Texts take the width of the page beside their predictions.
    return Report.Table(
      ["Prediction", .init(noun.capitalizedFirst, .leading)],
      rows: items.map { item, text, summary in
        [
          Report.Table.Cell(prediction(item), detail: item.truth.isEmpty ? "" : "true: \(item.truth)"),
          Report.Table.Cell(
            text ?? "",
            detail: [shortName(item.row), summary].filter { !$0.isEmpty }.joined(separator: " · ")),
        ]
      })
  }

  /// What one example is called: `image`, `text`, `row`.
  public var noun: String { examples.noun }

  /// An example's name in a few words: the last two parts of a path.
  public func shortName(_ row: Int) -> String {
    examples.names[row].split(separator: "/").suffix(2).joined(separator: "/")
  }
}

extension Examples {
  /// What one example is called in reports and messages, by its modality: `image`, `text`, `row` or `example`.
  public var noun: String { Self.noun(modality: modality) }

  static func noun(modality: String) -> String {
    switch modality {
    case "image", "text": modality
    case "table": "row"
    default: "example"
    }
  }
}
