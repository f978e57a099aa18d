import ApusData
import ApusIO
import ApusLearn
import ApusReport
import Foundation

/// The rows of a table in clusters: numbers and parts of dates standardized, categories one-hot.
public struct ClusteredTable: Sendable {
  /// The file.
  public let path: String
  /// What came of it.
  public let analysis: ClusterAnalysis
  /// What a person should know: columns that are left out, cells that count as missing.
  public let notes: [String]
  private let table: CSVTable

  /// Reads a table and looks for clusters among its rows.
  /// - Parameters:
  ///   - path: The file, or `-` for standard input.
  ///   - method: How clusters are found.
  ///   - ignored: Columns that are left out.
  ///   - types: What columns are, such as `a=category,b=date`.
  ///   - seed: What all randomness depends on.
  /// - Throws: `FileError` for what cannot be read, `DataError` for tables without usable columns.
  public init(
    path: String, _ method: ClusterAnalysis.Method, ignored: [String] = [], types: String? = nil,
    seed: UInt64 = 0
  ) throws {
    let opened = try OpenedTable(path: path)
    table = opened.table
    self.path = table.path
    guard table.rowCount > 1 else {
      throw FileError(path: table.path, reason: .truncated, problem: "the table has fewer than two rows")
    }
    let asked = try ColumnType.parsed(types)
    for column in ignored + asked.keys.sorted() { _ = try table.column(named: column) }
    let records = CSVRecords(table: table, rows: Array(0..<table.rowCount))
    let encoder = try FeatureEncoder(
      TableRows(
        source: records, rows: records.rows, names: records.names, missingTexts: table.format.missingTexts,
        types: asked, prefersComma: opened.prefersComma),
      target: nil, ignored: Set(ignored), allowed: [])
    let places = try encoder.places(in: table.columnNames, path: table.path)
    var values: [Float] = []
    for row in records.rows {
      values += try encoder.features(records.fields(row), places, path: records.names[row])
    }
    analysis = try ClusterAnalysis(
      FeatureMatrix(values, columns: encoder.featureNames.map { .init($0) }), method, seed: seed)
    notes = opened.notes + encoder.warnings + analysis.notes
  }

  /// The cluster of each row, from 1 on; 0 for rows that belong to none.
  public var labels: [Int] { analysis.clustering.labels.map { $0 + 1 } }

  /// Writes the table with a column `cluster` in front; the file appears complete or not at all.
  /// - Parameter path: Where to.
  /// - Throws: `FileError` for a file that exists or cannot be written.
  public func write(to path: String) throws {
    guard !FileManager.default.fileExists(atPath: path) else {
      throw FileError(
        path: path, reason: .unwritable, problem: "it is there already and would be written over",
        advice: "Choose another name, or move it away.")
    }
    let file = try AtomicFile(path: path)
    func write(_ cells: [String]) throws { try file.write(Array((CSVLine.text(cells) + "\n").utf8)) }
    try write(["cluster"] + table.columnNames)
    for (row, label) in labels.enumerated() { try write([label == 0 ? "" : "\(label)"] + table[row].fields) }
    try file.commit()
  }

  /// What was found, for the terminal.
  public var text: String {
    var lines: [String] = []
    if analysis.candidates.count > 1 {
      lines.append(
        Format.table(
          [["clusters", "silhouette", "stability"]]
            + analysis.candidates.map { candidate in
              [
                "\(candidate.clusters)", candidate.silhouette.map { Format.fixed($0, 3) } ?? Format.unknown,
                candidate.stability.map { Format.fixed($0, 3) } ?? Format.unknown,
              ]
            }))
    }
    lines.append("\(Format.count(analysis.profiles.count, "cluster")) in \(path)")
    for (number, profile) in analysis.profiles.enumerated() {
      let traits = profile.traits.prefix(4).map { trait in
        "\(trait.column) \(trait.difference < 0 ? "lower" : "higher") by \(Format.fixed(abs(trait.difference), 1))"
      }
      let line = table.line(ofRow: profile.typicalRow) ?? profile.typicalRow + 2
      lines.append(
        "cluster \(number + 1): \(Format.count(profile.count, "row")); in standard deviations, "
          + "\(traits.isEmpty ? "like the whole" : traits.joined(separator: ", ")); line \(line) is typical")
    }
    return lines.joined(separator: "\n")
  }

  /// What was found, for programs.
  public var json: JSON {
    func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
    return .object([
      .init("path", .string(path)),
      .init(
        "candidates",
        .array(
          analysis.candidates.map {
            .object([
              .init("clusters", .integer($0.clusters)), .init("silhouette", number($0.silhouette)),
              .init("stability", number($0.stability)),
            ])
          })),
      .init(
        "clusters",
        .array(
          analysis.profiles.map { profile in
            .object([
              .init("rows", .integer(profile.count)), .init("typical_row", .integer(profile.typicalRow)),
              .init(
                "traits",
                .array(
                  profile.traits.map {
                    .object([
                      .init("column", .string($0.column)), .init("difference", .number($0.difference)),
                    ])
                  })),
            ])
          })),
      .init("labels", .array(labels.map { .integer($0) })), .init("notes", .array(notes.map { .string($0) })),
    ])
  }
}
