import ApusModelSamples
import Foundation
import Testing

/// What becomes of known models: their optimized graphs and plans are kept in `Tests/Fixtures/Plans`, so that a change
/// of passes or lowering shows what it does, and a refactoring that it does nothing. `make plans` writes them anew.
@Suite struct PlanTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/Plans")
  private static let isWriting = ProcessInfo.processInfo.environment["APUS_WRITE_PLANS"] != nil

  @Test(arguments: ModelSample.all.map(\.name)) func planIsTheKnownOne(name: String) throws {
    let plan = try #require(ModelSample.named(name)).traced().plan()
    let file = Self.folder.appending(path: "\(name).txt")
    if Self.isWriting {
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try plan.write(to: file, atomically: true, encoding: .utf8)
    }
    let known = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    let change = difference(of: plan, from: known)
    #expect(
      change == nil,
      "\(name): the plan is not that of Tests/Fixtures/Plans/\(name).txt; `make plans` accepts it")
  }

  @Test func everyPlanBelongsToASample() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(Set(files) == Set(ModelSample.all.map { "\($0.name).txt" }))
  }

  @Test func aDifferenceIsShownByLines() {
    #expect(difference(of: "a\nb\nc", from: "a\nb\nc") == nil)
    #expect(difference(of: "a\nx\ny\nc", from: "a\nb\nc") == "at line 2:\n- b\n+ x\n+ y")
    #expect(difference(of: "a", from: "a\nb") == "at line 2:\n- b")
  }

  /// The lines between the first and the last that differ, nil if there are none.
  private func difference(of new: String, from old: String) -> String? {
    let new = new.split(separator: "\n", omittingEmptySubsequences: false)
    let old = old.split(separator: "\n", omittingEmptySubsequences: false)
    guard new != old else { return nil }
    let front = zip(new, old).prefix { $0 == $1 }.count
    let back = min(
      zip(new.reversed(), old.reversed()).prefix { $0 == $1 }.count, min(new.count, old.count) - front)
    let lines =
      old[front..<(old.count - back)].map { "- \($0)" } + new[front..<(new.count - back)].map { "+ \($0)" }
    return "at line \(front + 1):\n" + lines.prefix(60).joined(separator: "\n")
      + (lines.count > 60 ? "\n… and \(lines.count - 60) lines more" : "")
  }
}
