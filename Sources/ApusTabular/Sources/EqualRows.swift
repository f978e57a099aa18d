import ApusData
import ApusReport
import ApusTasks

/// Rows that are equal in all columns but ids and the target: they stay in one part, so that no model is tested on what it
/// has learned by heart.
struct EqualRows {
  /// The group of each row; nil where no row is like another.
  private(set) var groups: [Int]?
  private(set) var notes: [String] = []

  /// - Parameters:
  ///   - table: The table.
  ///   - rows: The rows to look at, in ascending order.
  ///   - columns: The places of columns, and what they hold.
  /// - Throws: `FileError` where the table has changed.
  init(_ table: CSVTable, rows: [Int], columns: [(place: Int, profile: ColumnProfile)]) throws {
    let compared = columns.filter { $0.profile.type != .id && $0.profile.type != .empty }
    guard !compared.isEmpty else { return }
    var numbers: [Int: Int] = [:], found: [Int] = [], first: Int?
    found.reserveCapacity(rows.count)
    try table.forEachRow(of: rows) { _, record in
      var hasher = Hasher()
      for column in compared { hasher.combine(record.fields[column.place]) }
      let hash = hasher.finalize()
      if let group = numbers[hash] {
        if first == nil { first = record.line }
        found.append(group)
      } else {
        numbers[hash] = numbers.count
        found.append(numbers.count - 1)
      }
    }
    guard let first else { return }
    let copies = Format.count(rows.count - numbers.count, "row")
    let place = "in line \(first) first"
    // Few columns of few values are equal by chance: all rows of a group in one part would leave nothing to draw.
    let possible = compared.reduce(1.0) { $0 * Double(max(1, $1.profile.distinctCount)) }
    guard possible >= Double(rows.count), numbers.count >= 3 else {
      notes.append(
        "\(copies) equal to an earlier one but for the target, \(place): as the columns have only \(Int(min(possible, 1e15))) "
          + "different combinations of values, they are not kept in one part")
      return
    }
    groups = found
    notes.append("\(copies) equal to an earlier one but for the target, \(place): kept in one part with it")
  }
}
