import Testing

@testable import ApusTrain

@Suite struct ProgressLineTests {
  @Test(arguments: [200, 100, 80, 60, 40, 10, 1, 0]) func lineNeverWraps(columns: Int) {
    let line = ProgressReporter.line(
      "Epoch 1/6 ", [" 36/469 · 5347 samples/s · 8 s left", " 36/469 · 8 s left"], share: 0.5,
      columns: columns)
    #expect(line.count <= max(0, columns - 1))
  }

  @Test func barShowsTheShare() {
    #expect(ProgressReporter.line("a ", [" b"], share: 0.5, columns: 100) == "a ████████████░░░░░░░░░░░░ b")
    #expect(ProgressReporter.line("a ", [" b"], share: 1, columns: 9) == "a ████ b")
  }

  @Test func lessIsSaidOnNarrowTerminals() {
    let tails = [" a lot is said here", " b"]
    #expect(ProgressReporter.line("", tails, share: 0, columns: 40).hasSuffix("a lot is said here"))
    #expect(
      ProgressReporter.line("", tails, share: 0, columns: 20) == String(repeating: "░", count: 17) + " b")
  }
}
