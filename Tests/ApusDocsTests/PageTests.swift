import Foundation
import Testing

/// The guides' Swift occurs in the tests of this target, which compile and run it.
@Suite struct PageTests {
  static let pages = ["FromKeras", "FromPyTorch", "Defaults"]
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  @Test(arguments: pages) func everyLineOfSwiftIsTested(page: String) throws {
    let path = Self.folder.appendingPathComponent("../../docs/Apus.docc/\(page).md")
    let snippets = Self.snippets(of: try String(contentsOf: path, encoding: .utf8))
    #expect(snippets.count > 20, "the page has code that this test does not see")
    let tested = try Self.testedSource()
    for snippet in snippets {
      #expect(tested.contains(Self.squeezed(snippet)), "\(page).md shows what no test runs: \(snippet)")
    }
  }

  @Test func snippetsAreFound() {
    let text = """
      `prose` is left alone.
      | Keras | Apus |
      | --- | --- |
      | `a` | `b(1)` |
      | NumPy | Apus | PyTorch's, written in Apus |
      | --- | --- | --- |
      | `c` | `d` | `e(2)` |

      ```swift
      let f = 3

      let g = 4
      ```
      ```python
      h = 5
      ```
      """
    #expect(Self.snippets(of: text) == ["b(1)", "e(2)", "let f = 3\n\nlet g = 4"])
  }

  /// The blocks of Swift, and the code in the last column of tables whose header's last cell ends in "Apus".
  static func snippets(of text: String) -> [String] {
    var snippets: [String] = []
    var fence: String?
    var block: [String] = []
    var isTableOfSwift = false
    for line in text.components(separatedBy: "\n") {
      if let language = fence {
        if line.hasPrefix("```") {
          if language == "swift" { snippets.append(block.joined(separator: "\n")) }
          fence = nil
        } else {
          block.append(line)
        }
      } else if line.hasPrefix("```") {
        fence = String(line.dropFirst(3))
        block = []
      } else if line.hasPrefix("|") {
        let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        guard let last = cells.last else { continue }
        if !last.contains("`"), last != "---" { isTableOfSwift = last.hasSuffix("Apus") || isTableOfSwift }
        let parts = last.components(separatedBy: "`")
        if isTableOfSwift, parts.count >= 3 {
          snippets += stride(from: 1, to: parts.count - 1, by: 2).map { parts[$0] }
        }
      } else {
        isTableOfSwift = false
      }
    }
    return snippets
  }

  /// The other sources of this target without comments and white space.
  static func testedSource() throws -> String {
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.filter { $0.pathExtension == "swift" && $0.lastPathComponent != "PageTests.swift" }
      .sorted { $0.path < $1.path }
      .map { file in
        let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
        return squeezed(
          lines.filter { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//") }.joined(separator: "\n"))
      }
      .joined(separator: "\n")
  }

  static func squeezed(_ text: String) -> String { text.filter { !$0.isWhitespace } }
}
