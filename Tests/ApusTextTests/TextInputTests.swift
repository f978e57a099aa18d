import ApusData
import ApusGraph
import ApusIO
import ApusTasks
import Foundation
import Testing

@testable import ApusText

@Suite struct TextInputTests {
  @Test func wordsAreNumberedByFrequency() throws {
    let input = try TextInput(fitting: .texts(["b a b", "b a c", "once"]), rows: [0, 1, 2])
    #expect(input.words == ["b", "a"])
    #expect(input.length == 8)
    #expect(input.ids("A b unknown") == [3, 2, 1, 0, 0, 0, 0, 0])
  }

  @Test func longTextsAreTruncatedAndCounted() throws {
    let texts = (0..<40).map { Array(repeating: "word", count: $0 == 0 ? 100 : 20).joined(separator: " ") }
    let input = try TextInput(fitting: .texts(texts), rows: Array(0..<40))
    #expect(input.length == 24)
    #expect(input.truncatedCount == 1 && input.fittedCount == 40)
    #expect(input.ids(texts[0]) == Array(repeating: 2, count: 24))
    #expect(input.ids(texts[1]).count { $0 == 0 } == 4)
    #expect(input.facts.contains { $0.value.contains("1 of 40 training texts") })
    let short = try TextInput(fitting: .texts(texts), rows: Array(0..<40), lengthLimit: 10)
    #expect(short.length == 10 && short.truncatedCount == 40)
  }

  @Test func onlyTrainingRowsCount() throws {
    let texts = ["a b", "a b", "secret " + String(repeating: "secret ", count: 50)]
    let input = try TextInput(fitting: .texts(texts), rows: [0, 1])
    #expect(input.words == ["a", "b"] && input.length == 8 && input.truncatedCount == 0)
  }

  @Test func theVocabularyIsLimited() throws {
    let input = try TextInput(fitting: .texts(["c b b a a a", "a b c"]), rows: [0, 1], vocabularyLimit: 2)
    #expect(input.words == ["a", "b"])
  }

  @Test func featuresHaveTheirType() throws {
    let input = try TextInput(words: ["a"], length: 3)
    let features = try input.features(.texts(["", "a ? b a a"]), row: 1)
    #expect(features[0][0].dtype == .int32 && features[0][0].shape == [3])
    #expect(features[0][0].doubles == [2, 1, 2])
    #expect(try input.features(.texts([""]), row: 0)[0][0].doubles == [0, 0, 0])
    #expect(input.types == [TensorType(.int32, [3])])
  }

  @Test func encodingKeepsEverything() throws {
    let input = try TextInput(words: ["b", "a"], length: 4, fittedCount: 7, truncatedCount: 2)
    let copy = try JSONDecoder().decode(TextInput.self, from: JSONEncoder().encode(input))
    #expect(
      copy.words == input.words && copy.length == 4 && copy.fittedCount == 7 && copy.truncatedCount == 2)
    #expect(copy.ids("a b c") == input.ids("a b c"))
    #expect(throws: DataError.self) { try TextInput(words: ["a", "a"], length: 4) }
    #expect(throws: DataError.self) { try TextInput(words: ["a"], length: 0) }
  }

  @Test func examplesAreFilesAndThoseInFolders() throws {
    let folder = try TemporaryFolder()
    let one = try folder.write("one.txt", "a")
    try folder.write("more/b.txt", "b")
    try folder.write("more/a.txt", "a")
    try folder.write("more/c.pdf", "c")
    let input = try TextInput(words: ["a"], length: 3)
    let examples = try input.examples(at: [one, folder.path + "/more"])
    #expect(examples.names == [one, folder.path + "/more/a.txt", folder.path + "/more/b.txt"])
    #expect(try input.features(examples, row: 1)[0][0].doubles == [2, 0, 0])
    #expect(throws: FileError.self) { try input.examples(at: [folder.path + "/none.txt"]) }
  }

  @Test func anExhibitIsTheBeginning() throws {
    let input = try TextInput(words: ["a"], length: 3)
    let long = String(repeating: "word ", count: 100)
    let examples = try Examples.texts(["a  short\ntext", long, String(repeating: "x", count: 1000)])
    func exhibit(_ row: Int) -> String? {
      guard case .text(let text) = input.exhibit(examples, row: row) else { return nil }
      return text
    }
    #expect(exhibit(0) == "a short text")
    #expect(exhibit(1).map { $0.hasSuffix("…") && $0.count < 310 } == true)
    #expect(exhibit(2).map { $0.hasSuffix("…") && $0.count < 310 } == true)
    let missing = try Examples(
      modality: "text", title: "", names: ["x"], inputs: [Column("text", .files(["/nowhere/x.txt"]))])
    guard case .name = input.exhibit(missing, row: 0) else {
      Issue.record("a text that cannot be read has nothing but its name")
      return
    }
  }
}
