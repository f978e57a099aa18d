import ApusData
import ApusIO
import ApusTrain

/// A page about a network for labels or numbers of photos: how good it is at each, which photos it found hardest, how
/// it learned.
public struct TargetReport: Sendable {
  /// What came of the training.
  public let result: TargetResult
  /// How it was trained: names and values.
  public var settings: [(name: String, value: String)] = []
  /// With what it was trained: names and values.
  public var environment: [(name: String, value: String)] = []
  /// The model's file, whose checksum is shown.
  public var modelPath: String?

  /// Resamples for intervals: their ends move by less than they are wide.
  private static let resamples = 200
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
  public func write(to path: String) throws { try AtomicFile.write(try html(), to: path) }

  /// The page.
  public func html() throws -> String {
    let test = result.test
    let sections = try [
      labelSection, numberSection, hardestSection(),
      PhotoPage.learning(
        result.phases.map { phase in
          PhotoReport.Phase(
            phase.name == "classifier" ? "The last layer" : "All layers", history: phase.history,
            rates: phase.rates)
        },
        measures: test.areNumbers
          ? [("Loss", "loss", "Huber, of scaled numbers"), ("R²", "r2", "share of variance explained")]
          : [
            ("Loss", "loss", "binary cross-entropy"),
            ("Mean average precision", "meanAveragePrecision", "mean over labels"),
          ],
        note: "The loss should fall and the other score rise"),
      PhotoPage.notes(result.photos.notes),
      PhotoPage.origin(
        [
          (
            "Where it comes from",
            PhotoPage.facts(
              result.predictor.origin, network: result.predictor.model.architecture.name,
              size: result.predictor.loading.size, seconds: result.seconds)
          ), ("Settings", settings), ("Environment", environment),
        ], modelPath: modelPath), limits,
    ].compactMap { $0 }
    return PhotoPage.html(title: title, introduction: introduction, figures: figures, sections: sections)
  }

  private var names: [String] { result.test.names }

  private var title: String {
    let shown =
      names.count <= 4
      ? PhotoReport.listed(names) : "\(names.count) \(result.test.areNumbers ? "numbers" : "labels")"
    return result.test.areNumbers ? "Telling \(shown) from photos" : "Labelling photos with \(shown)"
  }

  private var introduction: String {
    let origin = result.predictor.origin
    let head = origin.firstWeights.map { ", which had learned from \($0) before," } ?? ""
    let learned = origin.trainingCount.map { " It learned from \(PhotoReport.grouped($0)) photos." } ?? ""
    let part = result.photos.testName.map { "of the folder \($0)" } ?? "that were put aside before"
    return "\(result.predictor.model.architecture.name)\(head) was taught to "
      + (result.test.areNumbers
        ? "give \(names.count == 1 ? "a number" : "\(names.count) numbers") for photos."
        : "say which of \(names.count) label\(names.count == 1 ? "" : "s") hold for photos.")
      + "\(learned) The scores below are of \(PhotoReport.grouped(result.test.count)) photos \(part): it never learned "
      + "from them."
  }

  private var figures: [(value: String, meaning: String)] {
    let time = (PhotoReport.duration(result.seconds), "to train")
    if let report = result.test.labelReport {
      return [
        (ReportText.percent(report.meanAveragePrecision), "mean average precision; 100 % is best"),
        (ReportText.percent(report.macroF1), "F1, the mean of the labels"),
        (ReportText.percent(report.subsetAccuracy), "of the photos have all labels right"), time,
      ]
    }
    let first = (result.test.numberReports ?? []).first
    return [
      (
        ReportText.fixed(result.test.score ?? .nan, 3),
        "R²\(names.count > 1 ? ", the mean of the numbers" : ""); 1 is best"
      ),
      (ReportText.compact(first?.meanAbsoluteError ?? .nan), "mean error of \(names[0])"),
      (ReportText.compact(first?.baselineMeanAbsoluteError ?? .nan), "mean error of always saying the mean"),
      time,
    ]
  }

  // MARK: - Scores

  private static func cell(_ value: Double, _ interval: ConfidenceInterval?, _ text: (Double) -> String)
    -> String
  {
    guard value.isFinite else { return "–" }
    guard let interval, interval.lower.isFinite else { return text(value) }
    return "\(text(value))<small>\(text(interval.lower)) – \(text(interval.upper))</small>"
  }

  private static func share(_ value: Double) -> String { ReportText.percent(value, spaced: false) }

  private var labelSection: PhotoSection? {
    guard let report = result.test.labelReport else { return nil }
    let intervals = ConfidenceInterval.bootstrap(count: result.test.count, resamples: Self.resamples) {
      drawn in
      let again = MultiLabelReport(
        labelNames: names, truths: drawn.map { report.truths[$0] },
        probabilities: drawn.map { report.probabilities[$0] }, thresholds: report.thresholds)
      return names.indices.map { again?.averagePrecision($0) ?? .nan }
        + names.indices.map { again?.f1($0) ?? .nan }
    }
    let rows = names.indices.map { label -> [String] in
      let counts = report.counts(label)
      func wilson(_ of: Double) -> ConfidenceInterval { .wilson(hits: Int(counts.hits), count: Int(of)) }
      return [
        HTML.escaped(names[label]),
        Self.cell(report.averagePrecision(label), intervals[label], Self.share),
        Self.cell(report.precision(label), wilson(counts.said), Self.share),
        Self.cell(report.recall(label), wilson(counts.real), Self.share),
        Self.cell(report.f1(label), intervals[names.count + label], Self.share),
        ReportText.fixed(report.thresholds[label], 2), PhotoReport.grouped(report.support(label)),
      ]
    }
    return PhotoSection(
      id: "labels", title: "How well it knows each label",
      note:
        "Average precision: sort the photos by how probable the label is held; it is 100 % where all photos with the label "
        + "come first. Precision: of the photos of which it says the label, how many have it. Recall: of those that have it, "
        + "of how many it says so. F1 is one number for both. A label is said above its threshold, which other photos decided. "
        + "In small print, where the value probably lies for such photos in general (95 of 100 times).",
      body: PhotoPage.table(
        ["Label", "Average precision", "Precision", "Recall", "F1", "Threshold", "Test photos"], rows))
  }

  private var numberSection: PhotoSection? {
    guard let reports = result.test.numberReports else { return nil }
    let rows = reports.map { report -> [String] in
      let intervals = ConfidenceInterval.bootstrap(count: report.truths.count, resamples: Self.resamples) {
        drawn in
        let again = RegressionReport(
          targetName: report.targetName, truths: drawn.map { report.truths[$0] },
          predictions: drawn.map { report.predictions[$0] }, baseline: report.baseline)
        return [
          again?.meanAbsoluteError ?? .nan, again?.rootMeanSquaredError ?? .nan, again?.rSquared ?? .nan,
        ]
      }
      return [
        HTML.escaped(report.targetName),
        Self.cell(report.meanAbsoluteError, intervals[0], ReportText.compact),
        ReportText.compact(report.baselineMeanAbsoluteError),
        Self.cell(report.rootMeanSquaredError, intervals[1], ReportText.compact),
        Self.cell(report.rSquared, intervals[2]) { ReportText.fixed($0, 3) },
      ]
    }
    let charts = reports.prefix(8).map { "<div class=\"card\">\($0.chart())</div>" }
    return PhotoSection(
      id: "numbers", title: "How close it comes",
      note:
        "The error is the distance between what it says and what is true, in the number's own unit. Beside it the error of "
        + "somebody who does not look and always says the mean of the training photos. R² is the share of the differences "
        + "between photos that it explains. In small print, where the value probably lies for such photos in general (95 of "
        + "100 times). Each dot is a photo; on the dashed line it would be exactly right.",
      body: PhotoPage.table(
        ["Number", "Mean error", "Always saying the mean", "Root mean squared error", "R²"], rows)
        + "<div class=\"charts\">\(charts.joined())</div>")
  }

  private func hardestSection() throws -> PhotoSection? {
    let test = result.test
    guard let losses = test.losses, let truths = test.truths else { return nil }
    let order = losses.indices.sorted { (losses[$1], $0) < (losses[$0], $1) }.prefix(Self.hardestCount)
    let items = order.compactMap { photo -> String? in
      guard let picture = try? result.predictor.loading.image(at: test.files[photo]) else { return nil }
      let said: String, truth: String
      if test.areNumbers {
        said = test.said(photo).map { "\($0.name) \(ReportText.compact($0.value))" }.joined(separator: ", ")
        truth = "is " + truths[photo].map(ReportText.compact).joined(separator: ", ")
      } else {
        let labels = test.said(photo).map { "\($0.name) \(ReportText.percent($0.value, digits: 0))" }
        let real = names.indices.filter { truths[photo][$0] > 0.5 }.map { names[$0] }
        said = labels.isEmpty ? "none" : labels.joined(separator: ", ")
        truth = "is " + (real.isEmpty ? "none" : real.joined(separator: ", "))
      }
      return try? PhotoReport.item(
        [picture], alt: "the photo \(PhotoReport.name(test.files[photo]))", bold: said,
        plain: "\(truth) · \(PhotoReport.name(test.files[photo]))")
    }
    guard !items.isEmpty else { return nil }
    return PhotoSection(
      id: "hardest", title: "The photos that it found hardest",
      note:
        "Of all test photos, those for which it was furthest from the truth: what it says, and what the table says. Look for "
        + "rows that are wrong, and for photos that are cut badly: mending those helps most.",
      body: "<ul class=\"mistakes photos\">\n\(items.joined(separator: "\n"))\n</ul>")
  }

  private var limits: PhotoSection {
    var lines = [
      "The scores hold for photos like the ones it was tried on. Other cameras, places, light or seasons may make it worse: "
        + "try it on a hundred photos of your own first."
    ]
    lines.append(
      result.test.areNumbers
        ? "It gives numbers for any picture, whatever it shows, and does not say how sure it is."
        : "It knows these labels and nothing else. Of a photo of something else it may say any of them.")
    if result.test.count < 200 {
      lines.append(
        "\(PhotoReport.grouped(result.test.count)) test photos are few: look at the ranges in small print.")
    }
    return PhotoPage.limits(lines)
  }
}
