import ApusData
import ApusIO
import Foundation
import Testing

/// From a table of images to predictions, as a user would.
@Suite struct ImageTableCommandTests {
  private func write(_ count: Int, to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder + "/photos", withIntermediateDirectories: true)
    var text = "photo,tags,red level,kind\n"
    for number in 0..<count {
      let (isRed, isBlue) = (number % 2 == 0, number / 2 % 2 == 0)
      var random = PhiloxGenerator(seed: UInt64(number))
      let pixels = (0..<32 * 32).flatMap { _ -> [UInt8] in
        let grain = UInt8(random.uniform() * 40)
        return [(isRed ? 160 : 20) + grain, 80 + grain, (isBlue ? 180 : 30) + grain]
      }
      try Image(width: 32, height: 32, channels: 3, pixels: pixels).writePNG(
        to: "\(folder)/photos/\(number).png")
      text +=
        "\(number).png,\(isRed ? "red" : "")\(isBlue ? ";blue" : ""),\(isRed ? 1.6 : 0.2),\(isRed ? "warm" : "cold")\n"
    }
    try AtomicFile.write(text + "gone.png,red,1.6,warm\n", to: folder + "/table.csv")
  }

  private let quick = ["--architecture", "lenet5", "--side", "32", "--epochs", "8"]

  private func run(_ arguments: [String], in folder: String) throws -> CommandRun {
    try Command.run(arguments, in: folder)
  }

  @Test func labelsFromFitToPredictions() throws {
    try withFolder { folder in
      try write(32, to: folder)
      let fitted = try run(
        ["fit", "photos", "--table", "table.csv", "--target", "tags", "--output", "model"] + quick, in: folder
      )
      #expect(fitted.status == 0, "\(fitted.errors)")
      #expect(
        fitted.errors.contains("any number of labels") && fitted.errors.contains("gone.png"))
      #expect(fitted.output.contains("Mean average precision"))
      let result = try json(ofFile: folder + "/model/result.json")
      #expect(result["task"]?.stringValue == "multi-label")
      #expect(try #require(CommandRun.score("mean_average_precision", in: result)) > 0.8)

      let measured = try run(
        ["evaluate", "--model", "model", "photos", "--table", "table.csv", "--target", "tags", "--json"],
        in: folder)
      #expect(measured.status == 0, "\(measured.output)")
      #expect(try measured.json()["evaluation"]?["samples"]?.integerValue == 32)
      #expect(try measured.json()["evaluation"]?["details"]?.arrayValue?.count == 2)
      let predicted = try run(["predict", "--model", "model", "photos/0.png", "--json"], in: folder)
      let prediction = try #require(try predicted.json()["predictions"]?.arrayValue?.first)
      #expect(prediction["probabilities"]?["red"]?.doubleValue ?? 0 > 0.3)
      #expect(prediction["labels"]?.arrayValue != nil)
      #expect(try run(["predict", "--model", "model", "photos/0.png"], in: folder).status == 0)
      let summary = try run(["summary", "model", "--json"], in: folder)
      #expect(try summary.json()["labels"]?.stringValue?.contains("blue above") ?? false)
      let alike = try run(
        ["similar", "--index", "photos", "--model", "model", "photos/0.png", "--json"], in: folder)
      let nearest = try alike.json()["queries"]?.arrayValue?.first?["matches"]?.arrayValue?.first
      #expect(nearest?["file"]?.stringValue == "photos/0.png")
      let explained = try run(["explain", "--model", "model", "photos/0.png", "--json"], in: folder)
      #expect(explained.status == 0, "\(explained.output)")
      // The model asks for a table again; which column holds its labels is found.
      #expect(try run(["evaluate", "--model", "model", "photos"], in: folder).status == 64)
      let unnamed = try run(
        ["evaluate", "--model", "model", "photos", "--table", "table.csv", "--json"], in: folder)
      #expect(try unnamed.json()["evaluation"] == measured.json()["evaluation"], "\(unnamed.output)")
      #expect(
        try run(["fit", "--resume", "--output", "model"], in: folder).output.contains("nothing is left"))
    }
  }

  @Test func numbersAndClassesToo() throws {
    try withFolder { folder in
      try write(32, to: folder)
      let numbers = try run(
        ["fit", "photos", "--table", "table.csv", "--target", "red level", "--output", "model", "--json"]
          + quick,
        in: folder)
      #expect(numbers.status == 0, "\(numbers.output)")
      #expect(try numbers.json()["task"]?.stringValue == "regression")
      let number = try #require(try numbers.json()["test"]?["details"]?.arrayValue?.first?["scores"])
      #expect(number["baseline_mean_absolute_error"]?.doubleValue ?? 0 > 0.5)
      let predicted = try run(["predict", "--model", "model", "photos", "--json"], in: folder)
      #expect(try predicted.json()["predictions"]?.arrayValue?.count == 32)
      let classes = try run(
        ["fit", "photos", "--table", "table.csv", "--target", "kind", "--output", "kinds", "--json"] + quick,
        in: folder)
      #expect(classes.status == 0, "\(classes.output)")
      #expect(try classes.json()["task"]?.stringValue == "classification")
      let measured = try run(
        ["evaluate", "--model", "kinds", "photos", "--table", "table.csv", "--target", "kind", "--json"],
        in: folder)
      #expect(try measured.json()["evaluation"]?["samples"]?.integerValue == 32)
    }
  }

  @Test func whatIsWrongIsSaidKindly() throws {
    try withFolder { folder in
      try write(8, to: folder)
      func expect(_ status: Int32, _ words: String, _ arguments: String...) throws {
        let run = try run(["fit"] + arguments + ["--output", "out", "--json"], in: folder)
        let error = try #require(run.json()["error"], "\(run.output)")
        #expect(run.status == status, "\(run.output)")
        #expect(error["message"]?.stringValue?.contains(words) ?? false, "\(run.output)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/out"))
      }
      try expect(64, "no column \"nothing\"", "photos", "--table", "table.csv", "--target", "nothing")
      try expect(
        64, "no column \"nothing\"", "photos", "--table", "table.csv", "--target", "tags", "--files",
        "nothing")
      try expect(64, "Name them by --target", "photos", "--table", "table.csv")
      try expect(
        64, "classification, multi-label or regression", "photos", "--table", "table.csv", "--target", "tags",
        "--task", "x")
      try expect(
        65, "a number was expected", "photos", "--table", "table.csv", "--target", "tags", "--task", "numbers"
      )
      try expect(66, "none.csv", "photos", "--table", "none.csv", "--target", "tags")
      try expect(66, "no such file or folder", "none", "--table", "table.csv", "--target", "tags")
      try expect(64, "--files names a column", "photos", "--files", "photo")
      // Nothing is said of looking at images in a folder that is not there, and the reason only once.
      let missing = try run(["fit", "none", "--output", "out"], in: folder)
      #expect(
        !missing.errors.contains("Looking") && missing.errors.components(separatedBy: "no such").count == 2)
    }
  }
}
