import ApusTasks
import Foundation

/// What the values of a table's column are.
public enum ColumnType: String, Sendable, Codable, CaseIterable {
  /// Numbers, at least 95 % of the cells.
  case number
  /// Two words that say yes and no.
  case boolean
  /// One of several texts.
  case category
  /// Dates, perhaps with times.
  case date
  /// Sentences that are hardly ever the same.
  case text
  /// A name or number for each row, which says nothing of other rows.
  case id
  /// One value in every row.
  case constant
  /// No values.
  case empty

  /// Those that a person can say a column is: `--types a=category`.
  static let named: [ColumnType] = [.number, .boolean, .category, .date, .text, .id]

  /// The types that a person gave, by column.
  /// - Parameter text: Such as `a=category,b=date`; nil for none.
  /// - Returns: The types.
  /// - Throws: `RunError` for anything else.
  static func parsed(_ text: String?) throws -> [String: ColumnType] {
    try (text ?? "").split(separator: ",").reduce(into: [:]) { types, entry in
      let parts = entry.split(separator: "=", maxSplits: 1).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard parts.count == 2, let type = named.first(where: { $0.rawValue == parts[1] }) else {
        throw RunError(
          .usage,
          "--types: COLUMN=TYPE with a type of \(named.map(\.rawValue).joined(separator: ", ")) was expected, "
            + "\"\(entry)\" came")
      }
      types[parts[0]] = type
    }
  }
}
