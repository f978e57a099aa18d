import ApusData
import ApusLearn
import ApusReport
import ApusTasks
import ApusTrain

/// Fits many estimators to a table, measures each on rows that it was not fitted to, and combines the best with weights.
///
/// No estimator is safe alone: on some tables a linear model wins, on others boosted trees or a network. The weights are
/// those of Caruana et al., "Ensemble selection from libraries of models" (2004), which AutoGluon uses, too.
public struct Portfolio: Recipe {
  /// The name in files.
  public static let kind = "portfolio"
  /// What `apus fit` takes for it.
  public static let options = [
    OptionDescription(
      "quality", "fast|good|best",
      "Tables: how much work is done, some 10 seconds, 2 minutes or 20 minutes for 10,000 rows. (default: fast)"
    ),
    OptionDescription(
      "estimators", "names",
      "Tables: the estimators to try, such as linear,random-forest, with commas between them. (default: by quality)"
    ),
    OptionDescription(
      "time", "seconds",
      "Tables: no estimator is begun after so long, and those that can end early do; the result then depends on the machine.",
      values: .number(above: 0, to: 1e7)),
  ]

  /// How much work is done.
  var quality: Quality
  /// Folds of the cross-validation; 1 for the split into training and validation set that there is.
  var folds: Int
  /// The names of the estimators, in the order in which they are fitted.
  var estimators: [String]
  /// Seconds after which no estimator is begun; nil for no limit.
  var seconds: Double?

  /// For tables whose rows have one class or one number each.
  public static func propose(_ data: TaskData, _ options: Options) throws -> [Portfolio] {
    guard data.examples.modality == TabularInput.modality, let target = data.target, fits(target) else {
      return []
    }
    let isAsked = options.text("recipe") == kind || Self.options.contains { options.text($0.name) != nil }
    // A network's settings ask for the network, and so does a search for better ones.
    let asksForNetwork =
      options.text("tune") != nil || MLP.options.contains { options.text($0.name) != nil }
    guard isAsked || !asksForNetwork else { return [] }
    let quality = try options.choice("quality", of: Quality.self) ?? .fast
    let names = try options.list("estimators").map(PortfolioMember.checked)
    return [
      Portfolio(
        quality: quality,
        // Where the data say which rows validate, as those that come later do, folds by chance would say too much.
        folds: data.examples.parts.contains(.validation) ? 1 : quality.folds,
        estimators: names ?? PortfolioMember.all.filter { $0.quality <= quality }.map(\.name),
        seconds: try options.number("time", above: 0, to: 1e7))
    ]
  }

  /// One class or one number for each row.
  static func fits(_ target: any Target) -> Bool {
    target is Classification || target.outputCount == 1 && target is Regression
  }

  /// What it does.
  public var summary: String {
    let how =
      folds == 1 ? "on the validation set" : "by \(folds)-fold cross-validation"
    guard estimators.count > 1 else { return "\(estimators.first ?? "") measured \(how)" }
    return "Weighted ensemble of \(Format.list(estimators, limit: 12)), measured \(how)"
  }

  /// Fits and combines the estimators.
  public func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted {
    let clock = ContinuousClock()
    let start = clock.now
    var fit = try PortfolioFit(self, data, context)
    for warning in fit.input.encoder.warnings { context.reporter.say("note: \(warning)") }
    for name in estimators { try await fit.add(PortfolioMember.named(name)) }
    let found = try fit.combined()
    let phase = TrainingPhase(
      Self.kind, seconds: (clock.now - start) / .seconds(1))
    return Fitted(
      model: found.model, phases: [phase],
      sections: try [fit.leaderboard(found), fit.improvement(found), fit.columnSection(found)].compactMap {
        $0
      },
      outOfFold: folds == 1
        ? nil : Fitted.OutOfFold(folds: folds, rows: fit.rows, outputs: found.outputs))
  }
}
