import ApusData
import ApusIO
import Foundation
import Testing

@Suite struct CheckImagesTests {
  /// A picture of waves that differ from seed to seed.
  private func waves(_ seed: Int, width: Int = 64, height: Int = 48, brighter: Int = 0) throws -> Image {
    let pixels = (0..<width * height).flatMap { index -> [UInt8] in
      let (x, y) = (Double(index % width) / Double(width), Double(index / width) / Double(height))
      let value =
        100 + 50 * sin(Double(seed) * 3.7 * x + y * 9) + 40 * cos(Double(seed + 2) * 2.9 * y - x * 5)
      let level = UInt8(max(0, min(255, value + Double(brighter))))
      return [level, level / 2, 255 - level]
    }
    return try Image(width: width, height: height, channels: 3, pixels: pixels)
  }

  @Test func namesWhatIsWrong() throws {
    try withFolder { folder in
      for path in ["train/a", "train/b", "test/a"] {
        try FileManager.default.createDirectory(
          atPath: folder + "/" + path, withIntermediateDirectories: true)
      }
      for seed in 1...4 { try waves(seed).writePNG(to: folder + "/train/a/\(seed).png") }
      try waves(5).writePNG(to: folder + "/train/b/5.jpg")
      try waves(6, width: 20, height: 100).writePNG(to: folder + "/train/b/6.png")
      // The same pixels, and nearly the same: brighter and smaller.
      try waves(1).writePNG(to: folder + "/test/a/again.png")
      try waves(2, width: 48, height: 36, brighter: 9).writePNG(to: folder + "/test/a/near.png")
      try AtomicFile.write(waves(7).pngBytes().dropLast(900), to: folder + "/test/a/cut.png")
      try AtomicFile.write("<html>", to: folder + "/test/a/page.jpg")
      try AtomicFile.write("notes", to: folder + "/notes.txt")

      let run = try Command.run("check-images", ".", "--json", "--smallest-class", "3", in: folder)
      #expect(run.status == 65, "\(run.errors)")
      let json = try run.json()
      func files(_ key: String) -> [String] {
        (json[key]?.arrayValue ?? []).compactMap { $0["file"]?.stringValue ?? $0.stringValue }
      }
      #expect(json["images"]?.integerValue == 8)
      #expect(files("damaged") == ["test/a/cut.png"])
      #expect(files("misnamed") == ["test/a/page.jpg"] && files("others") == ["notes.txt"])
      #expect(files("wrong_extension") == ["train/b/5.jpg"])
      #expect(files("tiny") == ["train/b/6.png"] && files("elongated") == ["train/b/6.png"])
      #expect(json["classes"]?["train/a"]?.integerValue == 4)
      #expect(json["small_classes"]?.members?.map(\.key) == ["test/a", "train/b"])
      func groups(_ key: String) -> [[String]] {
        (json[key]?.arrayValue ?? []).map { ($0["files"] ?? $0).arrayValue?.compactMap(\.stringValue) ?? [] }
      }
      #expect(groups("duplicates") == [["test/a/again.png", "train/a/1.png"]])
      #expect(groups("near_duplicates") == [["test/a/near.png", "train/a/2.png"]])
      #expect(groups("leaks").count == 2)

      let text = try Command.run("check-images", ".", in: folder)
      #expect(text.status == 65 && text.errors.isEmpty)
      #expect(text.output.contains("test/a/cut.png") && text.output.contains("1 cannot be decoded"))
    }
  }

  @Test func aCleanFolderIsNotBlamed() throws {
    try withFolder { folder in
      for seed in 1...3 { try waves(seed).writePNG(to: folder + "/\(seed).png") }
      let run = try Command.run("check-images", folder)
      #expect(run.status == 0 && run.output.contains("Nothing conspicuous."))
      #expect(try Command.run("check-images", folder + "/none").status == 66)
      #expect(try Command.run("check-images", folder, "--nearness", "200").status == 64)
    }
  }
}
