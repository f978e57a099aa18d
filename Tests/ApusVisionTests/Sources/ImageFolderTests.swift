import ApusData
import ApusIO
import ApusTasks
import ApusTestSupport
import ApusTrain
import Foundation
import Testing

@testable import ApusVision

/// What is made of folders of all kinds.
@Suite struct ImageFolderTests {
  /// Writes images of a class, all of different pixels.
  private func write(_ count: Int, to folder: String, hue: Int, from first: Int = 0) throws {
    for number in first..<first + count {
      try writeDrawn(to: "\(folder)/\(number).png", hue: hue, noise: UInt64(number))
    }
  }

  private func read(_ path: String, for problem: Problem? = nil) throws -> Examples {
    try ImageFolder(path).read(for: problem, .silent)
  }

  @Test func classesWithoutParts() throws {
    try withTemporaryFolder { path in
      try write(5, to: path + "/große Katzen", hue: 1)
      try write(4, to: path + "/b c/inner", hue: 2)
      let examples = try read(path)
      #expect(Set(examples.categories.compactMap { $0 }) == ["b c", "große Katzen"])
      #expect(examples.categories.count { $0 == "b c" } == 4 && examples.count == 9)
      #expect(examples.parts.allSatisfy { $0 == nil } && examples.notes.isEmpty && examples.skipped.isEmpty)
      let strata = examples.categories.map { $0 == "b c" ? 0 : 1 }
      let split = try examples.split(strata: strata, seed: 3)
      #expect(split.values.reduce(0) { $0 + $1.count } == 9)
      for part in Part.allCases { #expect(Set((split[part] ?? []).map { strata[$0] }) == [0, 1]) }
      #expect(try examples.split(strata: strata, seed: 3) == split)
      #expect(try examples.split(strata: strata, seed: 4) != split)
    }
  }

  @Test func partsAndWhatDoesNotBelong() throws {
    try withTemporaryFolder { path in
      try write(6, to: path + "/Train/cats", hue: 1)
      try write(6, to: path + "/Train/dogs", hue: 2)
      try write(3, to: path + "/val/cats", hue: 1, from: 10)
      try write(2, to: path + "/test/dogs", hue: 2, from: 30)
      try write(1, to: path + "/spare/cats", hue: 4)
      try write(1, to: path + "/Train", hue: 5)
      try AtomicFile.write(damagedJPEG, to: path + "/Train/dogs/broken.jpg")
      let manager = FileManager.default
      // An image of the validation set in the training set, one of two classes, and one that is there twice.
      try manager.copyItem(atPath: path + "/val/cats/10.png", toPath: path + "/Train/cats/leak.png")
      try manager.copyItem(atPath: path + "/Train/cats/0.png", toPath: path + "/Train/dogs/both.png")
      try manager.copyItem(atPath: path + "/Train/dogs/1.png", toPath: path + "/Train/dogs/again.png")
      let examples = try read(path)
      func count(_ part: Part, _ name: String) -> Int {
        examples.parts.indices.count { examples.parts[$0] == part && examples.categories[$0] == name }
      }
      // 6 cats and the leak, less it and the one that is a dog too; 6 dogs.
      #expect(count(.training, "cats") == 5 && count(.training, "dogs") == 6)
      #expect(count(.validation, "cats") == 3 && count(.test, "dogs") == 2 && examples.count == 16)
      #expect(!examples.names.contains { $0.hasSuffix("leak.png") })
      let notes = examples.notes.joined(separator: "\n")
      for words in [
        "broken.jpg", "no class's folder", "spare", "the same is in the validation or test set",
        "several classes",
        "is there already",
      ] { #expect(notes.contains(words), "\(words) in \(notes)") }
      #expect(examples.skipped.map(\.name) == [path + "/Train/dogs/broken.jpg"])
      let split = try examples.split(strata: nil, seed: 0)
      #expect(split[.test]?.count == 2 && split[.validation]?.count == 3 && split[.training]?.count == 11)
    }
  }

  @Test(arguments: ["valid", "validation", "val", "dev"]) func aFolderOfTheValidationSetIsOne(name: String)
    throws
  {
    try withTemporaryFolder { path in
      for part in ["train", name] {
        for (hue, kind) in ["cats", "dogs"].enumerated() {
          try write(5, to: "\(path)/\(part)/\(kind)", hue: hue, from: part == "train" ? 0 : 50)
        }
      }
      let examples = try read(path)
      #expect(examples.parts.count { $0 == .validation } == 10)
      #expect(examples.notes.contains { $0.contains("\(name) is the validation set") })
      let split = try examples.split(strata: nil, seed: 1)
      #expect(split[.validation] == examples.parts.indices.filter { examples.parts[$0] == .validation })
      #expect(split[.test]?.isEmpty == false)
    }
  }

  @Test func unicodeFormsOfANameAreOneClass() throws {
    try withTemporaryFolder { path in
      let composed = "caf\u{e9}", decomposed = "cafe\u{301}"
      try write(4, to: path + "/" + composed, hue: 1)
      try write(4, to: path + "/" + decomposed, hue: 2)
      try write(4, to: path + "/bar", hue: 3)
      let examples = try read(path)
      #expect(examples.count == 12 && examples.categories.count { $0 == composed } == 8)
      #expect(examples.names.allSatisfy { FileManager.default.fileExists(atPath: $0) })
      #expect(examples.notes.contains { $0.contains("Unicode form") && $0.contains(composed) })
    }
  }

  @Test func everythingThatIsNotReadIsNamed() throws {
    try withTemporaryFolder { path in
      try write(4, to: path + "/a", hue: 1)
      try write(4, to: path + "/b", hue: 2)
      try AtomicFile.write("8BPS and more", to: path + "/a/drawing.psd")
      try AtomicFile.write([UInt8](repeating: 7, count: 40), to: path + "/b/odd.jxl")
      try AtomicFile.write("<html>", to: path + "/b/page.jpg")
      try AtomicFile.write("notes", to: path + "/notes.txt")
      // Classes of which nothing is left.
      for name in ["damaged", "empty", "foreign"] {
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
      }
      try AtomicFile.write(damagedJPEG, to: path + "/damaged/1.jpg")
      try AtomicFile.write("8BPS", to: path + "/foreign/1.psd")
      let examples = try read(path)
      #expect(examples.count == 8)
      let notes = examples.notes.joined(separator: "\n")
      for words in [
        "drawing.psd", "Photoshop", "odd.jxl", "page.jpg", "notes.txt", "damaged", "foreign", "empty",
      ] {
        #expect(notes.contains(words), "\(words) in \(notes)")
      }
      let skipped = Set(examples.skipped.map { ($0.name as NSString).lastPathComponent })
      #expect(skipped.isSuperset(of: ["drawing.psd", "odd.jxl", "page.jpg", "1.jpg", "1.psd"]), "\(skipped)")
    }
  }

  @Test func aClassOfContradictoryImagesIsNamed() throws {
    try withTemporaryFolder { path in
      try write(4, to: path + "/a", hue: 1)
      try write(4, to: path + "/b", hue: 2)
      try write(2, to: path + "/c", hue: 3)
      for number in 0..<2 {
        try FileManager.default.copyItem(
          atPath: "\(path)/c/\(number).png", toPath: "\(path)/b/copy\(number).png")
      }
      let examples = try read(path)
      #expect(Set(examples.categories.compactMap { $0 }) == ["a", "b"] && examples.count == 8)
      let notes = examples.notes.joined(separator: "\n")
      #expect(notes.contains("several classes") && notes.contains("c (2 contradictory)"), "\(notes)")
    }
  }

  @Test func whatCannotBeUsedIsExplained() throws {
    func problem(_ prepare: (String) throws -> String) throws -> String {
      try withTemporaryFolder { path in
        let folder = try prepare(path)
        return message { _ = try read(folder) }
      }
    }
    #expect(try problem { $0 + "/none" }.contains("no such folder"))
    #expect(try problem { $0 }.contains("there are no images"))
    #expect(try problem { try writeDrawn(to: $0 + "/a.png", hue: 1) }.contains("a file came"))
    #expect(
      try problem {
        try writeDrawn(to: $0 + "/a.png", hue: 1)
        return $0
      }.contains("in no class's folder"))
    #expect(
      try problem {
        try FileManager.default.createDirectory(atPath: $0 + "/cats", withIntermediateDirectories: true)
        try AtomicFile.write(damagedJPEG, to: $0 + "/cats/a.jpg")
        return $0
      }.contains("none of the 1 images"))
    try withTemporaryFolder { path in
      try write(5, to: path + "/cats", hue: 1)
      let one = try read(path)
      #expect(
        message { _ = try Classification.propose(one, rows: Array(0..<5), task: nil) }.contains(
          "of one class, \"cats\""))
      try write(1, to: path + "/dogs", hue: 2)
      let two = try read(path)
      let target = try #require(try Classification.propose(two, rows: Array(0..<6), task: nil)?.target)
      let parts = try two.split(strata: target.strata(two), seed: 0)
      // A class of one image is learned and named; one that only other parts have cannot be.
      let notes = try target.check(two, parts: parts).joined(separator: "; ")
      #expect(
        notes.contains("dogs (1)") && notes.contains("validation set has no examples of dogs"), "\(notes)")
      // No closure: one here crashes the compiler of Swift 6.3.1.
      var problem = ""
      do {
        _ = try target.check(two, parts: [.training: [0, 1, 2], .validation: [3, 5], .test: [4]])
      } catch { problem = "\(error)" }
      #expect(problem.contains("class \"dogs\" has no example in the training set"), "\(problem)")
    }
  }

  @Test func imagesToMeasureOn() throws {
    try withTemporaryFolder { path in
      try write(2, to: path + "/test/cats", hue: 1)
      try write(3, to: path + "/test/cows", hue: 2)
      try write(1, to: path + "/train/cats", hue: 3)
      let problem = Problem(
        input: try ImageInput(size: ImageSize(32)), target: try Classification(["cats", "dogs"]))
      let all = try read(path, for: problem)
      let tested = all.parts.indices.filter { all.parts[$0] == .test }
      #expect(tested.count == 5)
      let notes = all.notes.joined(separator: "\n")
      #expect(
        notes.contains("does not know left out: cows") && notes.contains("no images of dogs"), "\(notes)")
      // The test set alone, by itself and in a folder without a training set.
      #expect(try read(path + "/test", for: problem).categories.count { $0 == "cats" } == 2)
      try FileManager.default.removeItem(atPath: path + "/train")
      #expect(try read(path, for: problem).parts.allSatisfy { $0 == .test })
      #expect(throws: FileError.self) { try read(path + "/none", for: problem) }
      let numbers = Problem(input: problem.input, target: try Regression(["size"]))
      #expect(message { _ = try read(path, for: numbers) }.contains("--table"))
    }
  }
}

@Suite struct FolderLayoutTests {
  @Test func aClassMayBeCalledTrain() {
    let vehicles = FolderLayout(["car/1.jpg", "train/1.jpg", "train/2.jpg"])
    #expect(!vehicles.isParted)
    #expect(vehicles.names.map(vehicles.className) == ["car", "train", "train"])
    #expect(FolderLayout(["train/car/1.jpg", "spare/1.jpg"]).partFolders == [.training: "train"])
    #expect(FolderLayout(["train/1.jpg", "test/1.jpg"]).partFolders == [.training: "train", .test: "test"])
    #expect(FolderLayout(["train/1.jpg"]).partFolders == [.training: "train"])
    #expect(FolderLayout(["test/cats/1.jpg"]).partFolders == [.test: "test"])
    #expect(!FolderLayout(["test/1.jpg", "cats/2.jpg"]).isParted)
  }

  @Test func partsAndClassesOfFiles() {
    let layout = FolderLayout(["Train/a/1.jpg", "valid/a/x/2.jpg", "test/3.jpg", "more/a/4.jpg", "5.jpg"])
    #expect(layout.names.map(layout.part) == [.training, .validation, .test, nil, nil])
    #expect(layout.names.map(layout.className) == ["a", "a", nil, nil, nil])
    #expect(layout.strangers == ["more"])
  }
}
