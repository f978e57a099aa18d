import ApusData
import ApusTasks

/// The rows of a CSV file, read from the disk one by one.
struct CSVRecords: RecordSource {
  let table: CSVTable
  let rows: [Int]

  var columnNames: [String] { table.columnNames }
  var count: Int { rows.count }

  func fields(_ row: Int) throws -> [String] { try table[rows[row]].fields }

  /// What people call the rows: the file and line of each.
  var names: [String] { rows.map { "\(table.path):\(table.line(ofRow: $0) ?? $0 + 2)" } }
}
