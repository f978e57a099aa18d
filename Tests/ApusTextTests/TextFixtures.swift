import ApusData
import ApusTasks
import ApusTrain
import Foundation

@testable import ApusText

/// What scikit-learn makes of some texts: Tests/Fixtures/texts.json by scripts/fixtures/texts.py.
struct TextFixture: Decodable {
  let texts: [String]
  let classes: [Int]
  let new: [String]
  let words: [[String]]
  let terms: [String]
  let frequencies: [Double]
  let weights: [[[Double]]]
  let newWeights: [[[Double]]]
  let strengths: [Double]
  let probabilities: [[[Double]]]

  static func load() throws -> TextFixture {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      TextFixture.self, from: Data(contentsOf: tests.appending(path: "Fixtures/texts.json")))
  }
}

/// A folder that is gone with the value.
final class TemporaryFolder {
  let path = NSTemporaryDirectory() + "apus-text-" + UUID().uuidString

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let target = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: target))
    return target
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }
}

/// Texts of random words, of which some tell their class.
enum Reviews {
  static let opinions = [
    ["delicious", "friendly", "fresh", "perfect"], ["stale", "rude", "cold", "awful"],
    ["okay", "average", "usual", "plain"],
  ]
  static let others = [
    "the", "soup", "waiter", "table", "and", "was", "we", "dinner", "bread", "with", "on", "day",
  ]
  static let classes = ["good", "bad", "mixed"]

  /// A text of a class; every number gives another one.
  static func text(_ kind: Int, _ number: Int) -> String {
    var random = PhiloxGenerator(seed: UInt64(kind * 10_000 + number))
    var words = (0..<8 + number % 9).map { _ in others[random.uniform(below: others.count)] }
    for _ in 0..<3 {
      words.insert(opinions[kind][random.uniform(below: 4)], at: random.uniform(below: words.count))
    }
    return words.joined(separator: " ")
  }

  /// Writes a folder of texts with a folder for each class.
  static func write(to folder: TemporaryFolder, each: Int, classes count: Int = 2, below prefix: String = "")
    throws
  {
    for kind in 0..<count {
      for number in 0..<each {
        try folder.write("\(prefix)\(classes[kind])/\(number).txt", text(kind, number))
      }
    }
  }

  /// The texts of two classes as data of a task, every fifth for validation and every fifth for the test.
  static func data(each: Int) throws -> TaskData {
    let rows = (0..<2 * each).map { (kind: $0 % 2, number: $0 / 2) }
    let parts: [Part?] = rows.map { [.test, .validation][safe: $0.number % 5] ?? .training }
    let examples = try Examples(
      modality: "text", title: "reviews", names: rows.map { "\(classes[$0.kind]) \($0.number)" },
      inputs: [Column("text", .texts(rows.map { text($0.kind, $0.number) }))],
      targets: [Column("class", .categories(rows.map { classes[$0.kind] }))], parts: parts)
    var places: [Part: [Int]] = [:]
    for part in Part.allCases { places[part] = parts.indices.filter { parts[$0] == part } }
    return TaskData(examples: examples, parts: places, target: try Classification(["bad", "good"]))
  }
}

extension Array {
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

extension Examples {
  /// Texts in memory, without targets.
  static func texts(_ texts: [String]) throws -> Examples {
    try Examples(
      modality: "text", title: "texts", names: texts.indices.map { "text \($0)" },
      inputs: [Column("text", .texts(texts))])
  }

  var categories: [String?] {
    guard case .categories(let all)? = targets.first?.values else { return [] }
    return all
  }
}

let everything = Registry([.core, .texts])
