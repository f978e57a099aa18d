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
      #expect(result["schema"]?.integerValue == 2)
      #expect(result["task"]?.stringValue == "classification" && result["recipe"]?.stringValue == "mlp")
      let accuracy = try #require(CommandRun.score("accuracy", in: result))
      #expect(accuracy >= 0.75)
      // The digest is that of the file, so that anybody can check it.
      let digest = try SHA256.hash(ofFile: folder + "/run/model.safetensors")
      #expect(result["sha256"]?.stringValue == digest)
      #expect(try json(ofFile: folder + "/run/result.json") == result)
      let log = try String(contentsOfFile: folder + "/run/log.csv", encoding: .utf8).split(separator: "\n")
      #expect(
        log.count == 41 && log[0].hasPrefix("phase,epoch,learning_rate,seconds,")
          && log[0].contains("val_loss"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/run/checkpoint"))

      let again = try Command.run(
        "evaluate", "--model", "run", "--data", "t.csv", "--json", in: folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(try again.json()["evaluation"]?["samples"]?.integerValue == 60)

      try AtomicFile.write("length,width,color\n4.5,0.1,red\n0,2,white\n", to: folder + "/new.csv")
      let predictions = try Command.run("predict", "--model", "run", "new.csv", "--json", in: folder).json()
      let classes = predictions["predictions"]?.arrayValue?.compactMap { $0["class"]?.stringValue }
      #expect(classes == ["aster", "rose"])
      for entry in predictions["predictions"]?.arrayValue ?? [] {
        let sum = entry["probabilities"]?.members?.reduce(0) { $0 + ($1.value.doubleValue ?? .nan) }
        #expect(abs((sum ?? 0) - 1) < 1e-5)
      }
      let summary = try Command.run("summary", "run", "--json", in: folder).json()
      #expect(summary["classes"]?.stringValue == "aster, rose")
      #expect(summary["parameters"]?.integerValue == 4 * 16 + 16 + 16 * 2 + 2)
    }
  }

  @Test func regressionBeatsTheMean() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let fit = try Command.run(
        "fit", "--data", "t.csv", "--target", "size", "--ignore", "kind", "--epochs", "30", "--batch-size",
        "8",
        "--output", "run", "--json", in: folder)
      let result = try fit.json()
      let error = try #require(CommandRun.score("mean_absolute_error", in: result))
      let baseline = try #require(CommandRun.score("baseline_mean_absolute_error", in: result))
      #expect(error < baseline / 2)
      let page = try String(contentsOfFile: folder + "/run/report.html", encoding: .utf8)
      #expect(page.contains("Mean absolute error"))
      // A row for which nothing but the target is missing.
      try AtomicFile.write("length,width,color\n3,1,red\n", to: folder + "/new.csv")
      let predicted = try Command.run("predict", "--model", "run", "new.csv", "--json", in: folder).json()
      let size = try #require(predicted["predictions"]?.arrayValue?.first?["numbers"]?["size"]?.doubleValue)
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
      #expect(
        fit.errors.contains("2 examples without a known target left out") && fit.errors.contains("t.csv:2"))
      #expect(fit.errors.contains("Split: 38 training, 10 validation, 12 test"), "\(fit.errors)")
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
      #expect(try Command.run("fit", "--resume", "--output", "run", in: folder).status == 0)
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
