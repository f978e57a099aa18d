import ApusData
import ApusTasks

/// The rows of several tables, one after the other, with the columns that all of them have.
struct JoinedRecords: RecordSource {
  let tables: [CSVRecords]
  let places: [(table: Int, row: Int)]
  let orders: [[Int]]
  let columnNames: [String]

  init(_ tables: [CSVRecords]) throws {
    let common = tables.dropFirst().reduce(Set(tables[0].columnNames)) { $0.intersection($1.columnNames) }
    try self.init(tables, columnNames: tables[0].columnNames.filter(common.contains))
  }

  /// Rows with some columns, which all of the tables have.
  init(_ tables: [CSVRecords], columnNames names: [String]) throws {
    self.tables = tables
    columnNames = names
    // The columns of each table in the order of the first one's.
    orders = try tables.map { table in try names.map { try table.table.column(named: $0) } }
    places = tables.enumerated().flatMap { index, table in (0..<table.count).map { (index, $0) } }
  }

  var count: Int { places.count }

  func fields(_ row: Int) throws -> [String] {
    let place = places[row]
    let fields = try tables[place.table].fields(place.row)
    return orders[place.table].map { fields[$0] }
  }
}
