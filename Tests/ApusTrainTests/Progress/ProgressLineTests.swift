import Testing

@testable import ApusTrain

@Suite struct ProgressLineTests {
  @Test(arguments: [200, 100, 80, 60, 40, 10, 1, 0]) func lineNeverWraps(columns: Int) {
    let line = ProgressLine.line(
      "Epoch 1/6 ", [" 36/469 · 5347 samples/s · 8 s left", " 36/469 · 8 s left"], share: 0.5,
      columns: columns)
    #expect(line.count <= max(0, columns - 1))
  }

  @Test func barShowsTheShare() {
    #expect(ProgressLine.line("a ", [" b"], share: 0.5, columns: 100) == "a ████████████░░░░░░░░░░░░ b")
    #expect(ProgressLine.line("a ", [" b"], share: 1, columns: 9) == "a ████ b")
  }

  @Test func lessIsSaidOnNarrowTerminals() {
    let tails = [" a lot is said here", " b"]
    #expect(ProgressLine.line("", tails, share: 0, columns: 40).hasSuffix("a lot is said here"))
    #expect(
      ProgressLine.line("", tails, share: 0, columns: 20) == String(repeating: "░", count: 17) + " b")
  }

  @Test func timesAndCountsAreShort() {
    #expect(ProgressLine.time(3725) == "1:02:05")
    #expect(ProgressLine.time(75.2) == "1:15")
    #expect(ProgressLine.time(4.21) == "4.2 s")
    #expect(ProgressLine.time(.infinity) == "?")
    #expect(ProgressLine.grouped(1_234_567) == "1,234,567")
  }
}
