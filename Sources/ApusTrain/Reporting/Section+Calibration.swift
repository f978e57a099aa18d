import ApusReport

extension CalibrationReport {
  /// The reliability diagram.
  ///
  /// - Parameter title: The heading of the diagram.
  /// - Returns: The chart.
  public func chart(title: String = "Reliability") -> ReliabilityChart {
    ReliabilityChart(
      title: title,
      bins: bins.map {
        .init(
          lower: $0.lower, upper: $0.upper, count: $0.count, confidence: $0.confidence, accuracy: $0.accuracy)
      })
  }
}

extension Report.Section {
  /// Reliability diagrams and calibration errors before and after temperature scaling.
  ///
  /// - Parameters:
  ///   - before: The calibration of the softmax of the logits.
  ///   - after: The calibration of the softmax of the logits divided by the temperature.
  ///   - temperature: The temperature.
  ///   - sample: What one sample is called, such as `image`.
  /// - Returns: The section.
  public static func calibration(
    before: CalibrationReport, after: CalibrationReport, temperature: Double, sample: String = "sample"
  ) -> Report.Section {
    let finding =
      abs(temperature - 1) < 0.02
      ? "the model was calibrated already"
      : temperature > 1 ? "the model was overconfident" : "the model was underconfident"
    func row(
      _ name: String, _ value: (CalibrationReport) -> Double, _ cell: (Double) -> Report.Table.Cell
    ) -> [Report.Table.Cell] { [.init(name), cell(value(before)), cell(value(after))] }
    return Report.Section(
      id: "calibration", title: "Calibration",
      note:
        "Reliability diagrams: each bar gathers \(sample)s predicted with similar confidence, and its height is their "
        + "accuracy. On the dashed line a confidence of 80 % means that 80 % are right; bars below it are overconfident. Pale "
        + "bars hold few \(sample)s and mean little. On the validation set \(finding): all logits are divided by the "
        + "temperature \(Format.fixed(temperature, 2)) before the softmax, which changes no predicted class.",
      blocks: [
        .charts([
          before.chart(title: "Before temperature scaling"), after.chart(title: "After temperature scaling"),
        ]),
        .table(
          Report.Table(
            ["On the test set", "Before", "After"],
            rows: [
              row("Expected calibration error", \.expectedError) { .percent($0) },
              row("Maximum calibration error", \.largestError) { .percent($0) },
              row("Brier score (0 is best)", \.brierScore) { .number($0, decimals: 4) },
              row("Negative log-likelihood (0 is best)", \.negativeLogLikelihood) {
                .number($0, decimals: 4)
              },
            ], width: .narrow)),
      ])
  }
}
