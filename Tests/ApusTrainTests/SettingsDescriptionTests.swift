import ApusData
import Testing

@testable import ApusTrain

@Suite struct SettingsDescriptionTests {
  private enum Kind { case plain, wide(Int) }
  private final class Thing { let number = 3 }
  private struct Parts {
    let range = 0.5...1
    let kinds: [Kind] = [.plain, .wide(2)]
    let name: String? = "a"
    let none: Int? = nil
    let table = ["a": 1, "b": 2]
    let thing = Thing()
    let body: @Sendable (Int) -> Int = { $0 }
  }

  @Test func tellsNumbersAndWordsAndNothingThatDiffersFromProcessToProcess() {
    #expect(
      SettingsDescription(Parts()).text
        == "Parts(range: ClosedRange<Double>(lowerBound: 0.5, upperBound: 1.0), kinds: [plain, wide(2)], name: a, "
        + "none: nil, table: 2 Dictionary<String, Int>, thing: Thing, body: @Sendable (Int) -> Int)")
    #expect(SettingsDescription([Int](0..<100)).text == "100 Array<Int>")
  }

  @Test func tellsAugmentationsApart() {
    let texts = [RandomShift(upTo: 1), RandomShift(upTo: 2)].map { SettingsDescription($0).text }
    #expect(texts[0] == "RandomShift(vertical: 1, horizontal: 1, fill: 0.0, fillLabel: 0)")
    #expect(texts[0] != texts[1])
  }
}
