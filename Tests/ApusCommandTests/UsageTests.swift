import ApusData
import ApusIO
import Foundation
import Testing

/// Help, and what happens when the command line or a file is wrong.
@Suite struct UsageTests {
  static let commands = ["demo", "fit", "evaluate", "predict", "summary", "profile", "datasets", "models"]

  @Test(arguments: commands) func helpTeaches(command: String) throws {
    let help = try Command.run(command, "--help")
    #expect(help.status == 0)
    #expect(help.output.contains("USAGE: apus \(command)"))
    #expect(help.output.contains("--json"))
  }

  @Test func helpNamesCommandsAndExitStatus() throws {
    let help = try Command.run("--help")
    #expect(help.status == 0)
    for command in Self.commands { #expect(help.output.contains("\n  \(command) ")) }
    for code in ["64", "65", "66", "70", "73", "130"] { #expect(help.output.contains(code)) }
  }

  @Test(arguments: [
    ["fitt"], ["fit", "--epochs", "many"], ["fit"], ["fit", "--dataset", "cats"],
    ["fit", "--recipes", "0", "x.csv"],
    ["fit", "--dataset", "mnist", "--data", "x.csv"], ["fit", "--dataset", "mnist", "--epochs", "0"],
    ["fit", "--dataset", "mnist", "--learning-rate", "-1"], ["fit", "--dataset", "mnist", "--hidden", "5,x"],
    ["fit", "--dataset", "mnist", "--side", "4"], ["fit", "--dataset", "mnist", "--checkpoint-every", "0"],
    ["predict", "--model", "m"], ["evaluate"],
  ])
  func wrongUsage(arguments: [String]) throws {
    let (process, output, errors) = try Command.start(
      arguments, in: FileManager.default.temporaryDirectory.path)
    process.waitUntilExit()
    #expect(process.terminationStatus == 64)
    #expect(try String(contentsOf: output, encoding: .utf8).isEmpty)
    #expect(try !String(contentsOf: errors, encoding: .utf8).isEmpty)
  }

  #if os(Linux)
    @Test(
      .disabled(
        if: ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"].contains { ProcessInfo.processInfo.environment[$0] != nil }),
      arguments: [[:], ["GOMP_SPINCOUNT": "77"]])
    func threadsWaitForLessLongUnlessAskedTo(environment: [String: String]) throws {
      // libgomp prints what it goes by.
      let more = ["OMP_DISPLAY_ENV": "VERBOSE", "OLDPWD": "/"]
      let run = try Command.run("--help", environment: environment.merging(more) { $1 })
      #expect(run.errors.contains("GOMP_SPINCOUNT = '\(environment["GOMP_SPINCOUNT"] ?? "10000")'"))
    }
  #endif

  @Test func wrongUsageAsJSON() throws {
    let run = try Command.run("fit", "--dataset", "cats", "--json")
    let error = try run.json()["error"]
    #expect(run.status == 64)
    #expect(error?["code"]?.integerValue == 64)
    #expect(error?["kind"]?.stringValue == "usage")
    #expect(error?["message"]?.stringValue?.contains("fashion-mnist") == true)
    #expect(run.errors.isEmpty)
  }

  @Test func missingFiles() throws {
    #expect(try Command.run("summary", "/nowhere/model.safetensors").status == 66)
    #expect(try Command.run("predict", "--model", "/nowhere/m", "a.png").status == 66)
    #expect(try Command.run("fit", "--data", "/nowhere/t.csv", "--target", "x").status == 66)
    try withFolder { folder in
      let newest = try Command.run("fit", "--resume", in: folder)
      #expect(newest.status == 66)
      let named = try Command.run("fit", "--resume", "--output", folder, in: folder)
      #expect(named.status == 66)
    }
    let missing = try Command.run("fit", "--dataset", "mnist", environment: ["APUS_DATA": "/nowhere"])
    #expect(missing.status == 66)
    #expect(missing.errors.contains("/nowhere/mnist"))
  }

  @Test func unknownColumn() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let run = try Command.run("fit", "--data", "t.csv", "--target", "weight", in: folder)
      #expect(run.status == 64 || run.status == 65)
      #expect(run.errors.contains("weight"))
      #expect(run.errors.contains("length"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/runs"))
      let unnamed = try Command.run("fit", "t.csv", in: folder)
      #expect(unnamed.status == 64 && unnamed.errors.contains("--target") && unnamed.errors.contains("width"))
    }
  }

  @Test func fileThatIsNoModel() throws {
    try withFolder { folder in
      try AtomicFile.write("not a model at all", to: folder + "/m.safetensors")
      for arguments in [["summary", "m.safetensors"], ["evaluate", "--model", "m.safetensors"]] {
        let (process, _, errors) = try Command.start(arguments, in: folder)
        process.waitUntilExit()
        #expect(process.terminationStatus == 65)
        #expect(try String(contentsOf: errors, encoding: .utf8).contains("m.safetensors"))
      }
    }
  }

  @Test func datasetsAsJSON() throws {
    let list = try Command.run("datasets", "--json").json()["datasets"]?.arrayValue
    #expect(list?.compactMap { $0["name"]?.stringValue } == ["fashion-mnist", "mnist"])
  }
}
