import ApusData
import ApusIO
import Foundation
import Testing

/// Photos from a folder to answers, as a user would.
@Suite struct PhotoTests {
  /// A picture of one colour with some noise.
  private func write(_ path: String, red: Int, blue: Int, seed: UInt64, side: Int = 36) throws {
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
    var random = PhiloxGenerator(seed: seed)
    let pixels = (0..<side * side).flatMap { _ -> [UInt8] in
      let grain = Int(random.uniform() * 50)
      return [UInt8(red + grain), UInt8(100 + grain), UInt8(blue + grain)]
    }
    try Image(width: side, height: side, channels: 3, pixels: pixels).writePNG(to: path)
  }

  private func writePhotos(to folder: String, count: Int = 12) throws {
    for number in 0..<count {
      try write("\(folder)/rote Dinge/\(number).png", red: 180, blue: 20, seed: UInt64(number))
      try write("\(folder)/blå/\(number).png", red: 20, blue: 180, seed: UInt64(number + 500))
    }
  }

  private let quick = ["--architecture", "lenet5", "--side", "32", "--epochs", "6"]

  private func fit(_ arguments: [String], in folder: String) throws -> Run {
    let (process, output, errors) = try Command.start(["fit"] + arguments, in: folder)
    process.waitUntilExit()
    return Run(
      status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  @Test func learnsIsMeasuredAndAnswers() throws {
    try withFolder { folder in
      try writePhotos(to: folder + "/my photos")
      try AtomicFile.write([0xff, 0xd8, 0xff, 0xe0, 0, 1], to: folder + "/my photos/blå/broken.jpg")
      let learned = try fit(["my photos", "--output", "model"] + quick, in: folder)
      #expect(learned.status == 0, "\(learned.errors)")
      #expect(learned.errors.contains("24 photos of 2 classes"))
      #expect(learned.errors.contains("broken.jpg"))
      #expect(learned.output.contains("Test accuracy") && learned.output.contains("95 % interval"))
      let result = try JSON(
        parsing: Array(try String(contentsOfFile: folder + "/model/result.json", encoding: .utf8).utf8))
      #expect(try #require(result["metrics"]?["accuracy"]?.doubleValue) == 1)
      #expect(result["metrics"]?["accuracy_interval"]?.arrayValue?.count == 2)
      #expect(result["photos"]?["training"]?["blå"]?.integerValue ?? 0 >= 6)

      #expect(
        try String(contentsOfFile: folder + "/model/report.html", encoding: .utf8).contains("rote Dinge"))

      // Another folder, with a class that the model does not know.
      for number in 0..<3 {
        try write("\(folder)/new/blå/\(number).png", red: 30, blue: 170, seed: UInt64(900 + number), side: 60)
        try write("\(folder)/new/green/\(number).png", red: 30, blue: 30, seed: UInt64(700 + number))
      }
      let measured = try Command.run("evaluate", "--model", "model", "new", "--json", in: folder)
      #expect(measured.status == 0, "\(measured.errors)")
      let metrics = try measured.json()
      #expect(metrics["metrics"]?["samples"]?.integerValue == 3)
      #expect(metrics["metrics"]?["accuracy"]?.doubleValue == 1)
      #expect(metrics["unknown_classes"]?["green"]?.integerValue == 3)
      #expect(metrics["missing_classes"]?.arrayValue == [.string("rote Dinge")])
      let blue = metrics["classes"]?.arrayValue?.first { $0["name"]?.stringValue == "blå" }
      #expect(blue?["samples"]?.integerValue == 3 && blue?["correct"]?.integerValue == 3)

      let asked = try Command.run(
        "predict", "--model", "model", "new/blå", "my photos/rote Dinge/0.png", "--json", in: folder)
      let predictions = try #require(asked.json()["predictions"]?.arrayValue)
      #expect(asked.status == 0 && predictions.count == 4)
      #expect(predictions.map { $0["class"]?.stringValue } == ["blå", "blå", "blå", "rote Dinge"])
      let shares = predictions[0]["probabilities"]?.members?.compactMap(\.value.doubleValue) ?? []
      #expect(shares.count == 2 && abs(shares.reduce(0, +) - 1) < 1e-9)
      // A broken file is named, and the others are answered all the same.
      let broken = try Command.run(
        "predict", "--model", "model", "my photos/blå/broken.jpg", "my photos/blå/1.png", in: folder)
      #expect(broken.status == 65 && broken.errors.contains("broken.jpg") && broken.output.contains("blå"))
      #expect(try Command.run("predict", "--model", "model", "none.jpg", in: folder).status == 66)

      #expect(try Command.run("summary", "model", in: folder).output.contains("LeNet5"))
      // Finished runs are not written over.
      #expect(try fit(["my photos", "--output", "model"] + quick, in: folder).status == 64)
      #expect(try Command.run("evaluate", "--model", "model", in: folder).status == 64)
    }
  }

  @Test func whatIsWrongIsSaidKindly() throws {
    try withFolder { folder in
      func expect(_ status: Int32, _ words: String, _ arguments: String...) throws {
        let run = try fit(arguments + ["--output", "out", "--json"], in: folder)
        let error = try #require(run.json()["error"], "\(run.output)")
        #expect(run.status == status, "\(run.output)")
        #expect(error["message"]?.stringValue?.contains(words) ?? false, "\(run.output)")
        // Nothing is left behind.
        #expect(!FileManager.default.fileExists(atPath: folder + "/out"))
      }
      try expect(66, "no such folder", "none")
      try write(folder + "/one/cats/1.png", red: 1, blue: 1, seed: 1)
      try expect(64, "a file came", "one/cats/1.png")
      try expect(65, "one class", "one")
      try expect(65, "no class's folder", "one/cats")
      try FileManager.default.createDirectory(atPath: folder + "/empty", withIntermediateDirectories: true)
      try expect(65, "no photos", "empty")
      try expect(64, "no network is called", "one", "--architecture", "NoNet")
      try expect(64, "--target", "one", "--target", "x")
      try expect(64, "one of them", "one", "--data", "x.csv")
      try expect(64, "go with a folder of photos", "--from-scratch", "--dataset", "mnist")
      try AtomicFile.write("taken", to: folder + "/file")
      let run = try fit(["one", "--output", "file"], in: folder)
      #expect(run.status == 73)
    }
  }
}
