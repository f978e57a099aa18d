import ApusGraph
import ApusIO
import Foundation

/// What identifies the data that a model is fitted to: a digest of each side of it. A run that goes on compares them, so
/// that it never goes on with other data.
struct ExampleDigest: Sendable, Codable, Equatable {
  /// The examples' names, in their order.
  var names: String
  /// What models see.
  var inputs: String
  /// What is predicted.
  var targets: String
  /// What the source deals to training, validation and test set.
  var parts: String
  /// Number of examples.
  var count: Int

  /// What differs, in words; empty where nothing does.
  static func differences(_ old: ExampleDigest, _ new: ExampleDigest) -> [String] {
    var found: [String] = []
    if old.count != new.count { found.append("there were \(old.count) examples, there are \(new.count)") }
    if old.count == new.count, old.names != new.names { found.append("examples have other names") }
    if old.inputs != new.inputs { found.append("the contents of inputs differ") }
    if old.targets != new.targets { found.append("targets differ") }
    if old.parts != new.parts { found.append("examples are in other parts") }
    return found
  }
}

extension Examples {
  /// The digests of the examples.
  ///
  /// Of files the size and the bytes at the beginning, in the middle and at the end count, which finds a replaced file
  /// without reading all of it; of rows and samples everything does.
  /// - Throws: `FileError` for files that cannot be read any more.
  func digest() throws -> ExampleDigest {
    ExampleDigest(
      names: Self.digest { add in for name in names { add(name) } },
      inputs: try Self.digest { add in
        add(modality)
        for column in inputs { try Self.add(column, add) }
      },
      targets: try Self.digest { add in
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { Self.add([name, value], add) }
        for column in targets { try Self.add(column, add) }
      },
      parts: Self.digest { add in
        for part in parts { add(part?.rawValue ?? "") }
        Self.add(groups?.map(String.init), add)
      }, count: count)
  }

  private static func digest(_ body: ((String) -> Void) throws -> Void) rethrows -> String {
    var hash = SHA256()
    // Every text and every list with its length before it: no two different values give the same bytes.
    try body { text in hash.update(Array("\(text.utf8.count):\(text)".utf8)) }
    return hash.hexadecimal()
  }

  private static func add(_ texts: [String]?, _ add: (String) -> Void) {
    add(texts.map { "\($0.count)" } ?? "none")
    for text in texts ?? [] { add(text) }
  }

  private static func add(_ column: Column, _ add: (String) -> Void) throws {
    add(column.name)
    switch column.values {
    case .files(let paths):
      add("files")
      for path in paths { add(try fingerprint(ofFile: path)) }
    case .texts(let texts):
      add("texts")
      for text in texts { add(text) }
    case .numbers(let numbers):
      add("numbers")
      for number in numbers { add("\(number.bitPattern)") }
    case .categories(let names):
      add("categories")
      for name in names { Self.add(name.map { [$0] }, add) }
    case .tags(let rows):
      add("tags")
      for row in rows { Self.add(row, add) }
    case .records(let source):
      add("records")
      Self.add(source.columnNames, add)
      for row in 0..<source.count { Self.add(try source.fields(row), add) }
    case .samples(let dataset):
      add("samples")
      for index in 0..<dataset.count {
        var hash = SHA256()
        for feature in try dataset[index].features {
          hash.update(Array("\(TensorType(feature.dtype, feature.shape))".utf8))
          feature.withUnsafeBytes { hash.update(Array($0)) }
        }
        add(hash.hexadecimal())
      }
    }
  }

  /// Bytes that are read at each of three places of a file.
  private static let probe = 4096

  private static func fingerprint(ofFile path: String) throws -> String {
    let file = try FileReader(path: path)
    let count = file.byteCount
    var hash = SHA256()
    for start in Set([0, max(0, count / 2 - probe / 2), max(0, count - probe)]).sorted() {
      hash.update(try file.bytes(at: start, count: min(probe, count - start)))
    }
    return "\(count):\(hash.hexadecimal())"
  }
}
