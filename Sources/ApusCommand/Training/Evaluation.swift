import Apus

/// What a model says of test data, beside what is right.
struct Evaluation {
  let loss: Double
  let classification: ClassificationReport?
  let regression: RegressionReport?
  /// The test samples that the model is surest about and wrong, the surest first.
  let mistakes: [(sample: Int, truth: Int, prediction: Int, probability: Double)]
  let sampleCount: Int

  /// Runs the model over all samples.
  init(_ learner: Learner, _ card: ModelCard, on test: any Dataset) throws {
    loss = try learner.evaluate(test, batchSize: 500)["loss"] ?? .nan
    let predictions = try learner.predict(test, batchSize: 500)
    sampleCount = predictions.count
    let numbers = predictions.decoded.doubles
    switch card.task {
    case .classification(let names):
      let truths = try test.classLabels() ?? []
      let classes = predictions.classes
      classification = ClassificationReport(truths: truths, predictions: classes, classNames: names)
      regression = nil
      let width = names.count
      mistakes = zip(truths, classes).enumerated().compactMap { sample, pair in
        pair.0 == pair.1 ? nil : (sample, pair.0, pair.1, numbers[sample * width + pair.1])
      }.sorted { ($1.probability, $0.sample) < ($0.probability, $1.sample) }
    case .regression(let target, let mean, let deviation):
      let truths = try test.batch(at: Array(0..<test.count)).targets?.doubles ?? []
      regression = RegressionReport(
        targetName: target, truths: truths.map { $0 * deviation + mean },
        predictions: numbers.map { $0 * deviation + mean }, baseline: mean)
      classification = nil
      mistakes = []
    }
  }

  /// What a classifier of photos said of some whose classes are known.
  init(_ answers: PhotoAnswers) {
    loss = answers.loss ?? .nan
    let truths = answers.labels ?? [], predictions = answers.predictions
    classification = ClassificationReport(
      truths: truths, predictions: predictions, classNames: answers.classNames)
    regression = nil
    sampleCount = answers.count
    mistakes = zip(truths, predictions).enumerated().compactMap { sample, pair in
      pair.0 == pair.1 ? nil : (sample, pair.0, pair.1, answers.probabilities(sample)[pair.1])
    }.sorted { ($1.probability, $0.sample) < ($0.probability, $1.sample) }
  }

  /// The scores for machines.
  var json: JSON {
    var members = [JSON.Member("samples", .integer(sampleCount)), JSON.Member("loss", .number(loss))]
    if let report = classification {
      members += [
        JSON.Member("accuracy", .number(report.accuracy)),
        JSON.Member(
          "accuracy_interval",
          .array([report.accuracyInterval().lower, report.accuracyInterval().upper].map { .number($0) })),
        JSON.Member("macro_f1", .number(report.macroF1)),
      ]
    }
    if let report = regression {
      members += [
        JSON.Member("mean_absolute_error", .number(report.meanAbsoluteError)),
        JSON.Member("root_mean_squared_error", .number(report.rootMeanSquaredError)),
        JSON.Member("r2", .number(report.rSquared)),
        JSON.Member("baseline_mean_absolute_error", .number(report.baselineMeanAbsoluteError)),
      ]
    }
    return .object(members)
  }

  /// The scores of each class, for machines; nil without classes.
  var classesJSON: JSON? {
    classification.map { report in
      .array(
        report.classNames.indices.map { label in
          .object([
            JSON.Member("name", .string(report.classNames[label])),
            JSON.Member("precision", .number(report.precision(label))),
            JSON.Member("recall", .number(report.recall(label))),
            JSON.Member("f1", .number(report.f1(label))),
            JSON.Member("samples", .integer(report.support(label))),
            JSON.Member("correct", .integer(report.counts[label][label])),
          ])
        })
    }
  }

  /// The confusion matrix for machines; nil without classes.
  var matrixJSON: JSON? {
    classification.map { .array($0.counts.map { .array($0.map { .integer($0) }) }) }
  }

  /// The scores in a line or two.
  var headline: String {
    if let report = classification {
      let interval = report.accuracyInterval()
      let line =
        "Test accuracy \(Format.percent(report.accuracy)) (95 % interval \(Format.percent(interval.lower, digits: 1)) "
        + "to \(Format.percent(interval.upper, digits: 1))), loss \(Format.number(loss)), on "
        + "\(Format.grouped(sampleCount)) samples"
      guard let worst = report.confusions.first else { return line }
      return line + "\nMost frequent mistake: \(worst.count) of \(report.support(worst.truth)) "
        + "“\(report.classNames[worst.truth])” taken for “\(report.classNames[worst.prediction])”"
    }
    guard let report = regression else { return "" }
    let gain = 1 - report.meanAbsoluteError / report.baselineMeanAbsoluteError
    return
      "Mean absolute error \(Format.number(report.meanAbsoluteError)) on \(Format.grouped(sampleCount)) test "
      + "samples; always saying the mean: \(Format.number(report.baselineMeanAbsoluteError)) "
      + "(\(Format.percent(gain, digits: 0)) less), R² \(Format.number(report.rSquared))"
  }

  /// The confusion matrix as a table for the terminal; nil where it would be too wide.
  var matrixTable: String? {
    guard let report = classification, report.classNames.count <= 12 else { return nil }
    let short = report.classNames.map { String($0.prefix(8)) }
    let rows = zip(report.classNames, report.counts).map { name, row in
      [name] + row.map { $0 == 0 ? "·" : "\($0)" }
    }
    return Format.table([[""] + short] + rows)
  }

  /// The scores of each class as a table for the terminal.
  var classTable: String? {
    guard let report = classification else { return nil }
    let rows = report.classNames.indices.map { label in
      [
        report.classNames[label], Format.percent(report.precision(label), digits: 1),
        Format.percent(report.recall(label), digits: 1), Format.percent(report.f1(label), digits: 1),
        "\(report.support(label))",
      ]
    }
    return Format.table([["class", "precision", "recall", "F1", "samples"]] + rows)
  }
}
