import ApusIO
import Foundation
import Testing

@Suite struct ProfileTests {
  @Test func trainingIsProfiledAndTraced() throws {
    try withFolder { folder in
      let run = try Command.run(
        "profile", "--architecture", "perceptron", "--hidden", "8", "--train", "--batch-size", "4", "--steps",
        "3", "--trace", "t.json", "--top", "100", "--json", in: folder)
      #expect(run.status == 0)
      let result = try run.json()
      #expect(result["mode"]?.stringValue == "train")
      let rows = try #require(result["rows"]?.arrayValue)
      #expect(rows.contains { $0["kernel"]?.stringValue == "matmul" && $0["calls"]?.integerValue == 3 })
      #expect(rows.contains { $0["origin"]?.stringValue?.contains("layer '1'") == true })

      // The trace says the same as the run.
      let again = try Command.run("profile", "t.json", "--top", "100", "--json", in: folder)
      #expect(again.status == 0)
      let read = try #require(try again.json()["rows"]?.arrayValue)
      func calls(_ rows: [JSON]) -> [String: Int] {
        Dictionary(
          rows.map { ("\($0["program"]!) \($0["step"]!) \($0["kernel"]!)", $0["calls"]?.integerValue ?? 0) },
          uniquingKeysWith: +)
      }
      #expect(calls(read) == calls(rows))
      let byLayer = try Command.run("profile", "t.json", "--by", "layer", in: folder)
      #expect(byLayer.output.contains("of roofline"))
      #expect(byLayer.output.contains("layer '1'"))
    }
  }

  @Test func predictionsOfASavedModelAreProfiledInAnyProcess() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let fit = try Command.run(
        "fit", "--data", "t.csv", "--target", "kind", "--epochs", "1", "--hidden", "6", "--output", "run",
        in: folder, environment: ["APUS_PROFILE": "whole.json"])
      #expect(fit.status == 0)
      let whole = try Command.run("profile", "whole.json", "--by", "kernel", in: folder)
      #expect(whole.status == 0)
      #expect(whole.output.contains("matmul"))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { !$0.hasSuffix(".tmp") })

      let profile = try Command.run("profile", "run", "--batch-size", "5", "--steps", "2", in: folder)
      #expect(profile.status == 0)
      #expect(profile.output.contains("2 predictions of 5 samples"))
    }
  }

  @Test(arguments: [
    ["profile"], ["profile", "m", "--architecture", "perceptron"], ["profile", "--architecture", "rnn"],
    ["profile", "--architecture", "perceptron", "--steps", "0"], ["profile", "t.json", "--train"],
    ["profile", "t.json", "--by", "colour"],
  ])
  func wrongUsage(arguments: [String]) throws {
    let (process, _, errors) = try Command.start(
      arguments, in: FileManager.default.temporaryDirectory.path)
    process.waitUntilExit()
    #expect(process.terminationStatus == 64)
    #expect(try !String(contentsOf: errors, encoding: .utf8).isEmpty)
  }

  @Test(arguments: [
    "", "{}", "[1, 2", "{\"otherData\":{\"apus_profile\":1},\"traceEvents\":[]}",
    "{\"otherData\":{\"apus_profile\":1,\"operations_per_second\":1.0,\"bytes_per_second\":1.0},"
      + "\"traceEvents\":[{\"cat\":\"step\",\"name\":\"x\",\"args\":{},\"ts\":0,\"dur\":1}]}",
  ])
  func whatIsNoTrace(text: String) throws {
    try withFolder { folder in
      try AtomicFile.write(text, to: folder + "/t.json")
      let run = try Command.run("profile", "t.json", in: folder)
      #expect(run.status == 65)
      #expect(run.errors.contains("t.json is no trace"))
    }
    #expect(try Command.run("profile", "/nowhere/t.json").status == 66)
  }
}
