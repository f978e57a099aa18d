import ApusData
import ApusIO
import ApusReport
import Foundation

/// A table that says what is to be predicted of images: labels of which any number hold, numbers, or one class each.
struct TableOfImages: Sendable {
  /// What is predicted.
  enum Task: String, Sendable, Codable, CaseIterable {
    /// Any number of labels hold.
    case labels
    /// One number or several.
    case numbers
    /// One of several classes.
    case classes
  }

  /// Which columns are to be predicted, and how they are read: enough to read another table the same way.
  struct Columns: Sendable, Codable, Equatable {
    /// The columns.
    var targets: [String]
    /// What they hold.
    var task: Task
    /// What stands between the labels of one column; nil where each column says of one label whether it holds, and
    /// for numbers and classes.
    var separator: String?

    /// Columns and what they hold.
    init(targets: [String], task: Task, separator: String? = nil) {
      self.targets = targets
      self.task = task
      self.separator = separator
    }
  }

  /// An image and what is to be predicted of it.
  struct Row: Sendable, Equatable {
    /// The image's path below the folder.
    let name: String
    /// 0 or 1 for each label, the numbers, or the place of the class.
    let values: [Float]
  }

  /// The table's file.
  let path: String
  /// The folder of the images.
  let folder: String
  /// The column of the images' files.
  let filesColumn: String
  /// The columns to predict.
  let columns: Columns
  /// The names of the labels, numbers or classes.
  let names: [String]
  /// Why the columns were read so, for a person.
  let reason: String
  /// What a person should know: what was left out and why.
  let notes: [String]
  let rows: [Row]

  /// Reads a table of images below a folder.
  ///
  /// - Parameters:
  ///   - path: A file of values with commas, semicolons or tabs between them, whose first line names the columns. Numbers may
  ///     have a decimal comma where commas do not separate.
  ///   - folder: The folder of the images.
  ///   - targets: The columns to predict.
  ///   - files: The column of the images' files; found by its values when nil. Names may begin with folders above
  ///     the given one and lack their endings.
  ///   - task: What the columns hold; told from them when nil.
  /// - Throws: `FileError` and `DataError` that say what is missing.
  init(
    path: String, folder: String, targets: [String], files: String? = nil, task: Task? = nil
  ) throws {
    try self.init(path: path, folder: folder, targets: targets, files: files) { texts in
      try TargetReading(texts, task: task)
    }
  }

  /// Reads another table of images by what is known of an earlier one.
  ///
  /// - Parameters:
  ///   - path: The table.
  ///   - folder: The folder of the images.
  ///   - columns: Which columns count, and how.
  ///   - names: The names of the labels, numbers or classes. What has none of them is left out and told.
  ///   - files: The column of the images' files; found by its values when nil.
  /// - Throws: `FileError` and `DataError` that say what is missing.
  init(
    path: String, folder: String, columns: Columns, names: [String], files: String? = nil
  ) throws {
    try self.init(path: path, folder: folder, targets: columns.targets, files: files) { texts in
      try TargetReading(texts, columns: columns, names: names)
    }
  }

  private init(
    path: String, folder: String, targets: [String], files: String?,
    reading: (TargetTexts) throws -> TargetReading
  ) throws {
    guard !targets.isEmpty, Set(targets).count == targets.count else {
      throw DataError(.setting, "columns to predict, each once, were expected, \(targets) came")
    }
    let format = try CSVFormat.found(inFile: path)
    let table = try CSVTable(path: path, format: format)
    let places = try targets.map { try table.column(named: $0) }
    let images = ImageNames(try ImageFiles(folder: folder))
    var fields: [[String]] = [], lines: [Int] = []
    for row in 0..<table.rowCount {
      fields.append(try table[row].fields)
      lines.append(table.line(ofRow: row) ?? row + 2)
    }
    guard !fields.isEmpty else {
      throw FileError(path: path, reason: .truncated, problem: "the table has no rows")
    }
    let column =
      try files.map { try table.column(named: $0) }
      ?? images.column(of: fields, names: table.columnNames, except: Set(places), path: path)
    filesColumn = table.columnNames[column]
    var missing: [String] = []
    let found = fields.indices.compactMap { row -> (row: Int, name: String)? in
      if let name = images.name(fields[row][column]) { return (row, name) }
      missing.append(fields[row][column])
      return nil
    }
    guard !found.isEmpty else {
      throw FileError(
        path: path, reason: .invalidRequest,
        problem:
          "no image in \(folder) is called as the column \"\(filesColumn)\" says, \"\(missing[0])\" first",
        advice: "Name the column of the images' files by --files, or another folder.", line: lines[0])
    }
    let read = try reading(
      TargetTexts(
        path: path, columns: targets,
        rows: found.map { entry in
          places.map { place in
            let text = fields[entry.row][place]
            return format.missingTexts.contains(text) ? "" : text
          }
        },
        lines: found.map { lines[$0.row] }, hasDecimalCommas: format.separator != ","))
    var notes: [String] = []
    if !missing.isEmpty {
      notes.append(
        "\(missing.count == 1 ? "1 row is" : "\(missing.count) rows are") left out, as there is no such image: "
          + Format.list(missing, limit: 3))
    }
    notes += read.notes
    // By their bytes: names that differ only in their Unicode form are two files.
    var rows: [Row] = [], seen: [FilePath: [Float]] = [:], contradicted: Set<FilePath> = []
    for (entry, values) in zip(found, read.values) {
      guard let values else { continue }
      let file = FilePath(entry.name)
      if let other = seen[file] {
        if other != values { contradicted.insert(file) }
        continue
      }
      seen[file] = values
      rows.append(Row(name: entry.name, values: values))
    }
    if !contradicted.isEmpty {
      rows.removeAll { contradicted.contains(FilePath($0.name)) }
      notes.append(
        "\(Format.count(contradicted.count, "image")) left out, as rows say different things of the same: "
          + Format.list(contradicted.map(\.text).sorted(), limit: 3))
    }
    guard !rows.isEmpty else {
      throw FileError(
        path: path, reason: .invalidRequest, problem: "no row says what its image shows",
        advice: "Look at the column \"\(targets[0])\".")
    }
    let listed = Set(found.map { FilePath($0.name) })
    let unlisted = images.names.filter { !listed.contains(FilePath($0)) }
    if !unlisted.isEmpty {
      notes.append(
        "\(Format.count(unlisted.count, "image")) without a row: " + Format.list(unlisted, limit: 3))
    }
    (self.path, self.folder, self.rows, self.notes) = (path, folder, rows, notes)
    (columns, names, reason) = (read.columns, read.names, read.reason)
  }
}

/// The images in a folder, by the names that tables give them.
private struct ImageNames {
  let names: [String]
  private let folder: String
  /// The files of each name, of which there are several where only the Unicode form differs.
  private let known: [String: [String]]
  /// Last parts of paths, with and without their endings, that only one image has.
  private var short: [String: String?] = [:]

  init(_ files: ImageFiles) {
    names = files.names + files.misnamed
    folder = files.folder
    known = Dictionary(grouping: names) { $0 }
    for name in names {
      let last = (name as NSString).lastPathComponent
      for key in Set([
        last, (last as NSString).deletingPathExtension, (name as NSString).deletingPathExtension,
      ]) {
        short.updateValue(short[key] == nil ? name : nil, forKey: key)
      }
    }
  }

  /// The image that a table calls so: by its path below the folder, or with more or fewer folders before it. Windows puts
  /// \ between folders.
  func name(_ text: String) -> String? {
    image(text) ?? (text.contains("\\") ? image(text.replacingOccurrences(of: "\\", with: "/")) : nil)
  }

  private func image(_ text: String) -> String? {
    var rest = Substring(text.trimmingCharacters(in: .whitespaces))
    guard !rest.isEmpty else { return nil }
    while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
    let whole = String(rest)
    while true {
      let candidate = String(rest)
      if let found = known[candidate] {
        return found.first { FilePath($0) == FilePath(candidate) } ?? found[0]
      }
      if let name = short[candidate] ?? nil, Self.isEnd(whole, of: name) { return name }
      guard let slash = rest.firstIndex(of: "/") else { return nil }
      rest = rest[rest.index(after: slash)...]
    }
  }

  /// Whether one path, with or without the ending of the image's, is the end of the other: train/1.jpg is not test/1.jpg.
  private static func isEnd(_ text: String, of name: String) -> Bool {
    [name, (name as NSString).deletingPathExtension].contains {
      $0 == text || $0.hasSuffix("/" + text) || text.hasSuffix("/" + $0)
    }
  }

  /// The column most of whose first values are images.
  func column(of rows: [[String]], names: [String], except: Set<Int>, path: String) throws -> Int {
    let sample = rows.prefix(200)
    let hits = names.indices.map { column in
      except.contains(column) ? 0 : sample.count { name($0[column]) != nil }
    }
    guard let best = hits.indices.max(by: { (hits[$0], $1) < (hits[$1], $0) }), hits[best] * 2 >= sample.count
    else {
      throw FileError(
        path: path, reason: .invalidRequest, problem: "no column names the files of the images in \(folder)",
        advice:
          "Its first row is \(rows[0].prefix(6).joined(separator: ", ")). Name the column by --files, or the "
          + "folder in which the images are.", line: 1)
    }
    return best
  }
}
