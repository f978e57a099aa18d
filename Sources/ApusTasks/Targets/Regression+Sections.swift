import ApusReport
import ApusTrain

extension Regression {
  private static let hardestCount = 12

  /// `target`.
  public static var outputNoun: String { "target" }

  /// The errors of each number with intervals, predicted against true values, and the hardest examples.
  public func sections(_ evaluator: any Evaluator, _ context: ReportContext) throws -> [Report.Section] {
    guard let evaluator = evaluator as? RegressionEvaluator, evaluator.count > 0 else { return [] }
    return [
      .regressionScores(try evaluator.reports(), sample: context.noun), try hardest(evaluator, context),
    ].compactMap { $0 }
  }

  /// What numbers and their intervals are worth.
  public func limitations(_ noun: String) -> [String] {
    [
      marginOf90 == nil
        ? "The model predicts numbers for any \(noun), whatever it is, without a measure of their uncertainty."
        : "The 90 % interval of a prediction is as wide for an easy \(noun) as for a hard one, and holds for "
          + "\(noun)s like those of the validation set.",
      "Values outside the range of the training set are rarely predicted well.",
    ]
  }

  private func hardest(_ evaluator: RegressionEvaluator, _ context: ReportContext) throws -> Report.Section? {
    let losses = evaluator.losses
    let order = losses.indices.sorted { (losses[$1], $0) < (losses[$0], $1) }.prefix(Self.hardestCount)
    let shown = try context.shown(
      order.map { place in
        let (truth, prediction) = (evaluator.truths[place], evaluator.predictions[place])
        func distance(_ number: Int) -> Double { abs(prediction[number] - truth[number]) / stds[number] }
        return ReportedExample(
          row: evaluator.rows[place], prediction: words(prediction), truth: words(truth),
          explainedOutput: names.indices.max { distance($0) < distance($1) })
      }, "hardest examples")
    guard !shown.blocks.isEmpty else { return nil }
    return Report.Section(
      id: "hardest", title: "Test \(context.noun)s with the highest loss",
      note: "The test \(context.noun)s whose prediction is furthest from the truth."
        + (shown.areExplained ? " Beside each, its explanation for the number that is furthest off." : "")
        + " Look for wrong values in the data: correcting those helps most.",
      blocks: shown.blocks)
  }

  /// Numbers in their own units, with names where there are several.
  private func words(_ numbers: [Double]) -> String {
    names.indices.map { place in
      let number = text(numbers[place], place)
      return names.count == 1 ? number : "\(names[place]) \(number)"
    }.joined(separator: ", ")
  }

  /// A number with as many digits as those of the training set have, and as tell it from others: a thousandth of the
  /// standard deviation.
  func text(_ value: Double, _ place: Int) -> String {
    guard value.isFinite else { return Format.unknown }
    guard let decimals = decimals(place, beyond: 3), abs(value) < 1e15 else { return Format.number(value) }
    // Float32 computes seven digits: more than a millionth of the standard deviation would be noise.
    let known = fractionDigits.map { min($0[place], self.decimals(place, beyond: 6) ?? 0) } ?? 0
    let text = Format.fixed(value, max(decimals, known))
    guard text.contains(".") else { return text }
    let digits = text.reversed().drop { $0 == "0" }
    return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
  }

  /// Digits after the point that are at most `10^-beyond` standard deviations worth; nil for scales whose digits nobody
  /// wants to see.
  func decimals(_ place: Int, beyond: Int) -> Int? {
    var decimals = beyond
    var std = stds[place]
    guard std >= 1e-6, std < 1e15 else { return nil }
    while std >= 10, decimals > 0 { (std, decimals) = (std / 10, decimals - 1) }
    while std < 1 { (std, decimals) = (std * 10, decimals + 1) }
    return decimals
  }
}

extension RegressionEvaluator {
  /// Resamples for intervals: their ends move by less than they are wide.
  private static let resamples = 200

  /// The 95 % confidence intervals of the mean R² over the numbers, and of the mean absolute error and the root mean
  /// squared error of the first, by bootstrap.
  func intervals(_ reports: [RegressionReport]) -> [ConfidenceInterval] {
    ConfidenceInterval.bootstrap(count: count, resamples: Self.resamples) { drawn in
      let again = reports.compactMap { report in
        RegressionReport(
          targetName: report.targetName, truths: drawn.map { report.truths[$0] },
          predictions: drawn.map { report.predictions[$0] }, baseline: report.baseline)
      }
      return [
        again.reduce(0) { $0 + $1.rSquared } / Double(again.count), again.first?.meanAbsoluteError ?? .nan,
        again.first?.rootMeanSquaredError ?? .nan,
      ]
    }
  }
}

extension ConfidenceInterval {
  /// The ends as a score of an evaluation takes them; nil where they are not known.
  var ends: (lower: Double, upper: Double)? { lower.isFinite && upper.isFinite ? (lower, upper) : nil }
}
