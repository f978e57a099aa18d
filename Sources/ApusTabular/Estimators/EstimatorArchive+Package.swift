import ApusData
import ApusGraph
import ApusLearn
import ApusTasks
import Foundation

/// Fitted estimators in the files of models: their settings as one JSON file, their arrays as tensors.
extension EstimatorArchive {
  private static let file = "estimator.json"

  /// The kinds and settings of a model and all that it is made of.
  private struct Outline: Codable {
    var kind: String
    var settings: String
    var parts: [String: Outline]

    init(_ archive: EstimatorArchive) {
      (kind, settings) = (archive.kind, archive.settings)
      parts = archive.parts.mapValues(Outline.init)
    }
  }

  /// Puts the archive into a package.
  func write(into package: inout ModelPackage) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    package.files[Self.file] = Array(try encoder.encode(Outline(self)))
    func add(_ archive: EstimatorArchive, _ prefix: String) {
      for (name, literal) in archive.tensors { package.tensors[prefix + name] = literal }
      for (name, part) in archive.parts { add(part, prefix + name + "/") }
    }
    add(self, "")
  }

  /// The archive in a package.
  /// - Throws: `FileError` for packages that hold none.
  static func read(from package: ModelPackage) throws -> EstimatorArchive {
    guard let bytes = package.files[file],
      let outline = try? JSONDecoder().decode(Outline.self, from: Data(bytes))
    else { throw package.corrupt("it has no estimator") }
    // Arrays by the part that they belong to; what comes after the last slash is an array's own name.
    var tensors: [String: [String: Literal]] = [:]
    for (name, literal) in package.tensors {
      let end = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
      tensors[String(name[..<end]), default: [:]][String(name[end...])] = literal
    }
    func made(_ outline: Outline, _ prefix: String) -> EstimatorArchive {
      EstimatorArchive(
        kind: outline.kind, settings: outline.settings, tensors: tensors[prefix] ?? [:],
        parts: Dictionary(
          uniqueKeysWithValues: outline.parts.map { ($0.key, made($0.value, prefix + $0.key + "/")) }))
    }
    return made(outline, "")
  }
}
