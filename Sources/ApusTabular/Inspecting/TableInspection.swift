import ApusData
import ApusIO
import ApusReport
import ApusTasks
import Foundation

/// A look at all rows of a table before training: what its columns hold, and what is odd about them.
public struct TableInspection: Sendable {
  /// Something odd.
  public struct Finding: Sendable {
    /// What it is, for programs.
    public enum Kind: String, Sendable, CaseIterable {
      /// Something about the file as a whole, such as its encoding.
      case file
      /// A column without values, or with one value.
      case constant
      /// A column of ids, or of sentences.
      case unused
      /// Cells unlike the others of their column.
      case mixed
      /// Many missing values.
      case missing
      /// Dates in two orders, or in one that cannot be told.
      case dates
      /// More levels than are used.
      case levels
      /// Equal rows.
      case duplicates
      /// A column that tells the target too well.
      case leak
      /// A target that is missing in some rows, or hardly varies.
      case target
      /// One class that most rows are of.
      case imbalance
      /// A class with few rows.
      case rare
    }

    /// What it is, for programs.
    public let kind: Kind
    /// The columns; none for findings about rows.
    public let columns: [String]
    /// What it is, in words.
    public let text: String
  }

  /// The file.
  public let path: String
  /// Number of rows.
  public let rowCount: Int
  /// The columns, in the order of the file.
  public let columns: [ColumnProfile]
  /// What is odd, in the order in which it is told.
  public let findings: [Finding]
  /// The column to predict; nil where none was named.
  public let target: String?

  /// Columns of which more cells are missing are named.
  static let missingShare = 0.5
  /// The largest class of more rows is named.
  static let imbalance = 0.9
  /// Classes of fewer rows are named.
  static let rareClass = 20

  /// Looks at a table.
  /// - Parameters:
  ///   - path: A file, or `-` for standard input.
  ///   - target: The column to predict; nil looks at no target.
  ///   - types: What columns are, where their values do not show it: `a=category,b=date`; nil for none.
  ///   - hasHeader: Whether the first line names the columns; nil finds it out.
  /// - Throws: `FileError` for what is no table, with the line; `RunError` for types that there are not.
  public init(
    path: String, target: String? = nil, types: String? = nil, hasHeader: Bool? = nil
  ) throws {
    let types = try ColumnType.parsed(types)
    let opened = try OpenedTable(path: path, hasHeader: hasHeader)
    let table = opened.table
    guard table.rowCount > 0 else {
      throw FileError(path: table.path, reason: .truncated, problem: "the table has no rows")
    }
    for name in types.keys.sorted() + (target.map { [$0] } ?? []) { _ = try table.column(named: name) }
    var summaries = table.columnNames.map {
      ColumnSummary(name: $0, missingTexts: table.format.missingTexts)
    }
    try table.forEachRow(of: nil) { _, record in
      for (place, field) in record.fields.enumerated() { summaries[place].add(field, line: record.line) }
    }
    let profiles = summaries.map {
      ColumnProfile($0, as: types[$0.name], prefersComma: opened.prefersComma)
    }
    (self.path, rowCount, columns, self.target) = (table.path, table.rowCount, profiles, target)
    var findings = opened.notes.map { Finding(kind: .file, columns: [], text: $0) }
    for profile in profiles where profile.name != target { findings += Self.findings(profile) }
    let rows = Array(0..<table.rowCount)
    let equal = try EqualRows(
      table, rows: rows, columns: profiles.enumerated().filter { $1.name != target }.map { ($0, $1) })
    findings += equal.notes.map { Finding(kind: .duplicates, columns: [], text: $0) }
    if let target, let profile = profiles.first(where: { $0.name == target }) {
      findings += Self.targetFindings(profile)
      findings += try Self.leaks(opened, profiles, profile)
    }
    self.findings = findings
  }

  private static func findings(_ profile: ColumnProfile) -> [Finding] {
    func finding(_ kind: Finding.Kind, _ text: String) -> Finding {
      Finding(kind: kind, columns: [profile.name], text: "column \"\(profile.name)\" \(text)")
    }
    var found: [Finding] = []
    switch profile.type {
    case .constant, .empty: found.append(finding(.constant, "is left out: \(profile.reasonLeftOut)"))
    case .id, .text: found.append(finding(.unused, "is left out: \(profile.reasonLeftOut)"))
    case .number, .boolean, .category, .date: break
    }
    if profile.type != .empty, Double(profile.missingCount) > missingShare * Double(profile.rowCount) {
      found.append(
        finding(
          .missing,
          "has no value in \(Format.percent(Double(profile.missingCount) / Double(profile.rowCount))) of the rows"
        ))
    }
    for note in profile.notes({ "line \($0)" }) {
      let kind: Finding.Kind =
        note.contains("order") || note.contains("day first")
        ? .dates : note.contains("levels") ? .levels : .mixed
      found.append(Finding(kind: kind, columns: [profile.name], text: note))
    }
    return found
  }

  private static func targetFindings(_ profile: ColumnProfile) -> [Finding] {
    func finding(_ kind: Finding.Kind, _ text: String) -> Finding {
      Finding(kind: kind, columns: [profile.name], text: "the target \"\(profile.name)\" \(text)")
    }
    var found: [Finding] = []
    if profile.missingCount + profile.oddCount > 0 {
      let first = profile.firstOdd.map { ", “\($0.text)” in line \($0.line) among them" } ?? ""
      found.append(
        finding(
          .target, "is not known in \(Format.count(profile.missingCount + profile.oddCount, "row"))\(first)"))
    }
    switch profile.type {
    case .constant, .empty: found.append(finding(.target, "cannot be learned: \(profile.reasonLeftOut)"))
    case .text, .id, .date: found.append(finding(.target, "is neither a number nor one of several classes"))
    case .number where profile.distinctCount > 2: break
    case .number, .boolean, .category:
      let known = profile.levels.reduce(0) { $0 + $1.count }
      if let largest = profile.levels.first, Double(largest.count) > imbalance * Double(known) {
        found.append(
          finding(
            .imbalance,
            "is “\(largest.text)” in \(Format.percent(Double(largest.count) / Double(known), digits: 2)) of the rows: always "
              + "saying so has that accuracy"))
      }
      let rare = profile.levels.filter { $0.count < rareClass }
      if !rare.isEmpty {
        let list = Format.list(rare.map { "\($0.text) (\($0.count))" }, limit: 5)
        found.append(finding(.rare, "has classes of fewer than \(rareClass) rows: \(list)"))
      }
    }
    return found
  }

  private static func leaks(
    _ opened: OpenedTable, _ profiles: [ColumnProfile], _ target: ColumnProfile
  ) throws -> [Finding] {
    guard let truth = FittedColumn(target) else { return [] }
    let table = opened.table
    let columns = profiles.filter { $0.name != target.name }.compactMap { FittedColumn($0) }
    let records = CSVRecords(table: table, rows: Array(0..<table.rowCount))
    let rows = TableRows(
      source: records, rows: records.rows, names: [], missingTexts: table.format.missingTexts,
      prefersComma: opened.prefersComma)
    let step = max(1, (rows.rows.count + LeakGuard.sampleLimit - 1) / LeakGuard.sampleLimit)
    let sample = stride(from: 0, to: rows.rows.count, by: step).map { rows.rows[$0] }
    let values = try rows.leakColumns(columns + [truth], of: sample)
    guard var answers = values.last else { return [] }
    // Numbers of two values are classes.
    if case .numbers(let numbers) = answers, target.distinctCount == 2 {
      answers = .levels(numbers.map { $0.isFinite ? Int($0 * 2) : -1 })
    }
    return LeakGuard(names: columns.map(\.name), columns: Array(values.dropLast()), target: answers).leaks()
      .map {
        leak in
        let names = Format.list(leak.columns.map { "\"\($0)\"" })
        let text =
          leak.kind == .combination
          ? "columns \(names): \(leak.text)" : "column \(names) is perhaps a leak: \(leak.text)"
        return Finding(kind: .leak, columns: leak.columns, text: text)
      }
  }
}
