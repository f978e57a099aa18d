import ApusIO
import Foundation
import Testing

/// Tables from training to prediction, through the built command.
@Suite struct TableTests {
  @Test func classification() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let fit = try Command.run(
        "fit", "--data", "t.csv", "--target", "kind", "--ignore", "size", "--epochs", "40", "--hidden", "16",
        "--batch-size", "8", "--output", "run", "--json", in: folder)
      #expect(fit.status == 0)
      let result = try fit.json()
      #expect(result["task"]?.stringValue == "classification")
      #expect(result["settings"]?["target"]?.stringValue == "kind")
      let accuracy = try #require(result["metrics"]?["accuracy"]?.doubleValue)
      #expect(accuracy >= 0.75)
      // The digest is that of the file, so that anybody can check it.
      let digest = try SHA256.hash(ofFile: folder + "/run/model.safetensors")
      #expect(result["weights_sha256"]?.stringValue == digest)
      let written = try String(contentsOfFile: folder + "/run/result.json", encoding: .utf8)
      #expect(try JSON(parsing: Array(written.utf8)) == result)
      #expect(!FileManager.default.fileExists(atPath: folder + "/run/checkpoint"))

      let again = try Command.run(
        "evaluate", "--model", "run", "--data", "t.csv", "--json", in: folder)
      #expect(again.status == 0)
      #expect(try again.json()["metrics"]?["samples"]?.integerValue == 60)

      try AtomicFile.write("length,width,colour\n4.5,0.1,red\n0,2,white\n", to: folder + "/new.csv")
      let predictions = try Command.run("predict", "--model", "run", "new.csv", "--json", in: folder).json()
      let classes = predictions["predictions"]?.arrayValue?.compactMap { $0["class"]?.stringValue }
      #expect(classes == ["aster", "rose"])
      for entry in predictions["predictions"]?.arrayValue ?? [] {
        let sum = entry["probabilities"]?.members?.reduce(0) { $0 + ($1.value.doubleValue ?? .nan) }
        #expect(abs((sum ?? 0) - 1) < 1e-5)
      }
      let summary = try Command.run("summary", "run", "--json", in: folder).json()
      #expect(summary["classes"]?.arrayValue?.compactMap(\.stringValue) == ["aster", "rose"])
      #expect(summary["weights"]?.integerValue == 4 * 16 + 16 + 16 * 2 + 2)
    }
  }

  @Test func regressionBeatsTheMean() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let fit = try Command.run(
        "fit", "--data", "t.csv", "--target", "size", "--ignore", "kind", "--epochs", "30", "--batch-size",
        "8",
        "--output", "run", "--json", in: folder)
      let metrics = try #require(fit.json()["metrics"])
      let error = try #require(metrics["mean_absolute_error"]?.doubleValue)
      let baseline = try #require(metrics["baseline_mean_absolute_error"]?.doubleValue)
      #expect(error < baseline / 2)
      let page = try String(contentsOfFile: folder + "/run/report.html", encoding: .utf8)
      #expect(page.contains("Errors and R²"))
      // A row for which nothing but the target is missing.
      try AtomicFile.write("length,width,colour\n3,1,red\n", to: folder + "/new.csv")
      let answer = try Command.run("predict", "--model", "run", "new.csv", "--json", in: folder).json()
      let size = try #require(answer["predictions"]?.arrayValue?.first?["size"]?.doubleValue)
      #expect(abs(size - 7) < baseline)
    }
  }

  @Test func rowsWithoutATargetAreLeftOutAloud() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let table = try String(contentsOfFile: folder + "/t.csv", encoding: .utf8)
      // At the beginning, so that the rows that are left are not the table's first.
      let lines = table.split(separator: "\n")
      let text = ([lines[0], "1,1,red,aster,", "2,1,,rose,"] + lines.dropFirst()).joined(separator: "\n")
      try AtomicFile.write(text, to: folder + "/t.csv")
      let fit = try Command.run(
        "fit", "--data", "t.csv", "--target", "size", "--epochs", "1", "--output", "run", in: folder)
      #expect(fit.status == 0)
      #expect(fit.errors.contains("2 rows without a value of size"))
      #expect(fit.errors.contains("48 samples to learn from, 12 to test with"))
    }
  }

  @Test func placesThatCannotBeWrittenTo() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let fit = try Command.run(
        "fit", "--data", "t.csv", "--target", "size", "--output", "t.csv", in: folder)
      #expect(fit.status == 73)
      #expect(fit.errors.contains("--output"))
    }
  }

  @Test func runsAreNeverOverwritten() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let arguments = ["fit", "--data", "t.csv", "--target", "kind", "--epochs", "1", "--output", "run"]
      func status(_ more: [String]) throws -> Int32 {
        let process = try Command.start(arguments + more, in: folder).process
        process.waitUntilExit()
        return process.terminationStatus
      }
      #expect(try status([]) == 0)
      let digest = try SHA256.hash(ofFile: folder + "/run/model.safetensors")
      #expect(try status([]) == 64)
      #expect(try status(["--seed", "7", "--resume"]) == 64)
      // What is finished is not done again.
      #expect(try status(["--resume"]) == 0)
      #expect(try SHA256.hash(ofFile: folder + "/run/model.safetensors") == digest)
    }
  }

  @Test func truncatedModel() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let fit = try Command.run(
        "fit", "--data", "t.csv", "--target", "kind", "--epochs", "1", "--output", "run", in: folder)
      #expect(fit.status == 0)
      let whole = try FileReader(path: folder + "/run/model.safetensors")
      for count in [whole.byteCount - 1, whole.byteCount / 2, 100, 7, 0] {
        try AtomicFile.write(whole.bytes(at: 0, count: count), to: folder + "/cut.safetensors")
        let run = try Command.run(
          "evaluate", "--model", "cut.safetensors", "--data", "t.csv", "--json", in: folder)
        #expect(run.status == 65)
        #expect(try run.json()["error"]?["kind"]?.stringValue == "data")
      }
    }
  }
}
