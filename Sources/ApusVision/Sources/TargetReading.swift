import ApusData
import ApusIO
import ApusReport
import Foundation

/// What a table's columns hold, as text.
struct TargetTexts {
  let path: String
  let columns: [String]
  /// A text of each column for each image.
  let rows: [[String]]
  /// Where the rows begin in the file.
  let lines: [Int]
  /// Whether 2,5 is a number.
  var hasDecimalCommas = false

  /// The number that a text is.
  func number(_ text: String) -> Double? {
    if let number = Double(text) { return number }
    guard hasDecimalCommas, !text.contains("."), text.count(where: { $0 == "," }) == 1 else { return nil }
    return Double(text.replacingOccurrences(of: ",", with: "."))
  }

  func failure(_ row: Int, _ problem: String, _ advice: String? = nil) -> FileError {
    FileError(path: path, reason: .corrupt, problem: problem, advice: advice, line: lines[row])
  }
}

/// Labels, numbers or classes from a table's texts, and how they were told.
struct TargetReading {
  let columns: TableOfImages.Columns
  let names: [String]
  let reason: String
  /// 0 or 1 for each label, the numbers, or the place of the class; nil where the table says nothing.
  let values: [[Float]?]
  let notes: [String]

  /// Reads what a person asked for, or what the texts look like.
  init(_ texts: TargetTexts, task: TableOfImages.Task?) throws {
    let found = try Self.told(texts, task: task)
    try self.init(texts, columns: found.columns, names: nil, reason: found.reason)
  }

  /// Reads as another table was read.
  init(_ texts: TargetTexts, columns: TableOfImages.Columns, names: [String]) throws {
    try self.init(texts, columns: columns, names: names, reason: "as in training")
  }

  private init(
    _ texts: TargetTexts, columns: TableOfImages.Columns, names known: [String]?, reason: String
  ) throws {
    self.columns = columns
    self.reason = reason
    var notes: [String] = []
    let values: [[Float]?]
    switch (columns.task, columns.separator) {
    case (.numbers, _):
      names = columns.targets
      values = try texts.rows.indices.map { try Self.numbers(texts, $0) }
    case (.labels, nil):
      names = columns.targets
      values = try texts.rows.indices.map { try Self.flags(texts, $0) }
    case (.labels, let separator?):
      let rows = texts.rows.map { Self.tags($0[0], separator) }
      names = known ?? Set(rows.joined()).sorted()
      guard !names.isEmpty else {
        throw DataError(.classes, "the column \"\(columns.targets[0])\" of \(texts.path) holds no label")
      }
      let unknown = Set(rows.joined()).subtracting(names)
      if !unknown.isEmpty {
        notes.append(
          "labels that the model does not know left out: " + Format.list(unknown.sorted(), limit: 3))
      }
      let names = self.names
      values = rows.map { row in
        let said = Set(row)
        return names.map { said.contains($0) ? 1 : 0 }
      }
    case (.classes, _):
      let rows = texts.rows.map { $0[0].trimmingCharacters(in: .whitespaces) }
      names = known ?? Set(rows).subtracting([""]).sorted()
      let places = Dictionary(zip(names, names.indices)) { first, _ in first }
      let unknown = Set(rows).subtracting(names).subtracting([""])
      if !unknown.isEmpty {
        notes.append(
          "rows of classes that the model does not know left out: " + Format.list(unknown.sorted(), limit: 3))
      }
      values = rows.map { places[$0].map { [Float($0)] } }
    }
    self.values = values
    let empty = texts.rows.indices.count { row in texts.rows[row].contains { $0.allSatisfy(\.isWhitespace) } }
    if empty > 0, columns.separator == nil {
      notes.append(
        "\(empty == 1 ? "1 row" : "\(empty) rows") without a value of what is to be predicted left out")
    }
    self.notes = notes
  }

  // MARK: - Telling

  private static let flagTexts: [String: Float] = [
    "0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1, "no": 0, "yes": 1,
  ]

  private static func told(
    _ texts: TargetTexts, task: TableOfImages.Task?
  ) throws -> (columns: TableOfImages.Columns, reason: String) {
    let cells = texts.rows.joined().map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    guard !cells.isEmpty else {
      throw DataError(
        .empty, "\(listed(texts.columns)) of \(texts.path) \(texts.columns.count == 1 ? "is" : "are") empty",
        advice: "Choose other columns by --target.")
    }
    let isOne = texts.columns.count == 1
    let areFlags = cells.allSatisfy { flagTexts[$0.lowercased()] != nil }
    let areNumbers = cells.allSatisfy { texts.number($0)?.isFinite ?? false }
    let separator = isOne ? Self.separator(texts.rows.map { $0[0] }) : nil
    func columns(_ task: TableOfImages.Task, _ separator: String? = nil) -> TableOfImages.Columns {
      TableOfImages.Columns(targets: texts.columns, task: task, separator: separator)
    }
    switch task {
    case .numbers: return (columns(.numbers), "as asked")
    case .classes:
      guard isOne else {
        throw DataError(
          .setting, "one column of classes was expected, \(listed(texts.columns)) came",
          advice: "Several columns are labels or numbers.")
      }
      return (columns(.classes), "as asked")
    case .labels: return (columns(.labels, !isOne || areFlags ? nil : separator ?? ";"), "as asked")
    case nil: break
    }
    if areFlags { return (columns(.labels), "there is nothing but 0 and 1 in \(listed(texts.columns))") }
    if areNumbers { return (columns(.numbers), "there are numbers in \(listed(texts.columns))") }
    guard isOne else {
      let row = texts.rows.firstIndex { $0.contains { !$0.isEmpty && texts.number($0) == nil } } ?? 0
      throw texts.failure(
        row,
        "numbers, or 0 and 1, were expected in \(listed(texts.columns)), \"\(texts.rows[row].joined(separator: ", "))\" came",
        "Labels as words are read from one column, with \";\" between them.")
    }
    if let separator {
      return (
        columns(.labels, separator),
        "there are several words\(separator == " " ? "" : " with “\(separator)” between them") in \(listed(texts.columns))"
      )
    }
    return (
      columns(.classes),
      "there is one word for each image in \(listed(texts.columns)); if several may hold, pass --task labels"
    )
  }

  /// What stands between labels; nil where texts look like one name each. Blanks part labels where the same words come
  /// back in other company, not in names of two words.
  private static func separator(_ texts: [String]) -> String? {
    for separator in [";", "|", ","] where texts.contains(where: { $0.contains(separator) }) {
      return separator
    }
    guard texts.contains(where: { $0.contains(" ") }) else { return nil }
    let whole = Set(texts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty })
    return Set(texts.flatMap { tags($0, " ") }).count < whole.count ? " " : nil
  }

  private static func listed(_ columns: [String]) -> String {
    "the column\(columns.count == 1 ? "" : "s") " + columns.map { "\"\($0)\"" }.joined(separator: ", ")
  }

  // MARK: - Reading

  private static func tags(_ text: String, _ separator: String) -> [String] {
    text.components(separatedBy: separator).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  private static func numbers(_ texts: TargetTexts, _ row: Int) throws -> [Float]? {
    try cells(texts, row) { text in
      texts.number(text).flatMap { abs($0) <= Double(Float.greatestFiniteMagnitude) ? Float($0) : nil }
    } problem: {
      "a number was expected in column \"\($0)\", \"\($1)\" came"
    }
  }

  private static func flags(_ texts: TargetTexts, _ row: Int) throws -> [Float]? {
    try cells(texts, row) {
      flagTexts[$0.lowercased()]
    } problem: {
      "0 or 1 was expected in column \"\($0)\", \"\($1)\" came"
    }
  }

  /// All of a row's cells, or nil where one is empty.
  private static func cells(
    _ texts: TargetTexts, _ row: Int, _ value: (String) -> Float?, problem: (String, String) -> String
  ) throws -> [Float]? {
    let cells = texts.rows[row].map { $0.trimmingCharacters(in: .whitespaces) }
    guard !cells.contains("") else { return nil }
    return try zip(texts.columns, cells).map { column, text in
      guard let value = value(text) else { throw texts.failure(row, problem(column, text)) }
      return value
    }
  }
}
