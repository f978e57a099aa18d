import ApusData
import Foundation
import Testing

@testable import ApusLearn

@Suite struct TreeDrawingTests {
  private func forest() throws -> TreeEnsemble {
    let tree = TreeNodes(
      features: [0, 1, -1, -1, -1], thresholds: [2.5, 0, 0, 0, 0], left: [1, 3, 0, 0, 0],
      right: [2, 4, 0, 0, 0], missingGoesLeft: [true, false, false, false, false], covers: [10, 6, 4, 2, 4],
      values: [0, 0, 0, 0, 0.25, 0.75, 1, 0, 0, 1], levels: [1: [0b101]], output: nil)
    return try TreeEnsemble([tree], columnCount: 2, base: [0, 0])
  }

  private let names = TreeNames(
    columns: [.init("a < b & \"c\""), .init("kind", .category(levels: 3))],
    levels: ["kind": ["red", "green", "blue"]], classes: ["no", "yes"])

  @Test func rulesAreRead() throws {
    #expect(
      try forest().rules(names) == """
        a < b & "c" ≤ 2.5 or missing?
          yes: kind is red, blue?
            yes: no 100 % (2 rows)
            no: yes 100 % (4 rows)
          no: yes 75 % (4 rows)

        """)
    #expect(
      try forest().rules(names, maxDepth: 1) == """
        a < b & "c" ≤ 2.5 or missing?
          yes: yes 66.7 % (6 rows, 2 nodes below)
          no: yes 75 % (4 rows)

        """)
  }

  @Test func theDrawingHasABoxForEachNodeAndEscapesNames() throws {
    let whole = try forest().drawing(names)
    let cut = try forest().drawing(names, maxDepth: 1)
    for (text, boxes) in [(whole, 5), (cut, 3)] {
      #expect(text.components(separatedBy: "<rect").count - 1 == boxes)
      for tag in ["g", "text", "title", "svg"] {
        let opened =
          text.components(separatedBy: "<\(tag)>").count + text.components(separatedBy: "<\(tag) ").count - 2
        #expect(text.components(separatedBy: "</\(tag)>").count - 1 == opened)
      }
    }
    #expect(whole.contains("a &lt; b &amp; &quot;c&quot; ≤ 2.5"))
    #expect(!whole.contains("nodes below") && cut.contains("2 nodes below"))
  }

  @Test func numbersAreShort() {
    #expect(TreeNames.short(0) == "0")
    #expect(TreeNames.short(1234.567) == "1235")
    #expect(TreeNames.short(-0.000123456) == "-0.0001235")
    #expect(TreeNames.short(2.50) == "2.5")
    #expect(TreeNames.short(1e-9) == "1e-09")
    #expect(TreeNames.short(.infinity) == "inf")
  }
}
