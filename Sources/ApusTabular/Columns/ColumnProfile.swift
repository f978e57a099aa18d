import ApusReport
import Foundation

/// What a column of a table holds, decided on all of its cells.
public struct ColumnProfile: Sendable {
  /// The name.
  public let name: String
  /// What the values are.
  public internal(set) var type: ColumnType
  /// Number of rows.
  public let rowCount: Int
  /// Number of cells without a value; cells that are counted as missing for their text are in `oddCount`.
  public let missingCount: Int
  /// Number of different texts.
  public let distinctCount: Int
  /// Cells that are no number among numbers, or no date among dates: they count as missing.
  public internal(set) var oddCount = 0
  /// The first of these cells, and its line.
  public internal(set) var firstOdd: (text: String, line: Int)?
  /// The first cell with a value.
  public let example: String?
  /// The different texts, the most frequent first and of equals in alphabetical order; not all for a column of very many.
  public let levels: [(text: String, count: Int)]
  /// Whether a comma stands before the fraction of numbers.
  public internal(set) var decimalComma = false
  /// A currency sign or code, or `%`, that most numbers have; empty for none.
  public internal(set) var unit = ""
  /// Which of the numbers of a date is the day.
  public internal(set) var dateOrder = DateOrder.monthFirst
  /// Whether the order changes what any date means; not in ISO 8601, with dots, or where months are named.
  public internal(set) var dependsOnDateOrder = false
  /// Whether every date of the column can be read in both orders, and means different days in them.
  public internal(set) var isDateOrderOpen = false
  /// Whether some dates can only be read in one order and some only in the other.
  public internal(set) var hasTwoDateOrders = false
  /// Whether dates have times.
  public internal(set) var hasTime = false
  /// The share of the cells with values that are numbers.
  public internal(set) var numberShare = 0.0
  var statistics = RunningStatistics()
  /// Whether a person said what the column is.
  private(set) var isAsked = false

  /// The smallest and the greatest number, or seconds since 1970-01-01; nil for other columns.
  public var range: ClosedRange<Double>? {
    statistics.count > 0 ? statistics.minimum...statistics.maximum : nil
  }

  /// This share of the cells makes a column one of numbers, or of dates.
  static let purity = 0.95
  /// Fewer rows say nothing of whether values are ids.
  static let smallestTable = 20
  /// Words that mean yes, and those that mean no.
  static let booleans: [Set<String>] = [
    ["yes", "no"], ["true", "false"], ["y", "n"], ["t", "f"], ["on", "off"],
  ]
  static let affirmations: Set<String> = ["yes", "true", "y", "t", "on"]

  /// - Parameters:
  ///   - summary: What was counted.
  ///   - asked: What a person says the column is; nil leaves it to the values.
  ///   - prefersComma: Whether numbers that can be read in both ways have decimal commas.
  init(_ summary: ColumnSummary, as asked: ColumnType? = nil, prefersComma: Bool = false) {
    name = summary.name
    rowCount = summary.rowCount
    missingCount = summary.missingCount
    distinctCount = summary.distinctCount
    example = summary.first
    levels = summary.levels.map { (text: $0.key, count: $0.value) }
      .sorted { ($1.count, $0.text) < ($0.count, $1.text) }
    type = .empty
    let known = summary.knownCount
    guard known > 0 else { return }
    let (points, commas) = (summary.points.statistics.count, summary.commas.statistics.count)
    decimalComma = commas > points || commas == points && prefersComma
    let numbers = decimalComma ? summary.commas : summary.points
    numberShare = Double(numbers.statistics.count) / Double(known)
    let dates = takeDateOrder(summary)
    let dateShare = Double(dates.statistics.count) / Double(known)
    isAsked = asked != nil
    type = asked ?? found(summary, numbers: numbers.statistics, dateShare: dateShare)
    switch type {
    case .number:
      take(numbers)
      if let most = summary.units.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) { unit = most.key }
    case .date:
      take(dates)
      hasTime = summary.hasTime
    default: break
    }
    // Nothing is left of what a person calls numbers.
    if type == .number || type == .date, statistics.count == 0 { type = .empty }
  }

  private mutating func take(_ attempt: ColumnSummary.Attempt) {
    statistics = attempt.statistics
    oddCount = attempt.others.count
    if oddCount > 0 { firstOdd = (attempt.others.text, attempt.others.line) }
  }

  /// Decides on the order of day and month by what most cells allow.
  private mutating func takeDateOrder(_ summary: ColumnSummary) -> ColumnSummary.Attempt {
    let (days, months) = (summary.daysFirst.statistics, summary.monthsFirst.statistics)
    dateOrder = days.count > months.count ? .dayFirst : .monthFirst
    dependsOnDateOrder = days != months
    isDateOrderOpen = days.count == months.count && days.count > 0 && dependsOnDateOrder
    hasTwoDateOrders = summary.levels.keys.contains { text in
      guard let date = DateCell(text), date.isOpen else { return false }
      return date.seconds(dateOrder) == nil
        && date.seconds(dateOrder == .dayFirst ? .monthFirst : .dayFirst) != nil
    }
    return dateOrder == .dayFirst ? summary.daysFirst : summary.monthsFirst
  }

  private func found(
    _ summary: ColumnSummary, numbers: RunningStatistics, dateShare: Double
  ) -> ColumnType {
    let known = summary.knownCount
    if distinctCount == 1 { return .constant }
    let isUnique = Double(distinctCount) >= Self.purity * Double(known) && known >= Self.smallestTable
    if numberShare >= Self.purity {
      // Postal codes and the like begin with zeros, which numbers do not.
      if Double(summary.codeCount) > 0.01 * Double(known), distinctCount > 2 {
        return isUnique ? .id : .category
      }
      if numbers.minimum == numbers.maximum { return .constant }
      return isUnique && isSerial(numbers, known) ? .id : .number
    }
    if dateShare >= Self.purity { return .date }
    let words = Set(summary.levels.keys.prefix(8).map { $0.lowercased() })
    if summary.levels.count <= 6, Self.booleans.contains(words) { return .boolean }
    guard isUnique || distinctCount > 256 && 2 * distinctCount > known else { return .category }
    return summary.wordCount >= 3 * (known - numbers.count) ? .text : isUnique ? .id : .category
  }

  /// Whether whole numbers are those of rows: all different, and dense, or named so.
  private func isSerial(_ numbers: RunningStatistics, _ known: Int) -> Bool {
    guard numbers.isWhole, distinctCount == known else { return false }
    if numbers.maximum - numbers.minimum < 1.2 * Double(known) { return true }
    let words = name.lowercased().split { !$0.isLetter }
    return ["id", "ids", "index", "key", "uuid", "rowid"].contains { word in words.contains(Substring(word)) }
      || name.hasSuffix("Id") || name.hasSuffix("ID")
  }
}
