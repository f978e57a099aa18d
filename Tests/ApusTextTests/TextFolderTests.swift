import ApusData
import ApusGraph
import ApusIO
import ApusTasks
import Foundation
import Testing

@testable import ApusText

@Suite struct TextFolderTests {
  private func read(_ folder: TemporaryFolder) throws -> Examples {
    try TextFolder(folder.path).read(for: nil, .silent)
  }

  @Test func foldersAreClasses() throws {
    let folder = try TemporaryFolder()
    try folder.write("sports/1.txt", "a goal")
    try folder.write("sports/2.TXT", "a cup")
    try folder.write("politics/deep/1.txt", "a vote")
    let examples = try read(folder)
    #expect(examples.modality == "text")
    #expect(examples.categories == ["politics", "sports", "sports"])
    #expect(examples.names[0] == folder.path + "/politics/deep/1.txt")
    #expect(try examples.text(0) == "a vote")
    #expect(examples.parts == [nil, nil, nil])
    #expect(examples.notes.isEmpty && examples.skipped.isEmpty)
  }

  @Test func partsAreHonored() throws {
    let folder = try TemporaryFolder()
    for part in ["Train", "valid", "test"] {
      for kind in ["a", "b"] { try folder.write("\(part)/\(kind)/1.txt", "\(part) \(kind)") }
    }
    try folder.write("extra/a/1.txt", "elsewhere")
    let examples = try read(folder)
    #expect(examples.parts == [.training, .training, .test, .test, .validation, .validation])
    #expect(examples.categories == ["a", "b", "a", "b", "a", "b"])
    #expect(examples.notes == ["1 file in no class's folder left out: extra/a/1.txt"])
  }

  @Test func trainBesideClassesIsAClass() throws {
    let folder = try TemporaryFolder()
    try folder.write("train/1.txt", "locomotive")
    try folder.write("plane/1.txt", "wing")
    #expect(try read(folder).categories == ["plane", "train"])
  }

  @Test func encodingsAreTold() throws {
    let folder = try TemporaryFolder()
    try folder.write("a/1-utf8.txt", "£ café")
    try folder.write("a/2-bom.txt", [0xEF, 0xBB, 0xBF] + Array("first".utf8))
    try folder.write("a/3-1252.txt", [0x93, 0x63, 0x61, 0x66, 0xE9, 0x94, 0x20, 0x80])
    try folder.write("b/4-utf16.txt", [0xFF, 0xFE, 0x68, 0, 0x69, 0])
    let examples = try read(folder)
    #expect(try (0..<4).map(examples.text) == ["£ café", "first", "“café” €", "hi"])
    #expect(examples.notes == ["1 file not in UTF-8, read as Windows-1252: a/3-1252.txt"])
  }

  @Test func whatCannotBeUsedIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.write("a/good.txt", "a text")
    try folder.write("a/empty.txt", "")
    try folder.write("a/blank.txt", " \n\t")
    try folder.write("b/binary.txt", [0x7F, 0x45, 0x4C, 0x46, 0, 0, 1, 2])
    try folder.write("b/image.txt", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13])
    try folder.write("c/good.txt", "another")
    try folder.write("c/notes.pdf", "no text")
    try folder.write("c/._good.txt", "hidden")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/c/link.txt", withDestinationPath: folder.path + "/nowhere.txt")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/c/circle", withDestinationPath: folder.path + "/c")
    try folder.write("loose.txt", "in no class")
    let examples = try read(folder)
    #expect(examples.categories == ["a", "c"])
    let skipped = Dictionary(uniqueKeysWithValues: examples.skipped.map { ($0.name, $0.problem) })
    #expect(
      skipped == [
        folder.path + "/a/empty.txt": "it is empty", folder.path + "/a/blank.txt": "it is empty",
        folder.path + "/b/binary.txt": "it is binary, not a text",
        folder.path + "/c/link.txt": "there is no such file",
        folder.path + "/b/image.txt": "it is binary, not a text",
      ])
    #expect(
      examples.notes == [
        "1 file left out, not .txt: c/notes.pdf", "1 file left out, hidden: c/._good.txt",
        "1 file in no class's folder left out: loose.txt",
        "5 files cannot be used and are left out (it is empty): a/blank.txt, a/empty.txt, b/binary.txt and 2 more",
        "no text of b can be used: the class is left out",
      ])
  }

  @Test func duplicatesOfAClassStayTogether() throws {
    let folder = try TemporaryFolder()
    try folder.write("a/1.txt", "the same  text\n")
    try folder.write("a/2.txt", "the same text")
    try folder.write("a/3.txt", "another")
    try folder.write("b/1.txt", "different")
    let examples = try read(folder)
    #expect(examples.groups == [0, 0, 1, 2])
    #expect(
      examples.notes == [
        "1 file with the text of another file of the class, kept in one part with it: a/2.txt"
      ])
  }

  @Test func duplicatesNeverLeakOrContradict() throws {
    let folder = try TemporaryFolder()
    try folder.write("train/a/1.txt", "in both parts")
    try folder.write("train/a/2.txt", "of two classes")
    try folder.write("train/a/3.txt", "fine")
    try folder.write("train/b/1.txt", "of two classes")
    try folder.write("train/b/2.txt", "good")
    try folder.write("test/a/9.txt", "in both parts")
    try folder.write("test/b/9.txt", "unseen")
    let examples = try read(folder)
    let names = examples.names.map { String($0.dropFirst(folder.path.count + 1)) }
    #expect(names == ["test/a/9.txt", "test/b/9.txt", "train/a/3.txt", "train/b/2.txt"])
    #expect(
      examples.notes == [
        "1 file left out, as the test or validation set has the same text: train/a/1.txt",
        "2 files left out, as several classes have the same text: train/a/2.txt and train/b/1.txt",
      ])
    #expect(examples.skipped.count == 3)
  }

  @Test func namesThatLookAlikeAreOneClass() throws {
    let folder = try TemporaryFolder()
    try folder.write("café/1.txt", "one")
    try folder.write("cafe\u{301}/2.txt", "two")
    try folder.write("tea/1.txt", "three")
    let examples = try read(folder)
    #expect(examples.count == 3 && Set(examples.categories).count == 2)
  }

  @Test func aFolderIsRecognizedByItsFiles() throws {
    let texts = try TemporaryFolder(), images = try TemporaryFolder(), empty = try TemporaryFolder()
    try texts.write("a/1.txt", "text")
    try texts.write("b/1.txt", "text")
    try texts.write("b/logo.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    for number in 0..<3 {
      try images.write("a/\(number).png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }
    try images.write("README.txt", "about")
    #expect(try TextFolder.recognize(DataRequest(texts.path))?.path == texts.path)
    #expect(try TextFolder.recognize(DataRequest(images.path)) == nil)
    #expect(try TextFolder.recognize(DataRequest(empty.path)) == nil)
    #expect(try TextFolder.recognize(DataRequest(texts.path + "/a/1.txt")) == nil)
    #expect(try TextFolder.recognize(DataRequest(nil)) == nil)
    #expect(try everything.source(for: DataRequest(texts.path)) is TextFolder)
    #expect(throws: DataError.self) { try everything.source(for: DataRequest(empty.path)) }
  }

  @Test func foldersWithoutClassesAreRefused() throws {
    let folder = try TemporaryFolder()
    try folder.write("1.txt", "text")
    #expect {
      try read(folder)
    } throws: { error in
      (error as? DataError).map { $0.problem.contains("in no class's folder") && $0.advice != nil } ?? false
    }
    let unusable = try TemporaryFolder()
    try unusable.write("a/1.txt", "")
    #expect(throws: DataError.self) { try read(unusable) }
    #expect(throws: FileError.self) { try TextFolder("/nowhere/at/all").read(for: nil, .silent) }
  }

  @Test func oneClassIsRefusedByARun() async throws {
    let folder = try TemporaryFolder(), output = try TemporaryFolder()
    for number in 0..<30 { try folder.write("a/\(number).txt", "text \(number)") }
    let run = try Run(
      DataRequest(folder.path), folder: RunFolder(path: output.path + "/run"), registry: everything)
    let error = await #expect(throws: DataError.self) { try await run.perform() }
    #expect(error?.problem.contains("one class") ?? false)
  }
}
