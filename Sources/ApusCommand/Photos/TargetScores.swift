import Apus

/// How good answers about labels or numbers of photos are, for people and machines.
struct TargetScores {
  let answers: TargetAnswers

  /// What the photos are.
  private let what: String

  init(_ answers: TargetAnswers, what: String = "test photos") { (self.answers, self.what) = (answers, what) }

  /// The scores for machines: `metrics`, and `labels` or `numbers` one by one.
  var members: [JSON.Member] {
    var metrics = [
      JSON.Member("samples", .integer(answers.count)), JSON.Member("loss", .number(answers.loss ?? .nan)),
    ]
    if let report = answers.labelReport {
      metrics += [
        JSON.Member("mean_average_precision", .number(report.meanAveragePrecision)),
        JSON.Member("macro_f1", .number(report.macroF1)), JSON.Member("micro_f1", .number(report.microF1)),
        JSON.Member("hamming_loss", .number(report.hammingLoss)),
        JSON.Member("subset_accuracy", .number(report.subsetAccuracy)),
      ]
      let labels = report.labelNames.indices.map { label in
        JSON.object([
          JSON.Member("name", .string(report.labelNames[label])),
          JSON.Member("average_precision", .number(report.averagePrecision(label))),
          JSON.Member("precision", .number(report.precision(label))),
          JSON.Member("recall", .number(report.recall(label))), JSON.Member("f1", .number(report.f1(label))),
          JSON.Member("threshold", .number(report.thresholds[label])),
          JSON.Member("samples", .integer(report.support(label))),
        ])
      }
      return [JSON.Member("metrics", .object(metrics)), JSON.Member("labels", .array(labels))]
    }
    metrics.append(JSON.Member("mean_r2", .number(answers.score ?? .nan)))
    let numbers = (answers.numberReports ?? []).map { report in
      JSON.object([
        JSON.Member("name", .string(report.targetName)),
        JSON.Member("mean_absolute_error", .number(report.meanAbsoluteError)),
        JSON.Member("root_mean_squared_error", .number(report.rootMeanSquaredError)),
        JSON.Member("r2", .number(report.rSquared)),
        JSON.Member("baseline_mean_absolute_error", .number(report.baselineMeanAbsoluteError)),
      ])
    }
    return [JSON.Member("metrics", .object(metrics)), JSON.Member("numbers", .array(numbers))]
  }

  /// The scores in a line or two.
  var headline: String {
    if let report = answers.labelReport {
      return
        "Mean average precision \(Format.number(report.meanAveragePrecision)), F1 \(Format.number(report.macroF1)) "
        + "(mean of the labels), all labels right for \(Format.percent(report.subsetAccuracy, digits: 1)) of "
        + "\(Format.grouped(answers.count)) \(what)"
    }
    return "R² \(Format.number(answers.score ?? .nan))\(answers.names.count > 1 ? " on average" : "") on "
      + "\(Format.grouped(answers.count)) \(what)"
  }

  /// The scores of each label or number as a table for the terminal.
  var table: String {
    if let report = answers.labelReport {
      let rows = report.labelNames.indices.map { label in
        [
          report.labelNames[label], Format.number(report.averagePrecision(label)),
          Format.percent(report.precision(label), digits: 1), Format.percent(report.recall(label), digits: 1),
          Format.percent(report.f1(label), digits: 1), Format.number(report.thresholds[label]),
          "\(report.support(label))",
        ]
      }
      return Format.table(
        [["label", "average precision", "precision", "recall", "F1", "threshold", "photos"]] + rows)
    }
    let rows = (answers.numberReports ?? []).map { report in
      [
        report.targetName, Format.number(report.meanAbsoluteError),
        Format.number(report.baselineMeanAbsoluteError),
        Format.number(report.rootMeanSquaredError), Format.number(report.rSquared),
      ]
    }
    return Format.table(
      [["number", "mean absolute error", "of always saying the mean", "root mean squared error", "R²"]] + rows
    )
  }
}
