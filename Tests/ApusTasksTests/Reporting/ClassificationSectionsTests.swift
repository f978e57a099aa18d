import ApusReport
import ApusTrain
import Foundation
import Testing

@testable import ApusTasks

@Suite struct ClassificationSectionsTests {
  /// Logits that are 0 but for one class.
  private func logits(_ label: Int, _ value: Float, of count: Int = 3) -> [Float] {
    (0..<count).map { $0 == label ? value : 0 }
  }

  private func made(
    _ names: [String], _ labels: [Int], _ outputs: [[Float]], temperature: Double = 1, explains: Bool = true,
    shown: ReportedInput.Shown = .image
  ) throws -> [Report.Section] {
    let target = try Classification(names, temperature: temperature)
    let examples = try Examples.reported(
      labels.count, [Column("class", .categories(labels.map { names[$0] }))])
    let input = ReportedInput(shown: shown)
    let model: any Predictor = explains ? ExplainedModel(target, input) : SilentModel(target, input)
    return try target.sections(
      target.filled(examples, outputs), ReportContext(examples: examples, model: model))
  }

  /// Three cats, of which two are right and one is predicted as a dog; two right dogs; one fox predicted as a dog.
  private func animals(
    temperature: Double = 1, explains: Bool = true, shown: ReportedInput.Shown = .image
  ) throws -> [Report.Section] {
    try made(
      ["cat", "dog", "fox"], [0, 0, 0, 1, 1, 2],
      [logits(0, 4), logits(0, 2), logits(1, 3), logits(1, 5), logits(1, 1), logits(1, 2)],
      temperature: temperature, explains: explains, shown: shown)
  }

  @Test func sectionsComeInTheirOrder() throws {
    #expect(try animals().map(\.id) == ["confusions", "hardest", "typical", "calibration", "classes"])
  }

  @Test func confusionsAreShownWithTheirExamples() throws {
    let section = try #require(try animals()["confusions"])
    #expect(section.headings == ["cat predicted as dog: 1", "fox predicted as dog: 1"])
    let items = section.galleries.map { $0.items.map(\.title) }
    // exp(3) / (exp(3) + 2) = 0.909, exp(2) / (exp(2) + 2) = 0.787.
    #expect(items == [["dog 91 %"], ["dog 79 %"]])
    #expect(section.galleries.flatMap(\.items).allSatisfy { $0.mark == .wrong && $0.images.count == 1 })
    #expect(section.galleries[0].items[0].caption == "set/2.jpg")
    #expect(section.note.contains("1 of 3 images of “cat” are predicted as “dog”"))
  }

  @Test func hardestComeWithTheHighestLossFirst() throws {
    let gallery = try #require(try animals()["hardest"]?.galleries.first)
    // Losses: 2: ln(e³ + 2) = 3.095; 5: ln(e² + 2) = 2.24; 4: ln(e + 2) − 1 = 0.55; 1: 0.24; 0: 0.036; 3: 0.013.
    #expect(
      gallery.items.map { $0.caption.split(separator: " · ")[1] }
        == ["set/2.jpg", "set/5.jpg", "set/4.jpg", "set/1.jpg", "set/0.jpg", "set/3.jpg"])
    #expect(gallery.layout == .pairs)
    #expect(gallery.items[0].title == "dog 91 %")
    #expect(gallery.items[0].caption == "true: cat · set/2.jpg · output 1 lies in the middle")
    #expect(gallery.items.map(\.mark) == [.wrong, .wrong, .right, .right, .right, .right])
    #expect(gallery.items[0].images[1] == (try ReportedInput.image(3)))
  }

  @Test func typicalIsTheMedianOfTheRightOnes() throws {
    let gallery = try #require(try animals()["typical"]?.galleries.first)
    // Of the cats 0 (0.036) and 1 (0.24) the upper median is 1, of the dogs 3 and 4 it is 4; no fox is right.
    #expect(gallery.items.map(\.title) == ["cat 79 %", "dog 58 %"])
  }

  @Test func temperatureChangesConfidences() throws {
    let gallery = try #require(try animals(temperature: 3)["confusions"]?.galleries.first)
    // exp(1) / (exp(1) + 2) = 0.576.
    #expect(gallery.items.map(\.title) == ["dog 58 %"])
    let calibration = try #require(try animals(temperature: 3)["calibration"])
    #expect(calibration.note.contains("temperature 3.00"))
    // −ln p of the right class, the mean over 6: before (3.095 + 2.240 + 0.551 + 0.240 + 0.036 + 0.013) / 6 = 1.0291.
    let row = try #require(calibration.tables.first?.rows.last)
    #expect(row.map(\.text).dropLast() == ["Negative log-likelihood (0 is best)", "1.0291"])
  }

  @Test func scoresOfEachClass() throws {
    let rows = try #require(try animals()["classes"]?.tables.first?.rows)
    #expect(
      rows.map { $0.map(\.text) } == [
        ["cat", "100.0 %", "66.7 %", "80.0 %", "3"], ["dog", "50.0 %", "100.0 %", "66.7 %", "2"],
        ["fox", "–", "0.0 %", "0.0 %", "1"],
      ])
    #expect(rows[0][2].detail == "20.8 – 93.9 %")
  }

  @Test func withoutExplanationsImagesStandAlone() throws {
    let section = try #require(try animals(explains: false)["hardest"])
    #expect(section.galleries.first?.layout == .single)
    #expect(section.galleries.first?.items[0].caption == "true: cat · set/2.jpg")
    #expect(!section.note.contains("explanation"))
  }

  @Test func textsAndNamesComeAsTables() throws {
    let texts = try #require(try animals(explains: false, shown: .text)["hardest"])
    #expect(texts.galleries.isEmpty)
    let row = try #require(texts.tables.first?.rows.first)
    #expect(
      row == [
        .init("✗ dog 91 %", detail: "true: cat"),
        .init("Text number 2 of <b>several</b> lines.", detail: "set/2.jpg"),
      ])
    let names = try #require(try animals(explains: false, shown: .name)["typical"]?.tables.first)
    #expect(names.columns.map(\.title) == ["Image", "Prediction"])
    #expect(names.rows == [["set/1.jpg", "✓ cat 79 %"], ["set/4.jpg", "✓ dog 58 %"]])
    #expect(!(try animals(explains: false, shown: .text).page.contains("<b>several")))
  }

  @Test func namesOfClassesAreEscaped() throws {
    let page = try made(
      ["<script>alert(1)</script>", "a & \"b\"", "é"], [0, 1, 2], [logits(1, 2), logits(1, 2), logits(0, 1)]
    ).page
    #expect(!page.contains("<script"))
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(!page.contains("a & \"b\""))
  }

  @Test func testSetOfOneClassShowsNoNumberThatIsNone() throws {
    for labels in [[0, 0, 0], [2, 2], [1]] {
      let page = try made(["cat", "dog", "fox"], labels, labels.map { logits($0, 3) }).page
      #expect(!page.showsNoNumber)
      #expect(page.contains("–"))
      #expect(page.contains("Every image of the test set is predicted correctly."))
    }
  }

  @Test func hundredClasses() throws {
    let names = (0..<100).map { "class number \($0)" }
    // Each class twice, once right and once taken for the next class; of the last none at all.
    let labels = (0..<99).flatMap { [$0, $0] }
    let outputs = labels.enumerated().map { logits($1 + $0 % 2, 6, of: 100) }
    let sections = try made(names, labels, outputs)
    #expect(sections["confusions"]?.headings.count == 4)
    #expect(sections["typical"]?.galleries.first?.items.count == 8)
    #expect(sections["typical"]?.note.hasPrefix("Of some classes") == true)
    #expect(sections["classes"]?.tables.first?.rows.count == 100)
    #expect(!sections.page.showsNoNumber)
    #expect(sections.page.contains("Share of the class"))
  }

  @Test func certainPredictionsStayFinite() throws {
    let page = try made(["a", "b"], [0, 1], [[1000, -1000], [1000, -1000]]).page
    #expect(!page.showsNoNumber)
  }
}
