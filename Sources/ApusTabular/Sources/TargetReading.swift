import ApusData
import ApusIO
import ApusReport
import ApusTasks
import Foundation

/// What the column to predict holds: numbers or classes, decided on all of its cells.
struct TargetReading {
  let summary: ColumnSummary
  let cells: [String]
  /// What a person says that the column is.
  let type: ColumnType?
  let task: String?
  let path: String
  let prefersComma: Bool

  private var name: String { summary.name }
  /// Numbers of no more different values may be meant as classes.
  private static let fewValues = 10

  /// The values, and what a person should know of how they were read.
  /// - Parameter problem: Of a trained model, whose kind of target is taken; nil before training.
  /// - Returns: Numbers, NaN where they are missing; or categories.
  /// - Throws: `DataError` for columns that can be neither, `FileError` with the line where numbers were asked for and most
  ///   cells are none, `RunError` for a task that tables do not have.
  func values(for problem: Problem?) throws -> (values: Column.Values, notes: [String]) {
    let profile = ColumnProfile(summary, as: .number, prefersComma: prefersComma)
    var notes: [String] = []
    guard try isNumber(profile, problem, &notes) else {
      let missing = summary.missingTexts
      return (.categories(cells.map { missing.contains($0) ? nil : $0 }), notes)
    }
    if let odd = profile.firstOdd {
      let advice =
        "If it means that the value is missing, empty the field; if the column holds classes, pass "
        + "--task classification."
      guard profile.numberShare >= 0.5 else {
        throw FileError(
          path: path, reason: .corrupt, problem: "the target should be a number, \"\(odd.text)\" came",
          advice: advice, line: odd.line)
      }
      notes.append(
        "\(Format.count(profile.oddCount, "target")) that cannot be read as a number: “\(odd.text)” first, in line "
          + "\(odd.line)")
    }
    if !profile.unit.isEmpty {
      notes.append("the target \"\(name)\" is in \(profile.unit): its numbers are predicted without the sign")
    }
    return (
      .numbers(
        cells.map { text in
          summary.missingTexts.contains(text)
            ? .nan : NumberCell.read(text, decimalComma: profile.decimalComma)?.value ?? .nan
        }), notes
    )
  }

  /// Whether the column is predicted as a number.
  private func isNumber(
    _ profile: ColumnProfile, _ problem: Problem?, _ notes: inout [String]
  ) throws -> Bool {
    if let target = problem?.target { return target is Regression }
    if let task {
      if Regression.tasks.contains(task) { return true }
      if Classification.tasks.contains(task) { return false }
      throw RunError(.usage, "--task is regression or classification for a table, \"\(task)\" came")
    }
    if let type { return type == .number }
    guard summary.knownCount > 0 else {
      throw DataError(
        .type, "the target \"\(name)\" has no values", advice: "Choose another column by --target.")
    }
    if profile.numberShare >= ColumnProfile.purity { return try asNumber(profile, &notes) }
    let found = ColumnProfile(summary, prefersComma: prefersComma)
    switch found.type {
    case .category, .boolean, .constant: break
    case .date:
      throw DataError(
        .type, "the target \"\(name)\" holds dates, which are not predicted",
        advice: "Choose another column by --target, or make it a number of days.")
    case .number, .text, .id, .empty:
      throw DataError(
        .type, "the target \"\(name)\" has too many different texts to be classes",
        advice: "Choose another column by --target.")
    }
    if profile.numberShare >= 0.5, let odd = profile.firstOdd {
      throw DataError(
        .type,
        "\(Format.percent(profile.numberShare)) of the target \"\(name)\" are numbers, the others are not: “\(odd.text)” "
          + "first, in line \(odd.line)",
        advice:
          "Pass --task regression to leave these rows out, or --task classification if they all are classes.")
    }
    return false
  }

  private func asNumber(_ profile: ColumnProfile, _ notes: inout [String]) throws -> Bool {
    let values = Set(
      profile.levels.compactMap { NumberCell.read($0.text, decimalComma: profile.decimalComma)?.value })
    if values == [0, 1], profile.oddCount == 0, summary.hasAllLevels {
      notes.append(
        "the target \"\(name)\" has the values 0 and 1 alone: they are taken as classes; --task regression predicts a "
          + "number")
      return false
    }
    if summary.hasAllLevels, values.count > 1, values.count <= Self.fewValues,
      summary.knownCount >= 5 * values.count, values.allSatisfy({ $0 == $0.rounded() })
    {
      notes.append(
        "the target \"\(name)\" has \(values.count) different whole numbers: a number is predicted; --task "
          + "classification takes them as classes")
    }
    return true
  }
}
