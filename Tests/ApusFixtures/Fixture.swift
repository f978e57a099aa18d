import Foundation

/// A family of reference cases: one file of `Tests/Fixtures`, whose README says what is in them.
///
/// The format is parsed here and not with ApusIO, so that the tests of low targets can use it and the
/// reader under test is not the one that judges it.
public struct Fixture: Sendable {
  /// The cases by name.
  public let cases: [String: FixtureCase]

  /// Reads `Tests/Fixtures/<family>.safetensors`.
  public init(_ family: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appending(path: "Fixtures/\(family).safetensors"))
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let body = data.dropFirst(8 + length)
    var header = try JSONDecoder().decode([String: Attribute].self, from: data.dropFirst(8).prefix(length))
    guard case .object(let metadata)? = header.removeValue(forKey: "__metadata__"),
      let text = metadata["cases"]?.string
    else { throw FixtureError("\(family).safetensors lists no cases") }
    let attributes = try JSONDecoder().decode([String: [String: Attribute]].self, from: Data(text.utf8))

    var tensors: [String: [String: FixtureTensor]] = [:]
    for (path, entry) in header {
      let parts = path.split(separator: "/", maxSplits: 1)
      guard parts.count == 2, case .object(let entry) = entry else {
        throw FixtureError("\(family).safetensors: \(path) is not case/name")
      }
      tensors[String(parts[0]), default: [:]][String(parts[1])] = try FixtureTensor(
        entry, in: body, path: path)
    }
    cases = Dictionary(
      uniqueKeysWithValues: attributes.map { name, attributes in
        (name, FixtureCase(name: name, attributes: attributes, tensors: tensors[name] ?? [:]))
      })
  }

  /// The case of that name.
  public func callAsFunction(_ name: String) throws -> FixtureCase {
    guard let found = cases[name] else { throw FixtureError("there is no case called \(name)") }
    return found
  }

  /// The cases whose names begin so, ordered by name.
  public func cases(startingWith prefix: String) -> [FixtureCase] {
    cases.values.filter { $0.name.hasPrefix(prefix) }.sorted { $0.name < $1.name }
  }
}

/// One case: its tensors by name, and its attributes.
public struct FixtureCase: Sendable, CustomStringConvertible {
  /// Unique in its family.
  public let name: String
  /// Axes, strides, padding, rates: whatever the family gives.
  public let attributes: [String: Attribute]
  /// Everything stored for the case.
  public let tensors: [String: FixtureTensor]

  /// What a parameterised test prints.
  public var description: String { name }

  /// `input0`, `input1`, … in order.
  public var inputs: [FixtureTensor] { numbered("input") }

  /// The tensors `<prefix>0`, `<prefix>1`, … in order.
  public func numbered(_ prefix: String) -> [FixtureTensor] {
    (0...).lazy.map { tensors["\(prefix)\($0)"] }.prefix { $0 != nil }.compactMap { $0 }
  }

  /// The tensor of that name.
  public func callAsFunction(_ tensor: String) throws -> FixtureTensor {
    guard let found = tensors[tensor] else {
      throw FixtureError("\(name) has no tensor called \(tensor), only \(tensors.keys.sorted())")
    }
    return found
  }

  /// The attribute of that name; absent ones are `null`.
  public subscript(attribute: String) -> Attribute { attributes[attribute] ?? .null }
}

/// What went wrong while reading a fixture.
public struct FixtureError: Error, CustomStringConvertible {
  /// A sentence for the test log.
  public let description: String

  init(_ description: String) { self.description = description }
}
