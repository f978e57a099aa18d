import Apus
import ApusReport
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

  func page() throws -> Report {
    let evaluation = record.evaluation
    let sections = try [
      Report.Section(id: "training", title: "Training and validation curves", blocks: [.charts(charts)]),
      evaluation.regression.map { .regressionScores([$0]) },
      evaluation.classification.map { .confusionMatrix($0) },
      evaluation.classification.map { .classScores($0) },
      mistakeSection(),
      Report.Section(id: "layers", title: "Layers", blocks: [.preformatted(record.summary)]),
      .provenance([
        .init("Settings", facts(record.settings.facts) + [.init("Network", record.card.architecture.line)]),
        .init(
          "Environment", facts(Environment.facts) + [.init("SHA-256 of the model", record.weightsDigest)]),
      ]),
    ].compactMap { $0 }
    return Report(title: data.title, lead: lead, figures: figures, sections: sections)
  }

  private func facts(_ pairs: [(name: String, value: String)]) -> [Report.Fact] {
    pairs.map { Report.Fact($0.name, $0.value) }
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

  private var lead: String {
    let kind = record.card.architecture.kind == .convolutional ? "Convolutional network" : "Network"
    let task =
      record.card.classNames.map { "to classify \(Format.grouped($0.count)) classes" }
      ?? "to predict \(record.card.targetName)"
    return "\(kind) with \(Format.grouped(record.weightCount)) parameters, trained \(task) on "
      + "\(Format.grouped(record.trainingCount)) samples. All scores are on the test set, "
      + "\(Format.grouped(record.evaluation.sampleCount)) samples that were not trained on."
  }

  private var figures: [Report.Figure] {
    var figures: [Report.Figure] = []
    if let scores = record.evaluation.classification {
      let interval = scores.accuracyInterval()
      figures.append(
        .init(
          Format.percent(scores.accuracy),
          "test accuracy; 95 % confidence interval \(Format.percentRange(interval.lower, interval.upper))"))
      figures.append(.init(Format.number(record.evaluation.loss), "test loss"))
    }
    if let scores = record.evaluation.regression {
      figures.append(.init(Format.number(scores.meanAbsoluteError), "mean absolute error"))
      figures.append(
        .init(Format.number(scores.baselineMeanAbsoluteError), "error of always predicting the mean"))
      figures.append(.init(Format.number(scores.rSquared), "R²"))
    }
    return figures + [
      .init(Format.duration(record.trainingSeconds), "training time"),
      .init("\(record.history.epochs.count)", "epochs"),
      .init(Format.grouped(record.weightCount), "parameters"),
    ]
  }

  private var charts: [any Chart] {
    let isClassification = record.evaluation.classification != nil
    let loss = isClassification ? "cross-entropy" : "squared error, standardized"
    var charts: [any Chart] = [epochChart("Loss", "loss", yLabel: loss)]
    if isClassification {
      charts.append(epochChart("Accuracy", "accuracy", yLabel: "accuracy"))
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
    return charts
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

  private func mistakeSection() throws -> Report.Section? {
    guard case .picture = data.input, let names = record.card.classNames else { return nil }
    let items = try record.evaluation.mistakes.prefix(Self.mistakeCount).map {
      mistake -> Report.Gallery.Item in
      let confidence = Format.percent(mistake.probability, digits: 0)
      return .init(
        try picture(mistake.sample).map { [try $0.reportImage(isLossless: true)] } ?? [],
        alt: "test sample \(mistake.sample), \(names[mistake.truth])",
        title: "\(names[mistake.prediction]) \(confidence)", caption: "is \(names[mistake.truth])",
        mark: .wrong)
    }
    return Report.Section(
      id: "mistakes", title: "Most confident mistakes",
      note: items.isEmpty
        ? ""
        : "Test samples that are predicted wrong with the highest probability; below the prediction, the true class.",
      blocks: [.gallery(.init(items))])
  }

  private func picture(_ sample: Int) throws -> Image? {
    guard let pixels = try data.test[sample].features.first else { return nil }
    return try Image(pixels)
  }
}
