import ApusData
import ApusIO
import ApusReport
import ApusTasks

extension Examples {
  /// These examples and the rows of another table as their test set.
  /// - Parameter other: The rows of the test set.
  /// - Throws: `FileError` for a table that lacks a column, which is named.
  /// - Returns: All rows, of which only the other table's are in the test set.
  func adding(testRows other: Examples) throws -> Examples {
    guard case .records(let own as CSVRecords) = try input().values,
      case .records(let added as CSVRecords) = try other.input().values
    else { throw DataError(.type, "rows of two tables were expected") }
    for name in own.columnNames where !added.columnNames.contains(name) {
      throw CSVTable.missingColumn(
        name, among: added.columnNames, path: added.table.path,
        nearest: NearestName.of(name, in: added.columnNames))
    }
    let records = try JoinedRecords([own, added], columnNames: own.columnNames)
    let names = names + other.names
    let targets = zip(targets, other.targets).map { one, two -> Column in
      switch (one.values, two.values) {
      case (.numbers(let first), .numbers(let second)): Column(one.name, .numbers(first + second))
      case (.categories(let first), .categories(let second)): Column(one.name, .categories(first + second))
      default: one
      }
    }
    var result = try Examples(
      modality: modality, title: title, names: names, inputs: [Column("row", .records(records))],
      targets: targets, parts: parts + other.names.map { _ in .test },
      // A row of the test set is its own group: training rows that equal it stay where they are.
      groups: groups.map { $0 + other.names.indices.map { -1 - $0 } },
      notes: notes + ["the test set is \(added.table.path), \(Format.count(other.count, "row"))"]
        + other.notes)
    result.attributes = attributes
    let copies = try Self.copies(of: added, in: own, ignoring: targets.map(\.name))
    if let first = copies.first {
      result.notes.append(
        "\(Format.count(copies.count, "row")) of the test set equal to a training row but for the target, in "
          + "\(other.names[first]) first: their scores flatter")
    }
    return result
  }

  /// The rows of a table that another table has, too.
  private static func copies(
    of added: CSVRecords, in own: CSVRecords, ignoring: [String]
  ) throws -> [Int] {
    let names = own.columnNames.filter { !ignoring.contains($0) }
    func hashes(_ records: CSVRecords) throws -> [Int] {
      let places = try names.map { try records.table.column(named: $0) }
      return try (0..<records.count).map { row in
        let fields = try records.fields(row)
        var hasher = Hasher()
        for place in places { hasher.combine(fields[place]) }
        return hasher.finalize()
      }
    }
    let known = Set(try hashes(own))
    return try hashes(added).enumerated().filter { known.contains($0.element) }.map(\.offset)
  }
}
