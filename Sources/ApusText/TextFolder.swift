import ApusData
import ApusIO
import ApusReport
import ApusTasks
import ApusTrain
import Foundation

/// A folder of text files, one folder for each class, with or without parts above: `TEXTS/sports/1.txt`, or
/// `TEXTS/train/sports/1.txt` and `TEXTS/test/sports/2.txt`.
public struct TextFolder: ExampleSource {
  /// The name in files and messages.
  public static let kind = "text-folder"
  /// What `apus fit` takes for it.
  public static let options = TextTable.sharedOptions
  /// How it is used.
  public static let usage = "apus fit TEXTS    classifies texts: a folder of .txt files for each class"

  /// The folder.
  public let path: String

  static let advice =
    "Put the texts of each class into a folder of its name: TEXTS/sports/1.txt, TEXTS/politics/1.txt, or "
    + "TEXTS/train/sports/1.txt and TEXTS/test/sports/2.txt."

  /// A folder of texts.
  public init(_ path: String) { self.path = path }

  /// A folder that holds more text files than images means texts.
  public static func recognize(_ request: DataRequest) throws -> TextFolder? {
    guard let path = request.path, request.options.text("text") == nil, TextFile.isFolder(path) else {
      return nil
    }
    let files = try TextFile.files(below: path).files
    let images = Set(ImageFormat.allCases.flatMap(\.fileExtensions))
    let imageCount = files.count { name in images.contains { name.lowercased().hasSuffix("." + $0) } }
    return files.count(where: TextFile.isText) > imageCount ? TextFolder(path) : nil
  }

  /// The folder.
  public var paths: [String] { [path] }

  /// Reads every file once, to find what cannot be used and what is there twice; the texts stay in their files.
  ///
  /// - Parameters:
  ///   - problem: Not needed: the folders say the classes.
  ///   - reporter: Is told how many files were read.
  /// - Returns: Examples with a column of files `text` and a column of categories `class`.
  /// - Throws: `FileError` where the folder cannot be listed; `DataError` where no class's folder holds a text.
  public func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    let (files, hidden, unlisted) = try TextFile.files(below: path)
    let texts = files.filter(TextFile.isText)
    var notes: [String] = []
    func note(_ names: [String], _ what: String) {
      guard !names.isEmpty else { return }
      notes.append("\(Format.count(names.count, "file")) \(what): " + Format.list(names, limit: 3))
    }
    note(files.filter { !TextFile.isText($0) }, "left out, not .txt")
    note(hidden.filter(TextFile.isText), "left out, hidden")
    let layout = Layout(texts)
    let placed = texts.compactMap { name in layout.place(name).map { (name, $0) } }
    note(texts.filter { layout.place($0) == nil }, "in no class's folder left out")
    guard !placed.isEmpty else {
      throw DataError(
        .classes,
        texts.isEmpty
          ? "there are no .txt files in \(path)"
          : "the texts in \(path) lie in no class's folder, such as \(texts[0])",
        advice: Self.advice)
    }

    var skipped = unlisted, legacy: [String] = []
    var kept: [(name: String, place: Layout.Place, fingerprint: UInt64)] = []
    for (number, (name, place)) in placed.enumerated() {
      if number.isMultiple(of: 256) {
        try Task.checkCancellation()
        reporter.count("texts", number, placed.count)
      }
      do {
        let file = try TextFile(path: path + "/" + name)
        if file.isLegacy { legacy.append(name) }
        kept.append((name, place, TextFile.fingerprint(file.text)))
      } catch let error as FileError {
        skipped.append(Skipped(path + "/" + name, error.problem))
      }
    }
    reporter.count("texts", placed.count, placed.count)
    note(legacy, "not in UTF-8, read as Windows-1252")
    if let first = skipped.first {
      let names = skipped.map { String($0.name.dropFirst(path.count + 1)) }
      note(names, "cannot be used and \(names.count == 1 ? "is" : "are") left out (\(first.problem))")
    }

    let copies = Copies(kept.map { ($0.place, $0.fingerprint) })
    for (why, rows) in copies.leftOut { note(rows.map { kept[$0].name }, why) }
    note(
      copies.repeated.map { kept[$0].name },
      "with the text of another file of the class, kept in one part with it")
    let gone = Set(copies.leftOut.flatMap(\.rows))
    skipped += copies.leftOut.flatMap { why, rows in rows.map { Skipped(path + "/" + kept[$0].name, why) } }
    let rows = kept.indices.filter { !gone.contains($0) }
    let lost = Set(placed.map(\.1.className)).subtracting(rows.map { kept[$0].place.className })
    if !lost.isEmpty {
      notes.append("no text of \(Format.list(lost.sorted(), limit: 3)) can be used: the class is left out")
    }
    guard !rows.isEmpty else {
      throw DataError(
        .empty,
        "none of the \(placed.count) texts in \(path) can be used, \(skipped[0].name): \(skipped[0].problem)")
    }
    let names = rows.map { path + "/" + kept[$0].name }
    return try Examples(
      modality: WordTokens.modality, title: path, names: names, inputs: [Column("text", .files(names))],
      targets: [Column("class", .categories(rows.map { kept[$0].place.className }))],
      parts: rows.map { kept[$0].place.part }, groups: TextFile.groups(rows.map { kept[$0].fingerprint }),
      notes: notes, skipped: skipped)
  }
}

/// Where a folder's texts belong by the names of the folders that they lie in.
private struct Layout {
  struct Place: Hashable {
    let part: Part?
    let className: String
  }

  private static let partNames: [String: Part] = [
    "train": .training, "training": .training, "val": .validation, "valid": .validation,
    "validation": .validation,
    "dev": .validation, "test": .test, "testing": .test,
  ]
  /// The parts by their folders; empty where the classes' folders lie directly below.
  private let parts: [String: Part]

  init(_ names: [String]) {
    let tops = Set(names.filter { $0.contains("/") }.map { String($0.prefix { $0 != "/" }) })
    let found = Dictionary(
      uniqueKeysWithValues: tops.compactMap { top in Self.partNames[top.lowercased()].map { (top, $0) } })
    // Beside sports and politics "train" is a class: there is no other part, and no class has a folder in it.
    let isDivided = found.filter { $0.value == .training }.keys.contains { part in
      tops.count == 1 || found.count > 1
        || names.contains { $0.hasPrefix(part + "/") && $0.count { $0 == "/" } > 1 }
    }
    parts = isDivided ? found : [:]
  }

  /// The part and class of a text; nil for one outside of all.
  func place(_ name: String) -> Place? {
    let folders = name.split(separator: "/").dropLast().map(String.init)
    guard !parts.isEmpty else {
      return folders.first.map { Place(part: nil, className: Self.normalized($0)) }
    }
    guard folders.count > 1, let part = parts[folders[0]] else { return nil }
    return Place(part: part, className: Self.normalized(folders[1]))
  }

  /// One spelling of names that look alike, whatever file system wrote them.
  private static func normalized(_ name: String) -> String { name.precomposedStringWithCanonicalMapping }
}

/// Which texts are there several times, and which of them cannot stay.
private struct Copies {
  /// Rows that are left out, by the reason.
  private(set) var leftOut: [(why: String, rows: [Int])] = []
  /// Rows after the first of each text that stays.
  private(set) var repeated: [Int] = []

  init(_ all: [(place: Layout.Place, fingerprint: UInt64)]) {
    var tested: [Int] = [], contradicting: [Int] = []
    let groups = Dictionary(grouping: all.indices, by: { all[$0].fingerprint }).values.filter { $0.count > 1 }
    for rows in groups.sorted(by: { $0[0] < $1[0] }) {
      func rank(_ row: Int) -> Int { [.test: 2, .validation: 1][all[row].place.part] ?? 0 }
      // A text of the test set belongs to it alone, then one of the validation set.
      let highest = rows.map(rank).max() ?? 0
      tested += rows.filter { rank($0) < highest }
      let rest = rows.filter { rank($0) == highest }
      if Set(rest.map { all[$0].place.className }).count > 1 {
        contradicting += rest
      } else {
        repeated += rest.dropFirst()
      }
    }
    if !tested.isEmpty {
      leftOut.append(("left out, as the test or validation set has the same text", tested.sorted()))
    }
    if !contradicting.isEmpty {
      leftOut.append(("left out, as several classes have the same text", contradicting.sorted()))
    }
    repeated.sort()
  }
}

/// A file of text and how it was read.
struct TextFile {
  /// The text, without a byte order mark.
  let text: String
  /// Whether it is not in Unicode and was taken for Windows-1252.
  let isLegacy: Bool

  /// Reads a file: UTF-8 or, by their byte order marks, UTF-16; what is not valid is taken for Windows-1252.
  /// - Throws: `FileError` for files that cannot be read, are binary or hold nothing but blanks.
  init(path: String) throws {
    let file = try FileReader(path: path)
    let bytes = try file.bytes(at: 0, count: file.byteCount)
    func failure(_ problem: String) -> FileError {
      FileError(path: path, reason: .unsupported, problem: problem)
    }
    let found: String
    var isLegacy = false
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      guard let text = String(bytes: bytes, encoding: .utf16) else {
        throw failure("it is binary, not a text")
      }
      found = text
    } else {
      // Texts have tabs, line ends, page breaks and escapes, and no other control characters.
      let controls = bytes.count { $0 < 0x20 && !(0x09...0x0D).contains($0) && $0 != 0x1B }
      guard !bytes.contains(0), controls * 50 <= bytes.count else {
        throw failure("it is binary, not a text")
      }
      if let text = String(validating: bytes, as: UTF8.self) {
        found = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
      } else {
        isLegacy = true
        var scalars = String.UnicodeScalarView()
        for byte in bytes { scalars.append(Self.windows1252(byte)) }
        found = String(scalars)
      }
    }
    guard !found.allSatisfy(\.isWhitespace) else { throw failure("it is empty") }
    text = found
    self.isLegacy = isLegacy
  }

  /// The characters of the bytes 0x80 to 0x9F; all others are those of Latin-1. The five that Windows-1252 leaves open
  /// stay control characters, as in the WHATWG's encoding standard.
  private static let high = Array(
    "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)

  private static func windows1252(_ byte: UInt8) -> Unicode.Scalar {
    (0x80...0x9F).contains(byte) ? high[Int(byte) - 0x80] : Unicode.Scalar(byte)
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// The files below a folder by the bytes of their paths, and what is hidden. Links are followed, but no folder is read
  /// twice.
  /// - Throws: `FileError` where the folder cannot be listed; folders in it that cannot be are returned.
  static func files(below folder: String) throws -> (files: [String], hidden: [String], unlisted: [Skipped]) {
    var files: [String] = [], hidden: [String] = [], unlisted: [Skipped] = []
    var visited: Set<[UInt64]> = []
    func visit(_ prefix: String) throws {
      let path = prefix.isEmpty ? folder : folder + "/" + prefix
      var status = stat()
      guard stat(path, &status) == 0 else {
        throw FileError(
          path: path, reason: .missing, problem: "there is no such folder", advice: "Check the path.")
      }
      let identity = [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
      guard visited.insert(identity).inserted else { return }
      guard let entries = try? FileManager.default.contentsOfDirectory(atPath: path) else {
        throw FileError(path: path, reason: .unreadable, problem: "the folder cannot be listed")
      }
      for entry in entries {
        let name = prefix.isEmpty ? entry : prefix + "/" + entry
        guard !entry.hasPrefix(".") else {
          hidden.append(name)
          continue
        }
        guard isFolder(folder + "/" + name) else {
          files.append(name)
          continue
        }
        do {
          try visit(name)
        } catch let error as FileError {
          unlisted.append(Skipped(error.path, error.problem))
        }
      }
    }
    try visit("")
    func byBytes(_ names: [String]) -> [String] {
      names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
    return (byBytes(files), byBytes(hidden), unlisted)
  }

  static func isText(_ name: String) -> Bool { name.lowercased().hasSuffix(".txt") }

  /// A hash of a text, whatever blanks are between its words: FNV-1a.
  static func fingerprint(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for word in text.split(whereSeparator: \.isWhitespace) {
      for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 0x20) &* 0x100_0000_01b3
    }
    return hash
  }

  /// The number of the group of each text: equal texts have equal ones.
  static func groups(_ fingerprints: [UInt64]) -> [Int] {
    var numbers: [UInt64: Int] = [:]
    return fingerprints.map { fingerprint in
      if let number = numbers[fingerprint] { return number }
      numbers[fingerprint] = numbers.count
      return numbers.count - 1
    }
  }
}
