import ApusData
import ApusIO
import Foundation
import Testing

/// From photos and masks to masks of other photos, as a user would.
@Suite struct PhotoMaskCommandTests {
  private func write(_ count: Int, to folder: String, side: Int = 32) throws {
    for name in ["photos", "masks"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    for number in 0..<count {
      let left = number % (side / 2)
      var pixels: [UInt8] = [], mask: [UInt8] = []
      for place in 0..<side * side {
        let isIn = (left..<left + side / 2).contains(place % side)
        pixels += isIn ? [220, 180, UInt8(60 + number)] : [30, 60, UInt8(90 + number)]
        mask.append(isIn ? 255 : 0)
      }
      try Image(width: side, height: side, channels: 3, pixels: pixels).writePNG(
        to: "\(folder)/photos/\(number).png")
      try Image(width: side, height: side, channels: 1, pixels: mask).writePNG(
        to: "\(folder)/masks/\(number).png")
    }
  }

  @Test func masksFromFitToPictures() throws {
    try withFolder { folder in
      try write(16, to: folder)
      let learned = try Command.run(
        "fit", "photos", "--masks", "masks", "--class-names", "ground,bar", "--architecture", "UNet(4)",
        "--side", "32",
        "--epochs", "20", "--output", "model", in: folder)
      #expect(learned.status == 0, "\(learned.errors)")
      #expect(learned.errors.contains("black is background") && learned.output.contains("Mean IoU"))
      let result = try JSON(
        parsing: Array(try String(contentsOfFile: folder + "/model/result.json", encoding: .utf8).utf8))
      #expect(result["task"]?.stringValue == "segmentation")
      let measured = try Command.run(
        "evaluate", "--model", "model", "photos", "--masks", "masks", "--json", in: folder)
      #expect(measured.status == 0, "\(measured.output)")
      #expect(try measured.json()["metrics"]?["mean_iou"]?.doubleValue ?? 0 > 0.6)
      #expect(try measured.json()["classes"]?.arrayValue?.last?["name"]?.stringValue == "bar")
      let seen = try Command.run(
        "predict", "--model", "model", "photos/3.png", "photos/4.png", "--output", "seen", "--json",
        in: folder)
      #expect(seen.status == 0, "\(seen.output)")
      let mask = try #require(try seen.json()["predictions"]?.arrayValue?.first?["mask"]?.stringValue)
      #expect(try Image(contentsOf: folder + "/" + mask).size == ImageSize(32))
      #expect(FileManager.default.fileExists(atPath: folder + "/seen/4-overlay.png"))
      #expect(try Command.run("evaluate", "--model", "model", "photos", in: folder).status == 64)
      let summary = try Command.run("summary", "model", in: folder)
      #expect(summary.status == 0 && summary.output.contains("ground, bar"))
      for arguments in [["explain", "photos/3.png"], ["similar", "--index", "photos", "photos/3.png"]] {
        let (process, _, errors) = try Command.start(arguments + ["--model", "model"], in: folder)
        process.waitUntilExit()
        #expect(process.terminationStatus == 64)
        #expect(try String(contentsOf: errors, encoding: .utf8).contains("masks"))
      }
      #expect(
        try Command.run("fit", "--resume", "--output", "model", in: folder).output.contains("nothing is left")
      )
    }
  }

  @Test func whatIsWrongIsSaidKindly() throws {
    try withFolder { folder in
      try write(6, to: folder)
      func expect(_ status: Int32, _ words: String, _ arguments: String...) throws {
        let (process, output, _) = try Command.start(
          ["fit"] + arguments + ["--output", "out", "--json"], in: folder)
        process.waitUntilExit()
        let text = try String(contentsOf: output, encoding: .utf8)
        let error = try #require(try JSON(parsing: Array(text.utf8))["error"], "\(text)")
        #expect(process.terminationStatus == status, "\(text)")
        #expect(error["message"]?.stringValue?.contains(words) ?? false, "\(text)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/out"))
      }
      try expect(66, "no such folder", "photos", "--masks", "none")
      try expect(64, "a folder was expected", "photos", "--masks", "photos/0.png")
      try expect(65, "names of 2 classes", "photos", "--masks", "masks", "--class-names", "a,b,c")
      try expect(64, "multiple of 32", "photos", "--masks", "masks", "--side", "50")
      try expect(64, "--masks or --table", "photos", "--masks", "masks", "--table", "t.csv", "--target", "x")
      try expect(64, "goes with --masks", "photos", "--class-names", "a,b")
    }
  }
}
