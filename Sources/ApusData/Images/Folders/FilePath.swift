import Foundation

/// A path as the file system tells it from others: by its bytes.
///
/// Two strings are equal where their characters are, however these are composed: `café` in one code point for é, as
/// Linux and Windows write it, and in two, as old Macs do. Files of both names may lie side by side, and are two. Sets
/// and dictionaries of paths are therefore keyed by this.
package struct FilePath: Sendable, Hashable {
  /// The path.
  package let text: String

  /// A path.
  package init(_ text: String) { self.text = text }

  /// Whether all bytes are the same.
  package static func == (left: FilePath, right: FilePath) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  /// The bytes.
  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// The path of what exists under this name, if need be in another Unicode form: tables and masks are often written on
  /// another system than the files that they name. Where nothing is found, the path itself.
  package var existing: String {
    var status = stat()
    guard !text.isEmpty, lstat(text, &status) != 0 else { return text }
    var found = text.hasPrefix("/") ? "/" : ""
    for part in text.split(separator: "/", omittingEmptySubsequences: true) {
      let next = found + part
      if lstat(next, &status) != 0 {
        let entries = (try? FolderScan.entries(of: found.isEmpty ? "." : found)) ?? []
        // Strings are equal where their characters are.
        guard let entry = entries.compactMap(\.name).first(where: { $0 == String(part) }) else { return text }
        found += entry + "/"
      } else {
        found = next + "/"
      }
    }
    return text.hasSuffix("/") ? found : String(found.dropLast())
  }
}

/// Names that are looked up as people read them: an exact one if there is one, else one in another Unicode form.
struct NameTable {
  private var names: [String: [String]] = [:]
  private let key: (String) -> String

  /// - Parameters:
  ///   - names: What is looked up.
  ///   - key: What it is looked up by.
  init(_ names: [String], by key: @escaping (String) -> String) {
    self.key = key
    for name in names { self.names[key(name), default: []].append(name) }
  }

  /// Takes the name of a key out of the table; nil where there is none.
  mutating func take(_ wanted: String) -> String? {
    guard var found = names[wanted], !found.isEmpty else { return nil }
    let place = found.firstIndex { FilePath(key($0)) == FilePath(wanted) } ?? 0
    let name = found.remove(at: place)
    names[wanted] = found.isEmpty ? nil : found
    return name
  }

  /// What was not taken, sorted.
  var rest: [String] { names.values.joined().sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
