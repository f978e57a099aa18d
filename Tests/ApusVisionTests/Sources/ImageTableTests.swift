import ApusData
import ApusIO
import ApusTasks
import ApusTestSupport
import Foundation
import Testing

@testable import ApusVision

/// Examples from tables of images.
@Suite struct ImageTableTests {
  private func read(
    _ text: String, in folder: String, targets: [String], task: TableOfImages.Task? = nil,
    for problem: Problem? = nil
  ) throws -> Examples {
    try AtomicFile.write(text, to: folder + "/table.csv")
    return try ImageTable(
      folder: folder + "/photos", table: folder + "/table.csv", targets: targets, files: nil, task: task
    ).read(for: problem, .silent)
  }

  @Test func partsAndCopiesAreKeptApart() throws {
    try withTemporaryFolder { folder in
      var text = "file,red\n"
      for number in 0..<8 {
        let part = number < 6 ? "train" : "test"
        try writeTinted(
          to: "\(folder)/photos/\(part)/\(number).png", red: 20 * number, blue: 9, seed: UInt64(number))
        text += "\(part)/\(number).png,\(number)\n"
      }
      // An image of the test set in the training set, a damaged one, and one of another format.
      try FileManager.default.copyItem(
        atPath: folder + "/photos/test/7.png", toPath: folder + "/photos/train/copy.png")
      try AtomicFile.write(damagedJPEG, to: folder + "/photos/train/broken.jpg")
      try AtomicFile.write("8BPS", to: folder + "/photos/train/layers.psd")
      text += "train/copy.png,7\ntrain/broken.jpg,3\n"
      let examples = try read(text, in: folder, targets: ["red"])
      #expect(examples.parts.count { $0 == .training } == 6 && examples.parts.count { $0 == .test } == 2)
      let notes = examples.notes.joined(separator: "\n")
      for name in ["copy.png", "broken.jpg", "layers.psd"] { #expect(notes.contains(name), "\(notes)") }
      #expect(
        Set(examples.skipped.map { ($0.name as NSString).lastPathComponent }) == ["broken.jpg", "layers.psd"])
      let split = try examples.split(strata: nil, seed: 3)
      #expect(split[.training]?.count == 5 && split[.validation]?.count == 1 && split[.test]?.count == 2)
      // Nothing can be learned of one number.
      let same = text.replacingOccurrences(of: ",[0-9]", with: ",4", options: .regularExpression)
      let constant = try read(same, in: folder, targets: ["red"], task: .numbers)
      var target = try #require(try Regression.propose(constant, rows: Array(0..<6), task: nil)?.target)
      try target.fit(constant, rows: Array(0..<6))
      #expect(
        message { _ = try target.check(constant, parts: split) }.contains("same for every training example"))
    }
  }

  @Test func whatIsPredictedIsAColumnOfItsKind() throws {
    try withTemporaryFolder { folder in
      for number in 0..<3 {
        try writeTinted(to: "\(folder)/photos/\(number).png", red: 20 * number, blue: 9, seed: UInt64(number))
      }
      let text = "file,tags,kind,size,more\n0.png,sea;sun,a,1.5,2\n1.png,,b,2,3\n2.png,sun,a,4,5\n"
      let tags = try read(text, in: folder, targets: ["tags"])
      guard case .tags(let held) = tags.targets[0].values else {
        Issue.record("tags were expected")
        return
      }
      #expect(held == [["sea", "sun"], [], ["sun"]] && tags.names[0] == folder + "/photos/0.png")
      #expect(try read(text, in: folder, targets: ["kind"]).categories == ["a", "b", "a"])
      let numbers = try read(text, in: folder, targets: ["size", "more"])
      #expect(numbers.targets.map(\.name) == ["size", "more"])
      if case .numbers(let values) = numbers.targets[1].values { #expect(values == [2, 3, 5]) }
      // For a model the column of its labels is found, and read as the model does.
      let input = try ImageInput(size: ImageSize(32))
      let known = Problem(input: input, target: try MultiLabel(["sea", "sun", "wind"]))
      #expect(try read(text, in: folder, targets: [], for: known).targets[0].name == "tags")
      let kinds = Problem(input: input, target: try Classification(["a", "b"]))
      #expect(try read(text, in: folder, targets: [], for: kinds).categories == ["a", "b", "a"])
      let strange = Problem(input: input, target: try Classification(["x", "y"]))
      #expect(message { _ = try read(text, in: folder, targets: [], for: strange) }.contains("--target"))
    }
  }
}
