import Foundation

/// What accumulates while the cells of a column pass, in memory that grows with the number of different texts up to a
/// limit only.
struct ColumnSummary {
  /// A cell that is not like the others, and how many there are of its kind.
  struct Oddity: Sendable, Equatable {
    var count = 0
    var text = ""
    var line = 0

    mutating func add(_ text: String, line: Int) {
      if count == 0 { (self.text, self.line) = (text, line) }
      count += 1
    }
  }

  /// Numbers or dates read in one of two ways.
  struct Attempt: Sendable {
    var statistics = RunningStatistics()
    var others = Oddity()

    mutating func add(_ value: Double?, _ text: String, line: Int) {
      if let value { statistics.add(value) } else { others.add(text, line: line) }
    }
  }

  /// More different texts are only counted.
  static let levelLimit = 65_536

  let name: String
  let missingTexts: Set<String>
  private(set) var rowCount = 0
  private(set) var missingCount = 0
  private(set) var levels: [String: Int] = [:]
  /// Hashes of all texts, once there are more than the limit.
  private var hashes: Set<Int> = []
  private(set) var points = Attempt()
  private(set) var commas = Attempt()
  private(set) var daysFirst = Attempt()
  private(set) var monthsFirst = Attempt()
  private(set) var units: [String: Int] = [:]
  private(set) var hasTime = false
  private(set) var wordCount = 0
  private(set) var first: String?
  private(set) var codeCount = 0

  init(name: String, missingTexts: Set<String>) {
    self.name = name
    self.missingTexts = missingTexts
  }

  var knownCount: Int { rowCount - missingCount }
  /// The number of different texts.
  var distinctCount: Int { hashes.isEmpty ? levels.count : hashes.count }
  /// Whether all different texts are known with their counts.
  var hasAllLevels: Bool { hashes.isEmpty }

  mutating func add(_ text: String, line: Int) {
    rowCount += 1
    guard !missingTexts.contains(text) else {
      missingCount += 1
      return
    }
    if first == nil { first = text }
    count(text)
    addNumber(text, line: line)
    // Dates are looked for until it is clear that there are none.
    if points.others.count + commas.others.count > 0, daysFirst.statistics.count > 0 || knownCount <= 1000 {
      addDate(text, line: line)
    }
  }

  private mutating func count(_ text: String) {
    if hashes.isEmpty {
      levels[text, default: 0] += 1
      guard levels.count > Self.levelLimit else { return }
      hashes = Set(levels.keys.map(\.hashValue))
    } else {
      hashes.insert(text.hashValue)
      if levels[text] != nil { levels[text, default: 0] += 1 }
    }
  }

  private mutating func addNumber(_ text: String, line: Int) {
    let point = NumberCell.read(text, decimalComma: false)
    let hasMark = text.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ".") }
    let comma = hasMark ? NumberCell.read(text, decimalComma: true) : point
    points.add(point?.value, text, line: line)
    commas.add(comma?.value, text, line: line)
    guard let reading = point ?? comma else {
      wordCount += text.split(whereSeparator: \.isWhitespace).count
      return
    }
    if !reading.unit.isEmpty { units[reading.unit, default: 0] += 1 }
    if text.utf8.count > 1, text.utf8.first == UInt8(ascii: "0"),
      text.utf8.allSatisfy({ (48...57).contains($0) })
    {
      codeCount += 1
    }
  }

  private mutating func addDate(_ text: String, line: Int) {
    let date = DateCell(text)
    daysFirst.add(date?.seconds(.dayFirst), text, line: line)
    monthsFirst.add(date?.seconds(.monthFirst), text, line: line)
    if date?.hasTime ?? false { hasTime = true }
  }
}
