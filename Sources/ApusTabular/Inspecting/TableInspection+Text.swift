import ApusIO
import ApusReport
import Foundation

extension TableInspection {
  /// Levels that are shown of a category.
  private static let levelsShown = 3
  /// Characters of an example that are shown.
  private static let exampleLength = 24

  /// What a person reads: a line for each column, and the findings.
  public var text: String {
    let header = ["column", "type", "missing", "different", "values", "example"]
    let lines = columns.map { column -> [String] in
      [
        column.name + (column.name == target ? " (target)" : ""), column.type.rawValue,
        Format.grouped(column.missingCount + column.oddCount), Format.grouped(column.distinctCount),
        Self.values(column), Self.shortened(column.example ?? "–"),
      ]
    }
    let head =
      "\(path): \(Format.count(rowCount, "row")), \(Format.count(columns.count, "column"))"
    let table = Format.table([header] + lines, leading: [0, 1, 4, 5])
    let found = findings.map { "  \($0.kind.rawValue): \($0.text)" }
    let tail = found.isEmpty ? ["Nothing conspicuous."] : [Format.count(found.count, "finding")] + found
    return ([head, "", table, ""] + tail).joined(separator: "\n")
  }

  private static func shortened(_ text: String) -> String {
    text.count <= exampleLength ? text : text.prefix(exampleLength - 1) + "…"
  }

  /// The range of numbers and dates, or the most frequent levels.
  private static func values(_ column: ColumnProfile) -> String {
    switch column.type {
    case .number:
      guard let range = column.range else { return "" }
      let unit = column.unit.isEmpty ? "" : " \(column.unit)"
      return "\(number(range.lowerBound)) to \(number(range.upperBound))\(unit)"
    case .date:
      guard let range = column.range else { return "" }
      let order = column.dependsOnDateOrder ? ", \(column.dateOrder.rawValue)" : ""
      return "\(day(range.lowerBound)) to \(day(range.upperBound))\(order)"
    case .boolean, .category, .constant:
      return column.levels.prefix(levelsShown).map { "\(shortened($0.text)) \(Format.grouped($0.count))" }
        .joined(separator: ", ")
    case .text, .id, .empty: return ""
    }
  }

  private static func number(_ value: Double) -> String {
    abs(value) < 1e15 && value == value.rounded() ? "\(Int(value))" : String(format: "%.10g", value)
  }

  private static func day(_ seconds: Double) -> String {
    let date = DateCell.calendar(days: Int((seconds / 86_400).rounded(.down)))
    return String(format: "%04d-%02d-%02d", date.year, date.month, date.day)
  }

  /// The same for programs: `rows`, `columns` with their types and ranges, and `findings`.
  public var json: JSON {
    .object([
      .init("path", .string(path)), .init("rows", .integer(rowCount)),
      .init("target", target.map { .string($0) } ?? .null),
      .init("columns", .array(columns.map(Self.json))),
      .init(
        "findings",
        .array(
          findings.map { finding in
            .object([
              .init("kind", .string(finding.kind.rawValue)),
              .init("columns", .array(finding.columns.map { .string($0) })),
              .init("text", .string(finding.text)),
            ])
          })),
    ])
  }

  private static func json(_ column: ColumnProfile) -> JSON {
    var members: [JSON.Member] = [
      .init("name", .string(column.name)), .init("type", .string(column.type.rawValue)),
      .init("missing", .integer(column.missingCount)), .init("unreadable", .integer(column.oddCount)),
      .init("different", .integer(column.distinctCount)),
      .init("example", column.example.map { .string($0) } ?? .null),
    ]
    if let range = column.range {
      members += [.init("minimum", .number(range.lowerBound)), .init("maximum", .number(range.upperBound))]
    }
    if !column.unit.isEmpty { members.append(.init("unit", .string(column.unit))) }
    if column.type == .boolean || column.type == .category {
      members.append(
        .init(
          "levels",
          .object(column.levels.prefix(100).map { .init($0.text, .integer($0.count)) })))
    }
    return .object(members)
  }
}
