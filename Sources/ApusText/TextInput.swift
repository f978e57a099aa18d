import ApusData
import ApusGraph
import ApusIO
import ApusReport
import ApusTasks
import Foundation

/// Texts as words, which is how both inputs of texts begin.
enum WordTokens {
  /// The modality of examples that are texts.
  static let modality = "text"

  /// The words of a text in lower case: runs of letters, marks and digits, in which an apostrophe may stand, as in
  /// `don't`. In scripts that put no blanks between words each ideograph or kana is a word. Texts that look alike have
  /// the same words: they are normalized to NFC, and a typographic apostrophe is a plain one.
  static func words(_ text: String) -> [String] {
    let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
    var words: [String] = []
    var word = String.UnicodeScalarView()
    var hasApostrophe = false
    func end() {
      hasApostrophe = false
      guard !word.isEmpty else { return }
      words.append(String(word))
      word = String.UnicodeScalarView()
    }
    for scalar in (isASCII ? text : text.precomposedStringWithCanonicalMapping).unicodeScalars {
      switch kind(scalar) {
      case .part:
        if hasApostrophe { word.append("'") }
        hasApostrophe = false
        if scalar.isASCII {
          word.append(("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar)
        } else {
          word.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
        }
      case .whole:
        end()
        words.append(String(Character(scalar)))
      case .apostrophe where !word.isEmpty && !hasApostrophe: hasApostrophe = true
      case .apostrophe, .other: end()
      }
    }
    end()
    return words
  }

  private enum Kind { case part, whole, apostrophe, other }

  private static func kind(_ scalar: Unicode.Scalar) -> Kind {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": return .part
    case "'", "\u{2019}": return .apostrophe
    case _ where scalar.isASCII: return .other
    case "\u{3041}"..."\u{30FF}": return .whole
    default: break
    }
    if scalar.properties.isIdeographic { return .whole }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
      .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
      return .part
    default: return .other
    }
  }
}

extension Examples {
  /// The text of an example: of a file, or in memory, or of the only field of a record.
  /// - Throws: `FileError` for files that cannot be read; `DataError` for columns of something else.
  func text(_ row: Int) throws -> String {
    switch try input().values {
    case .files(let paths): return try TextFile(path: paths[row]).text
    case .texts(let texts): return texts[row]
    case .records(let source) where source.columnNames.count == 1: return try source.fields(row)[0]
    default: throw DataError(.type, "texts were expected, a column of something else came")
    }
  }

  /// The words of some examples' texts, one after the other.
  func forEachWords(of rows: [Int], _ body: (_ row: Int, _ words: [String]) throws -> Void) throws {
    // Read on all processors, so many at once that they are never all in memory.
    for start in stride(from: 0, to: rows.count, by: 1024) {
      try Task.checkCancellation()
      let some = rows[start..<min(start + 1024, rows.count)]
      let words = parallelMap(some.count) { place in
        Result { try WordTokens.words(text(some[start + place])) }
      }
      for (row, words) in zip(some, words) { try body(row, try words.get()) }
    }
  }
}

extension Sequence<(key: String, value: Int)> {
  /// The most frequent terms, equally frequent ones by their code points: the same on every machine.
  func mostFrequent(_ limit: Int) -> [String] {
    sorted { first, second in
      first.value != second.value
        ? first.value > second.value : first.key.utf8.lexicographicallyPrecedes(second.key.utf8)
    }.prefix(limit).map(\.key)
  }
}

/// What both inputs of texts share.
protocol TextEncoder: InputEncoder {}

extension TextEncoder {
  /// Texts.
  public static var modality: String { WordTokens.modality }

  /// Text files, and those in folders.
  public func examples(at paths: [String]) throws -> Examples {
    let files = try paths.flatMap { path -> [String] in
      guard TextFile.isFolder(path) else {
        guard FileManager.default.fileExists(atPath: path) else {
          throw FileError(
            path: path, reason: .missing, problem: "there is no such file", advice: "Check the path.")
        }
        return [path]
      }
      return try TextFile.files(below: path).files.filter(TextFile.isText).map { path + "/" + $0 }
    }
    return try Examples(
      modality: Self.modality, title: Format.list(paths, limit: 3), names: files,
      inputs: [Column("text", .files(files))])
  }

  /// The beginning of the text, up to 300 characters.
  public func exhibit(_ examples: Examples, row: Int) -> Exhibit {
    guard let text = try? examples.text(row) else { return .name }
    let words = text.split(whereSeparator: \.isWhitespace)
    var beginning = ""
    for word in words {
      guard beginning.count + word.count < 300 else {
        return .text(String((beginning + " " + word).prefix(300)) + "…")
      }
      beginning += (beginning.isEmpty ? "" : " ") + word
    }
    return .text(beginning)
  }
}

/// Texts as the numbers of their words, all of one length: `int32[length]`.
///
/// 0 is padding, 1 a word that is not in the vocabulary; a word of the vocabulary is its place there plus 2.
public struct TextInput: TextEncoder {
  /// The name in files.
  public static let kind = "words"
  /// The most frequent words of the training set, the most frequent first.
  public let words: [String]
  /// The number of words of every text: longer ones are truncated, shorter ones padded at their ends.
  public let length: Int
  /// How many texts it was fitted on.
  public let fittedCount: Int
  /// How many of them are longer.
  public let truncatedCount: Int
  private let ids: [String: Int32]

  private enum CodingKeys: String, CodingKey { case words, length, fittedCount, truncatedCount }

  /// A vocabulary and a length.
  /// - Throws: `DataError` for lengths below 1 and words that are there twice.
  public init(words: [String], length: Int, fittedCount: Int = 0, truncatedCount: Int = 0) throws {
    guard length >= 1, Set(words).count == words.count else {
      throw DataError(.setting, "different words and a length of at least 1 were expected, \(length) came")
    }
    (self.words, self.length) = (words, length)
    (self.fittedCount, self.truncatedCount) = (fittedCount, truncatedCount)
    ids = Dictionary(uniqueKeysWithValues: zip(words, Int32(2)...))
  }

  /// Reads what was encoded.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      words: values.decode([String].self, forKey: .words), length: values.decode(Int.self, forKey: .length),
      fittedCount: values.decode(Int.self, forKey: .fittedCount),
      truncatedCount: values.decode(Int.self, forKey: .truncatedCount))
  }

  /// Takes vocabulary and length from training texts.
  ///
  /// - Parameters:
  ///   - examples: The examples.
  ///   - rows: Those of the training set.
  ///   - vocabularyLimit: The number of words at most. Words of one text alone say nothing about others and are none.
  ///   - lengthLimit: The largest length; the length is that of 95 % of the texts, rounded up to a multiple of 8.
  /// - Throws: `FileError` and `DataError` for texts that cannot be read.
  public init(
    fitting examples: Examples, rows: [Int], vocabularyLimit: Int = 20_000, lengthLimit: Int = 512
  ) throws {
    var counts: [String: Int] = [:], texts: [String: Int] = [:], lengths: [Int] = []
    try examples.forEachWords(of: rows) { _, words in
      lengths.append(words.count)
      for word in words { counts[word, default: 0] += 1 }
      for word in Set(words) { texts[word, default: 0] += 1 }
    }
    lengths.sort()
    let usual = lengths.isEmpty ? 1 : lengths[(lengths.count - 1) * 95 / 100]
    let length = min(lengthLimit, max(8, (usual + 7) / 8 * 8))
    try self.init(
      words: counts.lazy.filter { texts[$0.key, default: 0] > 1 }.mostFrequent(vocabularyLimit),
      length: length,
      fittedCount: lengths.count, truncatedCount: lengths.count { $0 > length })
  }

  /// One list of word numbers.
  public var types: [TensorType] { [TensorType(.int32, [length])] }

  /// The number of different word numbers.
  var idCount: Int { words.count + 2 }

  /// The numbers of a text's words; a text without any is nothing but padding.
  func ids(_ text: String) -> [Int32] {
    var result = WordTokens.words(text).prefix(length).map { ids[$0] ?? 1 }
    result += Array(repeating: 0, count: length - result.count)
    return result
  }

  /// The word numbers of an example, `int32[length]`.
  public func features(_ examples: Examples, row: Int) throws -> [[Literal]] {
    [[Literal(ids(try examples.text(row)), shape: [length])]]
  }

  /// Vocabulary and length.
  public var facts: [Report.Fact] {
    [
      Report.Fact("Vocabulary", Format.count(words.count, "word")),
      Report.Fact("Length", "\(Format.count(length, "word")); \(truncation)"),
    ]
  }

  /// How many texts are longer, in words.
  var truncation: String {
    "\(Format.grouped(truncatedCount)) of \(Format.count(fittedCount, "training text")) longer and truncated"
  }

  /// What longer texts and new words do.
  public var limitation: String? {
    "Of a text the first \(Format.count(length, "word")) count, and words that the training set lacks count as unknown."
  }
}
