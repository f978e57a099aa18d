import ApusIO
import Foundation

extension Examples {
  /// A digest of everything that a model is fitted to: names, inputs, targets and parts. A run that goes on compares
  /// it, so that it never goes on with other data.
  ///
  /// Of files the size and the bytes at the beginning, in the middle and at the end count, which finds a replaced file
  /// without reading all of it; of rows and samples everything does.
  /// - Throws: `FileError` for files that cannot be read any more.
  public func digest() throws -> String {
    var hash = SHA256()
    func add(_ text: String) { hash.update(Array("\(text.utf8.count):\(text)".utf8)) }
    add(modality)
    for name in names { add(name) }
    for part in parts { add(part?.rawValue ?? "") }
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { add("\(name)=\(value)") }
    for column in inputs + targets {
      add(column.name)
      switch column.values {
      case .files(let paths):
        for path in paths { add(try Self.fingerprint(ofFile: path)) }
      case .texts(let texts): for text in texts { add(text) }
      case .numbers(let numbers): for number in numbers { add("\(number.bitPattern)") }
      case .categories(let names): for name in names { add(name.map { "+\($0)" } ?? "-") }
      case .tags(let rows): for row in rows { add(row.map { $0.joined(separator: "\u{1F}") } ?? "-") }
      case .records(let source):
        for row in 0..<source.count { add(try source.fields(row).joined(separator: "\u{1F}")) }
      case .samples(let dataset):
        for index in 0..<dataset.count {
          for feature in try dataset[index].features {
            feature.withUnsafeBytes { hash.update(Array($0)) }
          }
        }
      }
    }
    return hash.hexadecimal()
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
