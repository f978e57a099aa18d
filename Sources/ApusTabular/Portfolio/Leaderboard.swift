import ApusReport
import Foundation

extension PortfolioFit {
  /// What each estimator did, the best first.
  /// - Parameter weights: The weight of each entry in the ensemble.
  /// - Returns: The section.
  func leaderboard(_ weights: [Double]) -> Report.Section {
    let order = entries.indices.sorted { (entries[$0].loss, $0) < (entries[$1].loss, $1) }
    let table = order.filter { entries[$0].failure == nil }.map { place -> [Report.Table.Cell] in
      let entry = entries[place]
      let parameters = entry.models.reduce(0) { $0 + $1.parameterCount }
      return [
        .init(entry.name, detail: entry.summary),
        .number(entry.loss, interval: (entry.loss - entry.lossError, entry.loss + entry.lossError)),
        .init(Format.duration(entry.fitSeconds)),
        .init("\(Format.number(entry.predictSeconds / Double(max(1, entry.losses.count)) * 1e6)) µs"),
        .count(parameters), .init(weights[place] > 0 ? Format.percent(weights[place]) : "–"),
      ]
    }
    let failures = entries.compactMap { entry in entry.failure.map { "\(entry.name): \($0)" } }
    let how =
      portfolio.quality.folds == 1
      ? "on the validation set" : "on rows of the other folds, \(portfolio.quality.folds) in all"
    return Report.Section(
      id: "leaderboard", title: "Estimators that were tried",
      note:
        "Each was measured \(how), with one standard error in small print. The weights were chosen on the same rows; "
        + "the test set played no part in this.",
      blocks: [
        .table(
          Report.Table(
            [
              "Estimator", .init(lossName.prefix(1).uppercased() + lossName.dropFirst()), "Fit",
              "A row's prediction",
              "Parameters", "Weight",
            ], rows: table)),
        .details(title: "Not used", items: failures),
      ])
  }
}
