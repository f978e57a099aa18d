import Apus
import Foundation

/// The page about a training.
struct RunReport {
  private let record: RunRecord
  private let data: TrainingData
  private let trace: LossTrace
  private let schedule: Schedule
  private let stepCount: Int

  private static let mistakeCount = 24
  private static let pointCount = 400

  init(_ record: RunRecord, data: TrainingData, trace: LossTrace, schedule: Schedule, stepCount: Int) throws {
    self.record = record
    self.data = data
    self.trace = trace
    self.schedule = schedule
    self.stepCount = stepCount
  }

  func page() throws -> TrainingReport {
    var report = TrainingReport(title: data.title, introduction: introduction)
    report.figures = figures
    report.charts = charts
    report.classification = record.evaluation.classification
    report.regression = record.evaluation.regression
    report.mistakes = try mistakes()
    report.architecture = record.summary
    report.sections = [
      TrainingReport.Section(
        "Settings", record.settings.facts + [("Network", record.card.architecture.line)]),
      TrainingReport.Section(
        "Environment", Environment.facts + [("SHA-256 of the model", record.weightsDigest)]),
    ]
    report.footer =
      "Written by apus. This page is one file: it needs no other and asks for nothing from the network."
    return report
  }

  /// Writes a picture of each class for trying the model on, and gives their paths.
  func writeExamples(to folder: RunFolder) throws -> [String] {
    guard case .picture = data.input, let names = record.card.classNames,
      let labels = try data.test.classLabels()
    else { return [] }
    try FileManager.default.createDirectory(atPath: folder.examplesPath, withIntermediateDirectories: true)
    var paths: [String] = []
    for (label, name) in names.enumerated() {
      guard let sample = labels.firstIndex(of: label), let picture = try picture(sample) else { continue }
      let file = name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "-" }
      let path = "\(folder.examplesPath)/\(String(file)).png"
      try picture.writePNG(to: path)
      paths.append(path)
    }
    return paths
  }

  private var introduction: String {
    let kind = record.card.architecture.kind == .convolutional ? "convolutional network" : "network"
    let weights = Format.grouped(record.weightCount)
    let learned =
      record.card.classNames.map { "to tell \($0.count) classes apart" }
      ?? "to predict \(record.card.targetName)"
    return
      "A \(kind) of \(weights) weights learned \(learned), from \(Format.grouped(record.trainingCount)) samples. "
      + "The scores are of \(Format.grouped(record.evaluation.sampleCount)) samples that it never learned from."
  }

  private var figures: [TrainingReport.Figure] {
    var figures: [TrainingReport.Figure] = []
    if let scores = record.evaluation.classification {
      figures.append(.init(Format.percent(scores.accuracy), "test accuracy"))
      figures.append(.init(Format.number(record.evaluation.loss), "test loss"))
    }
    if let scores = record.evaluation.regression {
      figures.append(.init(Format.number(scores.meanAbsoluteError), "mean absolute error"))
      figures.append(.init(Format.number(scores.baselineMeanAbsoluteError), "error of saying the mean"))
      figures.append(.init(Format.number(scores.rSquared), "R²"))
    }
    return figures + [
      .init(Format.seconds(record.trainingSeconds), "training time"),
      .init("\(record.history.epochs.count)", "epochs"), .init(Format.grouped(record.weightCount), "weights"),
    ]
  }

  private var charts: [String] {
    let isClassification = record.evaluation.classification != nil
    let loss = isClassification ? "cross-entropy" : "squared error, standardized"
    var charts = [epochChart("Loss", "loss", yLabel: loss)]
    if isClassification {
      charts.append(epochChart("Accuracy", "accuracy", yLabel: "share of right answers"))
    } else {
      charts.append(epochChart("Mean absolute error", "meanAbsoluteError", yLabel: "error, standardized"))
    }
    func points(_ values: [(step: Int, loss: Double)]) -> [SVGChart.Point] {
      values.map { SVGChart.Point(x: Double($0.step), y: $0.loss) }
    }
    charts.append(
      SVGChart(
        title: "Training loss of each batch", xLabel: "step", yLabel: loss,
        series: [
          SVGChart.Series("batches", points(trace.means(Self.pointCount)), isFaint: true),
          SVGChart.Series("running mean", points(trace.smoothed(Self.pointCount))),
        ]))
    let stride = max(1, stepCount / 200)
    let rates = Swift.stride(from: 0, to: max(1, stepCount), by: stride).map {
      SVGChart.Point(x: Double($0), y: schedule(at: $0))
    }
    charts.append(
      SVGChart(
        title: "Learning rate", xLabel: "step", yLabel: "learning rate",
        series: [SVGChart.Series("one cycle", rates)]))
    return charts.map { $0.svg() }
  }

  private func epochChart(_ title: String, _ quantity: String, yLabel: String) -> SVGChart {
    let series = [("training", quantity), ("test", "val_" + quantity)].map { name, key in
      SVGChart.Series(
        name,
        zip(record.history.epochs, record.history[key]).map {
          SVGChart.Point(x: Double($0.number + 1), y: $1)
        })
    }
    var chart = SVGChart(
      title: title, xLabel: "epoch", yLabel: yLabel, series: series.filter { !$0.points.isEmpty })
    chart.countsAlongX = true
    return chart
  }

  private func mistakes() throws -> [TrainingReport.Mistake] {
    guard case .picture = data.input, let names = record.card.classNames else { return [] }
    return try record.evaluation.mistakes.prefix(Self.mistakeCount).map { mistake in
      TrainingReport.Mistake(
        picture: try picture(mistake.sample)?.pngBytes(), truth: names[mistake.truth],
        prediction: names[mistake.prediction], probability: mistake.probability, sample: mistake.sample)
    }
  }

  private func picture(_ sample: Int) throws -> Image? {
    guard let pixels = try data.test[sample].features.first else { return nil }
    return try Image(pixels)
  }
}
