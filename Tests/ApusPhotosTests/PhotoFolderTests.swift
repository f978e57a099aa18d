import ApusData
import ApusIO
import Foundation
import Testing

@testable import ApusPhotos

/// What is made of folders of all kinds.
@Suite struct PhotoFolderTests {
  /// Writes photos of a class, all of different pixels.
  private func write(_ count: Int, to folder: String, hue: Int, from first: Int = 0) throws {
    for number in first..<first + count {
      try writePhoto(to: "\(folder)/\(number).png", hue: hue, noise: UInt64(number))
    }
  }

  @Test func classesWithoutParts() throws {
    try withPhotoFolder { path in
      try write(5, to: path + "/große Katzen", hue: 1)
      try write(4, to: path + "/b c/inner", hue: 2)
      let folder = try PhotoFolder(path)
      #expect(folder.classNames == ["b c", "große Katzen"])
      #expect(folder.training.counts(classes: 2) == [4, 5])
      #expect(folder.test == nil)
      #expect(folder.medianShorterSide == 40)
      let split = try PhotoSplit(folder, seed: 3)
      #expect(split.training.count + split.validation.count + split.test.count == 9)
      let all = split.training.files + split.validation.files + split.test.files
      #expect(Set(all) == Set(folder.training.files))
      for part in [split.training, split.validation, split.test] { #expect(Set(part.labels) == [0, 1]) }
      #expect(try PhotoSplit(folder, seed: 3) == split)
      #expect(try PhotoSplit(folder, seed: 4) != split)
    }
  }

  @Test func partsAndWhatDoesNotBelong() throws {
    try withPhotoFolder { path in
      try write(6, to: path + "/Train/cats", hue: 1)
      try write(6, to: path + "/Train/dogs", hue: 2)
      try write(3, to: path + "/val/cats", hue: 1, from: 10)
      try write(2, to: path + "/val/cows", hue: 3)
      try write(1, to: path + "/spare/cats", hue: 4)
      try write(1, to: path + "/Train", hue: 5)
      let broken = path + "/Train/dogs/broken.jpg"
      try AtomicFile.write([0xff, 0xd8, 0xff, 0xe0, 0, 1], to: broken)
      // A photo of the test among those to learn from, and one that two classes have.
      let manager = FileManager.default
      try manager.copyItem(atPath: path + "/val/cats/10.png", toPath: path + "/Train/cats/leak.png")
      try manager.copyItem(atPath: path + "/Train/cats/0.png", toPath: path + "/Train/dogs/both.png")
      try manager.copyItem(atPath: path + "/Train/dogs/1.png", toPath: path + "/Train/dogs/again.png")

      let folder = try PhotoFolder(path)
      #expect(folder.classNames == ["cats", "dogs"])
      #expect(folder.testName == "val")
      #expect(folder.test?.labels == [0, 0, 0])
      // 6 cats and the leak, less it and the one that is a dog too; 6 dogs.
      #expect(folder.training.counts(classes: 2) == [5, 6])
      let notes = folder.notes.joined(separator: "\n")
      for words in [
        "broken.jpg", "no class's folder", "spare", "cows", "no photos of dogs", "the test has the same",
        "several classes", "is there already", "only 5 photos",
      ] { #expect(notes.contains(words), "\(words) in \(notes)") }
      let split = try PhotoSplit(folder, seed: 0)
      #expect(split.test == folder.test)
    }
  }

  @Test func whatCannotBeLearnedFromIsExplained() throws {
    func problem(_ prepare: (String) throws -> String) throws -> String {
      try withPhotoFolder { path in
        do {
          _ = try PhotoFolder(try prepare(path))
          return ""
        } catch {
          return "\(error)"
        }
      }
    }
    #expect(try problem { $0 + "/none" }.contains("no such folder"))
    #expect(try problem { $0 }.contains("there are no photos"))
    #expect(try problem { try writePhoto(to: $0 + "/a.png", hue: 1) }.contains("a file came"))
    #expect(
      try problem {
        try writePhoto(to: $0 + "/a.png", hue: 1)
        return $0
      }.contains("in no class's folder"))
    #expect(
      try problem {
        try write(5, to: $0 + "/cats", hue: 1)
        return $0
      }.contains("one class, \"cats\""))
    #expect(
      try problem {
        try write(5, to: $0 + "/cats", hue: 1)
        try write(1, to: $0 + "/dogs", hue: 2)
        return $0
      }.contains("class \"dogs\" has 1 photo to learn from, at least 3"))
    #expect(
      try problem {
        try FileManager.default.createDirectory(atPath: $0 + "/cats", withIntermediateDirectories: true)
        try AtomicFile.write([0xff, 0xd8, 0xff, 0xe0, 0, 1], to: $0 + "/cats/a.jpg")
        return $0
      }.contains("none of the 1 pictures"))
  }

  @Test func aClassMayBeCalledTrain() {
    let vehicles = PhotoLayout(["car/1.jpg", "train/1.jpg", "train/2.jpg"])
    #expect(vehicles.trainingFolder == nil)
    #expect(vehicles.classed(in: nil).map(\.className) == ["car", "train", "train"])
    #expect(PhotoLayout(["train/car/1.jpg", "spare/1.jpg"]).trainingFolder == "train")
    #expect(PhotoLayout(["train/1.jpg", "test/1.jpg"]).trainingFolder == "train")
    #expect(PhotoLayout(["train/1.jpg"]).trainingFolder == "train")
  }

  @Test func photosToMeasureOn() throws {
    try withPhotoFolder { path in
      try write(2, to: path + "/test/cats", hue: 1)
      try write(3, to: path + "/test/cows", hue: 2)
      try write(1, to: path + "/train/cats", hue: 3)
      let inPart = try LabelledPhotos(path, classNames: ["cats", "dogs"])
      #expect(inPart.part == "test")
      #expect(inPart.labels == [0, 0])
      #expect(inPart.unknownClasses.map(\.name) == ["cows"] && inPart.unknownClasses[0].count == 3)
      #expect(inPart.missingClasses == ["dogs"])
      let direct = try LabelledPhotos(path + "/test", classNames: ["cats", "cows"])
      #expect(direct.part == nil && direct.labels == [0, 0, 1, 1, 1])
      #expect(throws: DataError.self) { try LabelledPhotos(path, classNames: ["x", "y"]) }
      #expect(throws: FileError.self) { try LabelledPhotos(path + "/none", classNames: ["x", "y"]) }
    }
  }
}
