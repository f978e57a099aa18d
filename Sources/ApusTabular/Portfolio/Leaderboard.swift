import ApusReport
import ApusTasks
import Foundation

extension PortfolioFit {
  /// What each estimator did, the best first.
  /// - Parameter found: The ensemble.
  /// - Returns: The section.
  func leaderboard(_ found: Combination) -> Report.Section {
    let weights = found.weights
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
      portfolio.folds == 1
      ? "on the validation set" : "on rows of the other folds, \(portfolio.folds) in all"
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
      ], chapter: Chapter.evaluate.rawValue)
  }

  /// What the ensemble adds to the best estimator, and whether that is more than noise; nil for a single estimator.
  /// - Parameter found: The ensemble.
  /// - Returns: The section.
  func improvement(_ found: Combination) -> Report.Section? {
    let usable = entries.filter { !$0.models.isEmpty }
    guard usable.count > 1, let best = usable.min(by: { $0.loss < $1.loss }) else { return nil }
    let constant = usable.first { $0.name == PortfolioMember.constant }
    let loss = found.losses.reduce(0, +) / Double(found.losses.count)
    let (gain, error) = Self.difference(best.losses, found.losses)
    func row(_ name: String, _ loss: Double, _ step: (value: Double, error: Double)?) -> [Report.Table.Cell] {
      [
        .init(name), .number(loss),
        step.map { .init("\(Format.number($0.value))", detail: "± \(Format.number($0.error))") }
          ?? .init(Format.unknown),
      ]
    }
    var rows: [[Report.Table.Cell]] = []
    if let constant { rows.append(row(constant.name, constant.loss, nil)) }
    rows.append(row(best.name, best.loss, constant.map { Self.difference($0.losses, best.losses) }))
    rows.append(row("weighted ensemble", loss, (gain, error)))
    let verdict =
      gain > 2 * error
      ? "The ensemble gains more than noise over the best estimator."
      : "What the ensemble gains over the best estimator is within noise: on rows like these, \(best.name) alone is as "
        + "good, quicker and easier to explain; --estimators \(best.name) fits it."
    return Report.Section(
      id: "improvement", title: "What each step added",
      note: "\(verdict) Gains are means over the same rows, with one standard error in small print.",
      blocks: [
        .table(
          Report.Table(
            ["Step", .init(lossName.prefix(1).uppercased() + lossName.dropFirst()), "Gain"], rows: rows,
            width: .narrow))
      ], chapter: Chapter.improve.rawValue)
  }

  /// Columns that are shown.
  private static let shownColumns = 30

  /// Which columns matter.
  /// - Parameter found: The ensemble.
  /// - Throws: `CancellationError` in a cancelled task.
  /// - Returns: The section.
  func columnSection(_ found: Combination) throws -> Report.Section {
    let all = try importance(found.weights)
    let largest = max(all.first?.mean ?? 0, .leastNonzeroMagnitude)
    let rows = all.prefix(Self.shownColumns).map { column -> [Report.Table.Cell] in
      [
        .init(column.name),
        .init(
          Format.number(column.mean, digits: 3), detail: "± \(Format.number(column.deviation, digits: 2))",
          bar: max(0, column.mean / largest)),
      ]
    }
    return Report.Section(
      id: "importance", title: "Which columns matter",
      note:
        "By how much the \(lossName) rises when a column's values are shuffled among rows that models were not fitted "
        + "to, with the standard deviation over shuffles in small print. Columns that say the same share their importance."
        + (all.count > rows.count
          ? " The \(all.count - rows.count) least important of \(all.count) are not shown." : ""),
      blocks: [.table(Report.Table(["Column", "Importance"], rows: rows, width: .narrow))],
      chapter: Chapter.present.rawValue)
  }

  /// How much lower the second losses are, row by row, and the standard error of that.
  private static func difference(_ first: [Double], _ second: [Double]) -> (value: Double, error: Double) {
    let differences = zip(first, second).map { $0 - $1 }
    let count = Double(differences.count), mean = differences.reduce(0, +) / count
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, count - 1)
    return (mean, (variance / count).squareRoot())
  }
}
