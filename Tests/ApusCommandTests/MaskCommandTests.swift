import ApusData
import ApusIO
import Foundation
import Testing

/// From images and masks to masks of other images, as a user would.
@Suite struct MaskCommandTests {
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

  @Test func masksFromFitToFiles() throws {
    try withFolder { folder in
      try write(16, to: folder)
      let fitted = try Command.run(
        "fit", "photos", "--masks", "masks", "--class-names", "ground,bar", "--architecture", "UNet(4)",
        "--side", "32",
        "--epochs", "20", "--output", "model", in: folder)
      #expect(fitted.status == 0, "\(fitted.errors)")
      #expect(fitted.errors.contains("black is background") && fitted.output.contains("Mean IoU"))
      let result = try json(ofFile: folder + "/model/result.json")
      #expect(result["task"]?.stringValue == "segmentation")
      let measured = try Command.run(
        "evaluate", "--model", "model", "photos", "--masks", "masks", "--json", in: folder)
      #expect(measured.status == 0, "\(measured.output)")
      #expect(try measured.json()["evaluation"]?["metrics"]?["mean_iou"]?["value"]?.doubleValue ?? 0 > 0.6)
      #expect(try measured.json()["evaluation"]?["details"]?.arrayValue?.last?["name"]?.stringValue == "bar")
      let predicted = try Command.run(
        "predict", "--model", "model", "photos/3.png", "photos/4.png", "--output", "seen", "--json",
        in: folder)
      #expect(predicted.status == 0, "\(predicted.output)")
      let mask = try #require(
        try predicted.json()["predictions"]?.arrayValue?.first?["mask_file"]?.stringValue)
      #expect(try Image(contentsOf: folder + "/" + mask).size == ImageSize(32))
      #expect(FileManager.default.fileExists(atPath: folder + "/seen/4-overlay.png"))
      #expect(try Command.run("evaluate", "--model", "model", "photos", in: folder).status == 64)
      let summary = try Command.run("summary", "model", in: folder)
      #expect(summary.status == 0 && summary.output.contains("ground, bar"))
      for arguments in [["explain", "photos/3.png"], ["similar", "--index", "photos", "photos/3.png"]] {
        let (process, _, errors) = try Command.start(arguments + ["--model", "model"], in: folder)
        process.waitUntilExit()
        #expect(process.terminationStatus == 64)
        #expect(try String(contentsOf: errors, encoding: .utf8).contains("vision networks"))
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
      try expect(66, "no such file or folder", "photos", "--masks", "none")
      try expect(64, "a folder of images was expected", "photos", "--masks", "photos/0.png")
      try expect(65, "names of 2 classes", "photos", "--masks", "masks", "--class-names", "a,b,c")
      try expect(64, "multiple of 32", "photos", "--masks", "masks", "--side", "50")
      try expect(64, "--table or --masks", "photos", "--masks", "masks", "--table", "t.csv", "--target", "x")
      try expect(64, "goes with --masks", "photos", "--class-names", "a,b")
    }
  }
}
