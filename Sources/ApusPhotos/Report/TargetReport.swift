import ApusData
import ApusIO
import ApusReport
import ApusTrain

/// A page about a model for labels or numbers of images: scores of each target, images with the highest loss, training
/// curves.
public struct TargetReport: Sendable {
  /// What came of the training.
  public let result: TargetResult
  /// How it was trained: names and values.
  public var settings: [(name: String, value: String)] = []
  /// With what it was trained: names and values.
  public var environment: [(name: String, value: String)] = []
  /// The model's file, whose checksum is shown.
  public var modelPath: String?

  private static let hardestCount = 12

  /// A report on a training.
  /// - Throws: `DataError` without test photos.
  public init(_ result: TargetResult) throws {
    guard result.test.count > 0, result.test.truths != nil else {
      throw DataError(.empty, "answers for photos, with what they show, were expected")
    }
    self.result = result
  }

  /// Writes the page; the file appears complete or not at all.
  public func write(to path: String) throws { try page().write(to: path) }

  /// The page as HTML.
  public func html() throws -> String { try page().html() }

  /// The page.
  public func page() throws -> Report {
    let test = result.test
    let sections = [
      test.labelReport.map { .labelScores($0, sample: "image") },
      test.numberReports.map { .regressionScores($0, sample: "image") },
      hardestSection(),
      .learning(
        phases: result.phases.map { phase in
          TrainingPhase(
            phase.name == "classifier" ? "Head" : "All layers", history: phase.history, rates: phase.rates)
        },
        measures: test.areNumbers
          ? [.init("Loss", "loss", "Huber, of scaled targets"), .init("R²", "r2", "R²")]
          : [
            .init("Loss", "loss", "binary cross-entropy"),
            .init("Mean average precision", "meanAveragePrecision", "mean over labels"),
          ],
        note: "The loss should fall and the other score rise."),
      .dataNotes(result.photos.notes),
      .provenance(
        [
          .init(
            "Data and model",
            result.predictor.origin.facts(
              network: result.predictor.model.architecture.name, size: result.predictor.loading.size,
              seconds: result.seconds)), .init("Settings", settings.facts),
          .init("Environment", environment.facts),
        ], modelPath: modelPath), limits,
    ].compactMap { $0 }
    return Report(title: title, lead: lead, figures: figures, sections: sections)
  }

  private var names: [String] { result.test.names }

  private var title: String {
    "\(result.test.areNumbers ? "Image regression for" : "Image labels:") \(Format.list(names, limit: 4))"
  }

  private var lead: String {
    let origin = result.predictor.origin
    let weights = origin.firstWeights.map { "pretrained on \($0) and fine-tuned" } ?? "trained from scratch"
    let learned = origin.trainingCount.map { " on \(Format.count($0, "image"))" } ?? ""
    let part = result.photos.testName.map { "of the folder \($0)" } ?? "held out before training"
    let targets =
      result.test.areNumbers ? Format.count(names.count, "number") : Format.count(names.count, "label")
    return
      "\(result.predictor.model.architecture.name), \(weights)\(learned) to predict \(targets). All scores are on the test "
      + "set, \(Format.count(result.test.count, "image")) \(part)."
  }

  private var figures: [Report.Figure] {
    let time = Report.Figure(Format.duration(result.seconds), "training time")
    if let report = result.test.labelReport {
      return [
        .init(Format.percent(report.meanAveragePrecision), "mean average precision; 100 % is best"),
        .init(Format.percent(report.macroF1), "macro F1, the mean over the labels"),
        .init(Format.percent(report.subsetAccuracy), "subset accuracy: all labels of an image right"), time,
      ]
    }
    let first = (result.test.numberReports ?? []).first
    return [
      .init(
        Format.fixed(result.test.score ?? .nan, 3),
        "R²\(names.count > 1 ? ", the mean over the targets" : ""); 1 is best"),
      .init(Format.number(first?.meanAbsoluteError ?? .nan), "mean absolute error of \(names[0])"),
      .init(
        Format.number(first?.baselineMeanAbsoluteError ?? .nan), "error of always predicting the mean"), time,
    ]
  }

  private func hardestSection() -> Report.Section? {
    let test = result.test
    guard let losses = test.losses, let truths = test.truths else { return nil }
    let order = losses.indices.sorted { (losses[$1], $0) < (losses[$0], $1) }.prefix(Self.hardestCount)
    let items = order.compactMap { photo -> Report.Gallery.Item? in
      guard let image = try? result.predictor.loading.image(at: test.files[photo]).reportImage() else {
        return nil
      }
      let predicted: String, truth: String
      if test.areNumbers {
        predicted = test.said(photo).map { "\($0.name) \(Format.number($0.value))" }.joined(separator: ", ")
        truth = truths[photo].map { Format.number($0) }.joined(separator: ", ")
      } else {
        predicted = test.said(photo).map { "\($0.name) \(Format.percent($0.value, digits: 0))" }
          .joined(separator: ", ")
        truth = names.indices.filter { truths[photo][$0] > 0.5 }.map { names[$0] }.joined(separator: ", ")
      }
      return .init(
        [image], alt: "the image \(PhotoReport.name(test.files[photo]))",
        title: predicted.isEmpty ? "none" : predicted,
        caption: "is \(truth.isEmpty ? "none" : truth) · \(PhotoReport.name(test.files[photo]))")
    }
    guard !items.isEmpty else { return nil }
    return Report.Section(
      id: "hardest", title: "Images with the highest loss",
      note:
        "The test images whose prediction is furthest from the truth: in bold the prediction, below it what the table says. "
        + "Look for rows that are wrong and for images that are badly cropped: correcting those helps most.",
      blocks: [.gallery(.init(items))])
  }

  private var limits: Report.Section {
    var lines = [
      "The scores hold for images like those of the test set. Other cameras, places, light or seasons may lower them: test it "
        + "on a hundred images of your own first.",
      result.test.areNumbers
        ? "The model predicts numbers for any image, whatever it shows, without a measure of uncertainty."
        : "The model knows these labels and nothing else. It may assign any of them to an image of something else.",
    ]
    if result.test.count < 200 {
      lines.append(
        "The test set is small (\(Format.count(result.test.count, "image"))): look at the confidence intervals."
      )
    }
    return .limitations(lines)
  }
}
