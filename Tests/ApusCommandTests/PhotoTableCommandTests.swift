import ApusData
import ApusIO
import Foundation
import Testing

/// From a table of photos to answers, as a user would.
@Suite struct PhotoTableCommandTests {
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

  private func run(_ arguments: [String], in folder: String) throws -> Run {
    let (process, output, errors) = try Command.start(arguments, in: folder)
    process.waitUntilExit()
    return Run(
      status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  @Test func labelsFromFitToAnswers() throws {
    try withFolder { folder in
      try write(32, to: folder)
      let learned = try run(
        ["fit", "photos", "--table", "table.csv", "--target", "tags", "--output", "model"] + quick, in: folder
      )
      #expect(learned.status == 0, "\(learned.errors)")
      #expect(
        learned.errors.contains("labels of which any number hold") && learned.errors.contains("gone.png"))
      #expect(learned.output.contains("Mean average precision"))
      let result = try JSON(
        parsing: Array(try String(contentsOfFile: folder + "/model/result.json", encoding: .utf8).utf8))
      #expect(result["task"]?.stringValue == "multi-label")
      #expect(try #require(result["metrics"]?["mean_average_precision"]?.doubleValue) > 0.8)

      let measured = try run(
        ["evaluate", "--model", "model", "photos", "--table", "table.csv", "--json"], in: folder)
      #expect(measured.status == 0, "\(measured.output)")
      #expect(try measured.json()["metrics"]?["samples"]?.integerValue == 32)
      #expect(try measured.json()["labels"]?.arrayValue?.count == 2)
      let asked = try run(["predict", "--model", "model", "photos/0.png", "--json"], in: folder)
      let answer = try #require(try asked.json()["predictions"]?.arrayValue?.first)
      #expect(answer["probabilities"]?["red"]?.doubleValue ?? 0 > 0.3)
      #expect(try run(["predict", "--model", "model", "photos/0.png"], in: folder).status == 0)
      let summary = try run(["summary", "model", "--json"], in: folder)
      #expect(try summary.json()["task"]?.stringValue == "labels")
      #expect(try summary.json()["names"]?.stringValue?.contains("blue above") ?? false)
      let alike = try run(
        ["similar", "--index", "photos", "--model", "model", "photos/0.png", "--json"], in: folder)
      let nearest = try alike.json()["queries"]?.arrayValue?.first?["matches"]?.arrayValue?.first
      #expect(nearest?["file"]?.stringValue == "photos/0.png")
      let explained = try run(["explain", "--model", "model", "photos/0.png", "--json"], in: folder)
      #expect(explained.status == 64)
      #expect(
        try explained.json()["error"]?["message"]?.stringValue?.contains("labels or numbers") ?? false)
      // The model asks for a table again.
      #expect(try run(["evaluate", "--model", "model", "photos"], in: folder).status == 64)
      let named = try run(
        ["evaluate", "--model", "model", "photos", "--table", "table.csv", "--target", "tags", "--json"],
        in: folder)
      #expect(named.status == 64 && named.output.contains("leave --target out"), "\(named.output)")
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
      let number = try #require(try numbers.json()["numbers"]?.arrayValue?.first)
      #expect(number["baseline_mean_absolute_error"]?.doubleValue ?? 0 > 0.5)
      let asked = try run(["predict", "--model", "model", "photos", "--json"], in: folder)
      #expect(try asked.json()["predictions"]?.arrayValue?.count == 32)
      let classes = try run(
        ["fit", "photos", "--table", "table.csv", "--target", "kind", "--output", "kinds", "--json"] + quick,
        in: folder)
      #expect(classes.status == 0, "\(classes.output)")
      #expect(try classes.json()["task"]?.stringValue == "classification")
      let measured = try run(
        ["evaluate", "--model", "kinds", "photos", "--table", "table.csv", "--target", "kind", "--json"],
        in: folder)
      #expect(try measured.json()["metrics"]?["samples"]?.integerValue == 32)
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
        64, "labels, numbers or classes", "photos", "--table", "table.csv", "--target", "tags", "--task", "x")
      try expect(
        65, "a number was expected", "photos", "--table", "table.csv", "--target", "tags", "--task", "numbers"
      )
      try expect(66, "none.csv", "photos", "--table", "none.csv", "--target", "tags")
      try expect(66, "there is no such folder", "none", "--table", "table.csv", "--target", "tags")
      try expect(64, "--files names a column", "photos", "--files", "photo")
      // Nothing is said of looking at photos in a folder that is not there, and the reason only once.
      let missing = try run(["fit", "none", "--output", "out"], in: folder)
      #expect(!missing.errors.contains("Looking") && !missing.errors.contains("missing"))
    }
  }
}
