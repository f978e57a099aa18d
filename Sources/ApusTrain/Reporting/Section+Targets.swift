import ApusReport

extension RegressionReport {
  /// Predicted over true values.
  public func chart() -> PredictionChart {
    PredictionChart(targetName: targetName, truths: truths, predictions: predictions)
  }
}

extension Report.Section {
  /// Resamples for intervals: their ends move by less than they are wide.
  private static let resamples = 200
  /// How many targets get a chart of their own.
  private static let chartLimit = 8

  /// Errors and R² of each target with 95 % bootstrap intervals, and charts of predicted over true values.
  ///
  /// - Parameters:
  ///   - reports: The predictions for the test set, one report a target.
  ///   - sample: What one sample is called, such as `image`.
  /// - Returns: The section.
  public static func regressionScores(_ reports: [RegressionReport], sample: String = "sample")
    -> Report.Section
  {
    let rows = reports.map { report -> [Report.Table.Cell] in
      let intervals = ConfidenceInterval.bootstrap(count: report.truths.count, resamples: resamples) {
        drawn in
        let again = RegressionReport(
          targetName: report.targetName, truths: drawn.map { report.truths[$0] },
          predictions: drawn.map { report.predictions[$0] }, baseline: report.baseline)
        return [
          again?.meanAbsoluteError ?? .nan, again?.rootMeanSquaredError ?? .nan, again?.rSquared ?? .nan,
        ]
      }
      return [
        .init(report.targetName), .number(report.meanAbsoluteError, intervals[0]),
        .number(report.baselineMeanAbsoluteError), .number(report.rootMeanSquaredError, intervals[1]),
        .number(report.rSquared, intervals[2], decimals: 3),
      ]
    }
    return Report.Section(
      id: "errors", title: "Errors and R²",
      note:
        "Mean absolute error and root mean squared error are in the target's own unit. The baseline always predicts the "
        + "mean of the training set. R² is the share of the variance that the model explains: 1 is best, 0 is no better than "
        + "the mean. In small print, 95 % confidence intervals. Each dot is one \(sample) of the test set; on the dashed line the "
        + "prediction is exact.",
      blocks: [
        .table(
          Report.Table(
            ["Target", "Mean absolute error", "Baseline's", "Root mean squared error", "R²"], rows: rows)),
        .charts(reports.prefix(chartLimit).map { $0.chart() }),
      ])
  }

  /// Average precision, precision, recall and F1 of each label with 95 % confidence intervals.
  ///
  /// - Parameters:
  ///   - report: The predictions for the test set.
  ///   - sample: What one sample is called, such as `image`.
  /// - Returns: The section.
  public static func labelScores(_ report: MultiLabelReport, sample: String = "sample") -> Report.Section {
    let labels = report.labelNames.indices
    let intervals = ConfidenceInterval.bootstrap(count: report.truths.count, resamples: resamples) { drawn in
      let again = MultiLabelReport(
        labelNames: report.labelNames, truths: drawn.map { report.truths[$0] },
        probabilities: drawn.map { report.probabilities[$0] }, thresholds: report.thresholds)
      return labels.map { again?.averagePrecision($0) ?? .nan } + labels.map { again?.f1($0) ?? .nan }
    }
    let rows = labels.map { label -> [Report.Table.Cell] in
      let counts = report.counts(label)
      func wilson(_ count: Double) -> ConfidenceInterval {
        .wilson(hits: Int(counts.hits), count: Int(count))
      }
      return [
        .init(report.labelNames[label]), .percent(report.averagePrecision(label), intervals[label]),
        .percent(report.precision(label), wilson(counts.said)),
        .percent(report.recall(label), wilson(counts.real)),
        .percent(report.f1(label), intervals[labels.count + label]),
        .number(report.thresholds[label], decimals: 2), .count(report.support(label)),
      ]
    }
    return Report.Section(
      id: "labels", title: "Precision, recall and F1 of each label",
      note:
        "Average precision: the area under the precision-recall curve, independent of the threshold; 100 % is best. "
        + "Precision: the share of the \(sample)s predicted to have the label that have it. Recall: the share of those with the "
        + "label that are found. F1: the harmonic mean of both. A label is predicted where its probability is above its "
        + "threshold, chosen on the validation set. In small print, 95 % confidence intervals.",
      blocks: [
        .table(
          Report.Table(
            ["Label", "Average precision", "Precision", "Recall", "F1", "Threshold", "Test \(sample)s"],
            rows: rows))
      ])
  }
}
