import ApusData
import ApusIO
import ApusReport
import ApusTasks
import ApusTrain
import Foundation

/// Images in a folder, and a table that says what is to be predicted of each: one of several classes, any number of labels,
/// or numbers.
public struct ImageTable: ExampleSource {
  /// The name in files.
  public static let kind = "image-table"
  /// The table and its columns.
  public static let options = [
    OptionDescription("table", "file", "Images: a CSV file that says what is to be predicted of each image."),
    OptionDescription(
      "target", "columns", "The column to predict; for images several, with commas between them."),
    OptionDescription(
      "files", "column",
      "Images: the column of --table with their files. (default: the one whose values are such)"),
  ]
  /// How it is used.
  public static let usage = """
    Several labels for each image, or numbers, from a table that names the files: tags with ";" or blanks between them in
    one column, 0 and 1 in a column for each label, or columns of numbers:

      apus fit photos --table labels.csv --target tags
      apus fit photos --table labels.csv --target sunny,indoor
      apus fit photos --table sizes.csv --target weight,height
    """

  /// The folder of the images, as an absolute path.
  public let folder: String
  /// The table, as an absolute path.
  public let table: String
  /// The columns to predict; none where a model says which.
  public let targets: [String]
  /// The column of the images' files; found by its values when nil.
  public let files: String?
  /// What the columns hold; told from them when nil.
  let task: TableOfImages.Task?

  /// A folder together with `--table`.
  public static func recognize(_ request: DataRequest) throws -> ImageTable? {
    guard let table = request.options.text("table") else {
      guard request.options.text("files") == nil else {
        throw RunError(.usage, "--files names a column of --table", advice: "Give the table, too.")
      }
      return nil
    }
    guard let path = request.path, isFolder(path) else {
      throw RunError(
        .usage, "--table goes with a folder of images", advice: "Name the folder before the options.")
    }
    guard request.options.text("masks") == nil else {
      throw RunError(.usage, "--table or --masks says what is to be predicted: give one of them")
    }
    let task = try request.options.text("task").map { name -> TableOfImages.Task in
      switch name {
      case _ where Classification.tasks.contains(name): return .classes
      case _ where MultiLabel.tasks.contains(name): return .labels
      case _ where Regression.tasks.contains(name): return .numbers
      default:
        throw RunError(
          .usage,
          "--task is classification, multi-label or regression for a table of images, \"\(name)\" came")
      }
    }
    return ImageTable(
      folder: absolutePath(path), table: absolutePath(table),
      targets: try columns(request.options.text("target"), of: table), files: request.options.text("files"),
      task: task)
  }

  /// A column may have a comma in its name.
  private static func columns(_ text: String?, of table: String) throws -> [String] {
    guard let text else { return [] }
    let known = try CSVReader(path: table, format: .found(inFile: table)).columnNames
    return known.contains(text) ? [text] : Options(["target": text]).list("target") ?? []
  }

  /// The folder and the table.
  public var paths: [String] { [folder, table] }

  /// Reads the table and decodes every image. What cannot be used is counted and named.
  public func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    let read = try tableOfImages(for: problem)
    reporter.say(
      "\(URL(fileURLWithPath: table).lastPathComponent): \(read.reason). Images are named by the column \"\(read.filesColumn)\"."
    )
    reporter.say("Looking at every image in \(shortPaths(folder))")
    let census = try ImageCensus(folder: folder)
    let sound = Set(census.entries.map { Array($0.name.utf8) })
    let broken = read.rows.map(\.name).filter { !sound.contains(Array($0.utf8)) }
    var notes = read.notes
    notes += UnreadFile.notes(on: census.unread.filter { folder + "/" + $0.path != table })
    if !broken.isEmpty {
      notes.append(
        "\(Format.count(broken.count, "image")) left out, as \(broken.count == 1 ? "it" : "they") cannot be read: "
          + Format.list(broken, limit: 3)
      )
    }
    var rows = read.rows.filter { sound.contains(Array($0.name.utf8)) }
    guard !rows.isEmpty else {
      throw DataError(
        .empty, "none of the \(broken.count) images of the table can be read, \(broken[0]) first")
    }
    let layout = FolderLayout(rows.map(\.name))
    notes += ImageFolder.partNotes(layout)
    if layout.isParted {
      let strangers = rows.filter { layout.part($0.name) == nil }.map(\.name)
      if !strangers.isEmpty {
        notes.append(
          "\(Format.count(strangers.count, "image")) outside of training, validation and test folders left out: "
            + Format.list(strangers, limit: 3))
        rows.removeAll { layout.part($0.name) == nil }
      }
    }
    if problem == nil {
      let values = Dictionary(rows.map { (Array($0.name.utf8), $0.values) }) { first, _ in first }
      let copies = ImageCopies(
        census, part: layout.part, contradiction: "the table says different things of the same image"
      ) { values[Array($0.utf8)] }
      notes += copies.notes
      rows.removeAll { copies.leavesOut($0.name) }
    }
    return try Examples(
      modality: ImageInput.modality, title: "\(folder) and \(table)",
      names: rows.map { folder + "/" + $0.name },
      inputs: [Column("image", .files(rows.map { folder + "/" + $0.name }))],
      targets: Self.targets(read, rows),
      parts: rows.map { layout.part($0.name) }, notes: notes, skipped: census.skipped(in: folder))
  }

  private func tableOfImages(for problem: Problem?) throws -> TableOfImages {
    guard let target = problem?.target else {
      guard !targets.isEmpty else {
        let known = try CSVReader(path: table, format: .found(inFile: table)).columnNames
        throw RunError(
          .usage, "nothing says which columns of \(table) are the targets",
          advice: "Name them by --target; there are \(Format.list(known, limit: 30)).")
      }
      return try TableOfImages(path: table, folder: folder, targets: targets, files: files, task: task)
    }
    let task: TableOfImages.Task =
      target is MultiLabel ? .labels : target is Regression ? .numbers : .classes
    let known = try CSVReader(path: table, format: .found(inFile: table)).columnNames
    // Numbers and labels in columns of their own are called as the columns.
    let columns =
      try !targets.isEmpty
      ? targets : Set(target.names).isSubset(of: known) ? target.names : column(of: target).map { [$0] } ?? []
    guard !columns.isEmpty else {
      throw RunError(
        .usage, "nothing says which column of \(table) holds \(Format.list(target.names, limit: 4))",
        advice: "Name it by --target; there are \(Format.list(known, limit: 30)).")
    }
    // How the column's tags are parted is told from it.
    let found =
      task == .labels
      ? try TableOfImages(path: table, folder: folder, targets: columns, files: files, task: .labels).columns
      : TableOfImages.Columns(targets: columns, task: task)
    return try TableOfImages(path: table, folder: folder, columns: found, names: target.names, files: files)
  }

  /// Rows that tell which column holds a model's classes or labels.
  private static let sampleCount = 1000

  /// The only column that holds nothing but a model's classes or labels.
  private func column(of target: any Target) throws -> String? {
    guard !(target is Regression) else { return nil }
    let table = try CSVTable(path: self.table, format: .found(inFile: self.table))
    let known = Set(target.names)
    func holds(_ text: String) -> Bool {
      let text = text.trimmingCharacters(in: .whitespaces)
      if text.isEmpty || known.contains(text) { return true }
      guard target is MultiLabel else { return false }
      return [";", "|", ",", " "].contains { separator in
        text.components(separatedBy: separator).map { $0.trimmingCharacters(in: .whitespaces) }
          .allSatisfy { $0.isEmpty || known.contains($0) }
      }
    }
    let rows = try (0..<min(table.rowCount, Self.sampleCount)).map { try table[$0].fields }
    let found = table.columnNames.indices.filter { column in
      rows.allSatisfy { holds($0[column]) } && rows.contains { !$0[column].allSatisfy(\.isWhitespace) }
    }
    return found.count == 1 ? table.columnNames[found[0]] : nil
  }

  private static func targets(_ table: TableOfImages, _ rows: [TableOfImages.Row]) -> [Column] {
    let title = table.columns.targets.joined(separator: ", ")
    switch table.columns.task {
    case .classes: return [Column(title, .categories(rows.map { table.names[Int($0.values[0])] }))]
    case .labels:
      return [
        Column(
          title,
          .tags(
            rows.map { row in table.names.indices.filter { row.values[$0] > 0.5 }.map { table.names[$0] } }))
      ]
    case .numbers:
      return table.names.indices.map { place in
        Column(table.names[place], .numbers(rows.map { Double($0.values[place]) }))
      }
    }
  }
}
