import ApusReport

extension ClassificationReport {
  /// The confusion matrix as a block of a report.
  public var confusionMatrix: Report.ConfusionMatrix { .init(classNames: classNames, counts: counts) }
}

extension Report.Table.Cell {
  /// A share in percent with its confidence interval in small print.
  ///
  /// - Parameters:
  ///   - share: The share, 0...1.
  ///   - interval: Its confidence interval.
  /// - Returns: The cell.
  public static func percent(_ share: Double, _ interval: ConfidenceInterval) -> Report.Table.Cell {
    .percent(share, interval: (interval.lower, interval.upper))
  }

  /// A number with its confidence interval in small print.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - interval: Its confidence interval.
  ///   - decimals: Digits after the point; four significant digits if nil.
  /// - Returns: The cell.
  public static func number(
    _ value: Double, _ interval: ConfidenceInterval, decimals: Int? = nil
  ) -> Report.Table.Cell {
    .number(value, interval: (interval.lower, interval.upper), decimals: decimals)
  }
}

extension Report.Section {
  /// The confusion matrix, with the most frequent confusion in words.
  ///
  /// - Parameters:
  ///   - report: The predictions for the test set.
  ///   - sample: What one sample is called, such as `image`.
  ///   - blocks: What follows the matrix, such as examples of the confusions.
  /// - Returns: The section.
  public static func confusionMatrix(
    _ report: ClassificationReport, sample: String = "sample", blocks: [Report.Block] = []
  ) -> Report.Section {
    var note =
      "Rows are true classes, columns are predicted classes; correct predictions lie on the diagonal. "
    if let worst = report.confusions.first {
      note +=
        "Most frequent confusion: \(Format.grouped(worst.count)) of "
        + "\(Format.count(report.support(worst.truth), sample)) of “\(report.classNames[worst.truth])” are predicted as "
        + "“\(report.classNames[worst.prediction])”."
    } else {
      note += "Every \(sample) of the test set is predicted correctly."
    }
    return Report.Section(
      id: "confusions", title: "Confusion matrix", note: note,
      blocks: [.confusionMatrix(report.confusionMatrix)] + blocks)
  }

  /// Precision, recall and F1 of each class with 95 % confidence intervals: Wilson's for the first two, bootstrap for F1.
  ///
  /// - Parameters:
  ///   - report: The predictions for the test set.
  ///   - sample: What one sample is called, such as `image`.
  /// - Returns: The section.
  public static func classScores(_ report: ClassificationReport, sample: String = "sample") -> Report.Section
  {
    let f1 = report.f1Intervals()
    return Report.Section(
      id: "classes", title: "Precision, recall and F1 of each class",
      note:
        "Precision: the share of the \(sample)s predicted as the class that belong to it. Recall: the share of the "
        + "class's \(sample)s that are predicted as it. F1: the harmonic mean of both; its mean over the classes (macro F1) is "
        + "\(Format.percent(report.macroF1)). In small print, 95 % confidence intervals: wide ones mean that the test set has "
        + "few \(sample)s of the class.",
      blocks: [
        .table(
          Report.Table(
            ["Class", "Precision", "Recall", "F1", "Test \(sample)s"],
            rows: report.classNames.indices.map { label in
              [
                .init(report.classNames[label]),
                .percent(report.precision(label), report.precisionInterval(label)),
                .percent(report.recall(label), report.recallInterval(label)),
                .percent(report.f1(label), f1[label]), .count(report.support(label)),
              ]
            }))
      ])
  }
}
