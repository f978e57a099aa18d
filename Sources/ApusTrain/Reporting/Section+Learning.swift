import ApusReport

/// A quantity of a history that a report draws over the epochs.
public struct LearningMeasure: Sendable, Equatable {
  /// The heading of the chart.
  public var title: String
  /// The name in the history, such as `accuracy`; that of the validation set is `val_accuracy`.
  public var quantity: String
  /// What the vertical axis is called.
  public var label: String

  /// A quantity of a history.
  ///
  /// - Parameters:
  ///   - title: The heading of the chart.
  ///   - quantity: The name in the history.
  ///   - label: What the vertical axis is called.
  public init(_ title: String, _ quantity: String, _ label: String) {
    self.title = title
    self.quantity = quantity
    self.label = label
  }
}

extension Report.Section {
  /// Training and validation curves, phase by phase, with the learning rate.
  ///
  /// - Parameters:
  ///   - phases: The phases in order.
  ///   - measures: What is drawn over the epochs, the loss first.
  ///   - note: A sentence on what the curves should do.
  /// - Returns: The section; nil where nothing was recorded.
  public static func learning(
    phases: [TrainingPhase], measures: [LearningMeasure], note: String = "The loss should fall."
  ) -> Report.Section? {
    let phases = phases.filter { !$0.history.epochs.isEmpty || $0.rates != nil }
    guard !phases.isEmpty else { return nil }
    let blocks = phases.flatMap { phase -> [Report.Block] in
      (phases.count > 1 ? [.heading(phase.name)] : []) + [.charts(charts(of: phase, measures))]
    }
    let search =
      phases.contains { $0.rates != nil }
      ? " The last chart is the learning rate range test: the loss while the learning rate grew from batch to batch. A "
        + "rate at which the loss falls steadily was taken." : ""
    return Report.Section(
      id: "training", title: "Training and validation curves",
      note:
        "Values after each epoch, one pass over the training set. \(note) Where the validation loss turns upwards "
        + "while the training loss keeps falling, the model overfits: it memorizes the training set."
        + search,
      blocks: blocks)
  }

  private static func charts(of phase: TrainingPhase, _ measures: [LearningMeasure]) -> [any Chart] {
    let history = phase.history
    let epochs = history.epochs.map { Double($0.number + 1) }
    var charts: [any Chart] = measures.compactMap { measure in
      let series = [("training", measure.quantity), ("validation", "val_" + measure.quantity)].map {
        name, key in
        SVGChart.Series(name, zip(epochs, history[key]).map { SVGChart.Point(x: $0, y: $1) })
      }.filter { $0.points.contains { $0.y.isFinite } }
      guard !series.isEmpty else { return nil }
      return .epochs(measure.title, label: measure.label, series)
    }
    if history.epochs.count > 1 {
      let rates = zip(epochs, history.epochs).map { SVGChart.Point(x: $0, y: $1.learningRate) }
      charts.append(
        SVGChart.epochs(
          "Learning rate", label: "learning rate", [SVGChart.Series("at the end of the epoch", rates)]))
    }
    if let rates = phase.rates { charts.append(rates.chart()) }
    return charts
  }
}

extension Chart where Self == SVGChart {
  /// A chart over epochs.
  static func epochs(_ title: String, label: String, _ series: [SVGChart.Series]) -> SVGChart {
    var chart = SVGChart(title: title, xLabel: "epoch", yLabel: label, series: series)
    chart.countsAlongX = true
    return chart
  }
}
