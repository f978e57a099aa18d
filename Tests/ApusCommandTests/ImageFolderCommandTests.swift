import ApusData
import ApusIO
import Foundation
import Testing

/// Images from a folder to predictions, as a user would.
@Suite struct ImageFolderCommandTests {
  /// An image of one color with some noise.
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

  private func fit(_ arguments: [String], in folder: String) throws -> CommandRun {
    try Command.run(["fit"] + arguments, in: folder)
  }

  @Test func trainsEvaluatesAndPredicts() throws {
    try withFolder { folder in
      try writePhotos(to: folder + "/my photos")
      try AtomicFile.write([0xff, 0xd8, 0xff, 0xe0, 0, 1], to: folder + "/my photos/blå/broken.jpg")
      try AtomicFile.write("8BPS and more", to: folder + "/my photos/blå/drawing.psd")
      let fitted = try fit(["my photos", "--output", "model"] + quick, in: folder)
      #expect(fitted.status == 0, "\(fitted.errors)")
      #expect(fitted.errors.contains("24 examples") && fitted.errors.contains("into blå and rote Dinge"))
      #expect(fitted.errors.contains("broken.jpg") && fitted.errors.contains("drawing.psd"))
      #expect(fitted.output.contains("Accuracy") && fitted.output.contains("95 % confidence interval"))
      let result = try json(ofFile: folder + "/model/result.json")
      #expect(CommandRun.score("accuracy", in: result) == 1)
      #expect(result["test"]?["metrics"]?["accuracy"]?["interval"]?.arrayValue?.count == 2)
      #expect(result["data"]?["counts"]?["training"]?.integerValue ?? 0 >= 12)
      let skipped = result["data"]?["skipped"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
      #expect(
        skipped.contains { $0.hasSuffix("broken.jpg") } && skipped.contains { $0.hasSuffix("drawing.psd") })

      #expect(
        try String(contentsOfFile: folder + "/model/report.html", encoding: .utf8).contains("rote Dinge"))

      // Another folder, with a class that the model does not know.
      for number in 0..<3 {
        try write("\(folder)/new/blå/\(number).png", red: 30, blue: 170, seed: UInt64(900 + number), side: 60)
        try write("\(folder)/new/green/\(number).png", red: 30, blue: 30, seed: UInt64(700 + number))
      }
      let measured = try Command.run("evaluate", "--model", "model", "new", "--json", in: folder)
      #expect(measured.status == 0, "\(measured.errors)")
      let evaluation = try #require(measured.json()["evaluation"])
      #expect(evaluation["samples"]?.integerValue == 3)
      #expect(evaluation["metrics"]?["accuracy"]?["value"]?.doubleValue == 1)
      let notes =
        try measured.json()["notes"]?.arrayValue?.compactMap(\.stringValue).joined(separator: "\n") ?? ""
      #expect(notes.contains("does not know left out: green") && notes.contains("no images of rote Dinge"))
      let blue = evaluation["details"]?.arrayValue?.first { $0["name"]?.stringValue == "blå" }?["scores"]
      #expect(blue?["samples"]?.doubleValue == 3 && blue?["correct"]?.doubleValue == 3)

      let asked = try Command.run(
        "predict", "--model", "model", "new/blå", "my photos/rote Dinge/0.png", "--json", in: folder)
      let predictions = try #require(asked.json()["predictions"]?.arrayValue)
      #expect(asked.status == 0 && predictions.count == 4)
      #expect(predictions.map { $0["class"]?.stringValue } == ["blå", "blå", "blå", "rote Dinge"])
      #expect(predictions[0]["name"]?.stringValue?.hasSuffix("new/blå/0.png") == true)
      let shares = predictions[0]["probabilities"]?.members?.compactMap(\.value.doubleValue) ?? []
      #expect(shares.count == 2 && abs(shares.reduce(0, +) - 1) < 1e-6)
      // A broken file is named, and the others are predicted all the same.
      let broken = try Command.run(
        "predict", "--model", "model", "my photos/blå/broken.jpg", "my photos/blå/1.png", in: folder)
      #expect(broken.status == 65 && broken.errors.contains("broken.jpg") && broken.output.contains("blå"))
      #expect(try Command.run("predict", "--model", "model", "none.jpg", in: folder).status == 66)

      #expect(try Command.run("summary", "model", in: folder).output.contains("LeNet5"))
      // Finished runs are not written over.
      #expect(try fit(["my photos", "--output", "model"] + quick, in: folder).status == 64)
      #expect(try Command.run("evaluate", "--model", "model", in: folder).status == 64)
      let other = try Command.run("evaluate", "--model", "model", "new", "--epochs", "3", in: folder)
      #expect(other.status == 64 && other.errors.contains("--epochs"))
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
      try expect(66, "no such file or folder", "none")
      try write(folder + "/one/cats/1.png", red: 1, blue: 1, seed: 1)
      try expect(64, "no kind of data that is known here", "one/cats/1.png")
      try expect(65, "of one class, \"cats\"", "one")
      try expect(65, "no class's folder", "one/cats")
      try FileManager.default.createDirectory(atPath: folder + "/empty", withIntermediateDirectories: true)
      try expect(65, "it is empty", "empty")
      try FileManager.default.createDirectory(atPath: folder + "/letters", withIntermediateDirectories: true)
      try AtomicFile.write("a", to: folder + "/letters/a.doc")
      try expect(65, "holds 1 .doc", "letters")
      for number in 0..<9 {
        try write("\(folder)/two/cats/\(number).png", red: 180, blue: 20, seed: UInt64(number))
        try write("\(folder)/two/dogs/\(number).png", red: 20, blue: 180, seed: UInt64(number + 50))
      }
      try expect(64, "no architecture \"NoNet\"", "two", "--architecture", "NoNet")
      try expect(64, "--target is not for", "two", "--target", "x")
      try expect(64, "--hidden is not for", "two", "--hidden", "5")
      try expect(64, "one of them", "two", "--data", "x.csv")
      try expect(64, "--files names a column", "two", "--files", "x")
      try AtomicFile.write("taken", to: folder + "/file")
      let run = try fit(["one", "--output", "file"], in: folder)
      #expect(run.status == 73)
    }
  }
}
