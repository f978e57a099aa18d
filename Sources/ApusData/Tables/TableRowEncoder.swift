import ApusGraph
import ApusIO

/// An encoder bound to the columns of one table.
struct TableRowEncoder: Sendable {
  /// One row in numbers.
  struct Row {
    var numbers: [Float] = []
    var indices: [Int32] = []
    /// The class or the number to predict, if the row has it.
    var label: Int32 = -1
    var value: Float = .nan
    var hasTarget = false
  }

  /// How often something came that training rows did not have.
  struct Surprises {
    var unknownCategories: [String: (count: Int, first: String, line: Int)] = [:]
    var missing: [String: (count: Int, line: Int)] = [:]
  }

  private let encoder: TableEncoder
  private let path: String
  private let missingTexts: Set<String>
  private let columns: [Int]
  private let targetColumn: Int?
  private let vocabularies: [[String: Int]?]
  private let labels: [String: Int32]

  /// The table must have every column that the encoder needs; the target's may be absent.
  init(_ encoder: TableEncoder, table: CSVTable) throws {
    try self.init(
      encoder, columnNames: table.columnNames, path: table.path, missingTexts: table.format.missingTexts)
  }

  init(_ encoder: TableEncoder, columnNames: [String], path: String, missingTexts: Set<String>) throws {
    self.encoder = encoder
    self.path = path
    self.missingTexts = missingTexts
    columns = try encoder.inputs.map { input in
      guard let place = columnNames.firstIndex(of: input.name) else {
        let listed = columnNames.prefix(30).map { "\"\($0)\"" }.joined(separator: ", ")
        throw FileError(
          path: path, reason: .invalidRequest, problem: "there is no column \"\(input.name)\"",
          advice: "Its columns are \(listed)\(columnNames.count > 30 ? ", ..." : "").", line: 1)
      }
      return place
    }
    targetColumn = encoder.targetName.flatMap { columnNames.firstIndex(of: $0) }
    func places<Place>(_ names: [String], _ place: (Int) -> Place) -> [String: Place] {
      Dictionary(names.enumerated().map { ($1, place($0)) }) { first, _ in first }
    }
    vocabularies = encoder.inputs.map { $0.vocabulary.map { places($0) { $0 } } }
    labels = places(encoder.classNames ?? []) { Int32($0) }
  }

  /// Whether rows have targets.
  var hasTarget: Bool { targetColumn != nil }

  func encode(_ record: CSVRecord, noting surprises: inout Surprises) throws -> Row {
    var row = Row()
    row.numbers.reserveCapacity(encoder.featureNames.count)
    for (index, input) in encoder.inputs.enumerated() {
      let field = record.fields[columns[index]]
      let isMissing = missingTexts.contains(field)
      if isMissing && !input.flagsMissing {
        surprises.missing[input.name, default: (0, record.line)].count += 1
      }
      if let vocabulary = vocabularies[index] {
        let place = isMissing ? input.replacementIndex : vocabulary[field]
        if place == nil {
          surprises.unknownCategories[input.name, default: (0, field, record.line)].count += 1
        }
        switch encoder.categoryEncoding {
        case .oneHot:
          for category in 0..<vocabulary.count { row.numbers.append(category == place ? 1 : 0) }
        case .index: row.indices.append(Int32(place ?? vocabulary.count))
        }
      } else {
        guard let value = isMissing ? input.replacement : tableNumber(field) else {
          throw FileError(
            path: path, reason: .corrupt,
            problem: "column \"\(input.name)\" should hold numbers, \"\(field)\" came",
            advice: "If it means that the value is missing, add it to the format's `missingTexts`.",
            line: record.line)
        }
        row.numbers.append(
          try single((value - input.mean) / input.std, of: "column \"\(input.name)\"", record))
      }
      if input.flagsMissing { row.numbers.append(isMissing ? 1 : 0) }
    }
    try encodeTarget(record, into: &row)
    return row
  }

  private func encodeTarget(_ record: CSVRecord, into row: inout Row) throws {
    guard let targetColumn else { return }
    let field = record.fields[targetColumn]
    guard !missingTexts.contains(field) else { return }
    row.hasTarget = true
    if let classNames = encoder.classNames {
      guard let label = labels[field] else {
        throw FileError(
          path: path, reason: .corrupt,
          problem: "the target is \"\(field)\", which is none of the classes \(classNames.prefix(20))",
          advice: "Training data must have every class.", line: record.line)
      }
      row.label = label
    } else {
      guard let value = tableNumber(field) else {
        throw FileError(
          path: path, reason: .corrupt, problem: "the target should be a number, \"\(field)\" came",
          line: record.line)
      }
      row.value = try single(value, of: "the target", record)
    }
  }

  private func single(_ value: Double, of name: String, _ record: CSVRecord) throws -> Float {
    guard Float(value).isFinite else {
      throw FileError(
        path: path, reason: .unsupported, problem: "\(name) becomes \(value), which float32 cannot hold",
        line: record.line)
    }
    return Float(value)
  }
}
