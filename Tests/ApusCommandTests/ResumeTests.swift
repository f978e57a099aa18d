import ApusIO
import Foundation
import Testing

/// Runs that are killed or interrupted, and go on.
@Suite struct ResumeTests {
  private static let arguments = [
    "fit", "--data", "t.csv", "--target", "size", "--epochs", "120", "--batch-size", "4",
    "--checkpoint-every", "7",
    "--seed", "3",
  ]

  private func digest(_ folder: String, _ run: String) throws -> String {
    try SHA256.hash(ofFile: "\(folder)/\(run)/model.safetensors")
  }

  /// Waits until a run has written a checkpoint, and a little longer.
  private func waitForCheckpoint(_ path: String, of process: Process, then seconds: Double) {
    let deadline = Date().addingTimeInterval(60)
    while !FileManager.default.fileExists(atPath: path), process.isRunning, Date() < deadline { usleep(2000) }
    usleep(UInt32(seconds * 1e6))
  }

  @Test(arguments: [0.0, 0.2]) func killedRunEndsWithTheSameWeights(delay: Double) throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let whole = try Command.start(Self.arguments + ["--output", "whole"], in: folder).process
      whole.waitUntilExit()
      #expect(whole.terminationStatus == 0)

      let broken = try Command.start(Self.arguments + ["--output", "broken"], in: folder).process
      waitForCheckpoint(folder + "/broken/checkpoint/network/training.safetensors", of: broken, then: delay)
      kill(broken.processIdentifier, SIGKILL)
      broken.waitUntilExit()
      let wasKilled = broken.terminationReason == .uncaughtSignal
      // On a machine so fast that the run was over, there is nothing to resume, and the weights are the same.
      #expect(wasKilled || FileManager.default.fileExists(atPath: folder + "/broken/result.json"))

      let resumed = try Command.run("fit", "--resume", "--output", "broken", in: folder)
      #expect(resumed.status == 0)
      #expect(try digest(folder, "broken") == digest(folder, "whole"))
    }
  }

  @Test func aFolderOfTheUsersOwnStays() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      try FileManager.default.createDirectory(
        atPath: folder + "/run/checkpoint", withIntermediateDirectories: true)
      try AtomicFile.write("mine", to: folder + "/run/checkpoint/notes.txt")
      let arguments = Self.arguments.map { $0 == "120" ? "2" : $0 }
      let refused = try Command.run(arguments + ["--output", "run"], in: folder)
      #expect(refused.status == 64 && refused.errors.contains("run/checkpoint"), "\(refused.errors)")
      let left = try FileManager.default.contentsOfDirectory(atPath: folder + "/run/checkpoint")
      #expect(left == ["notes.txt"])
    }
  }

  @Test func settingsOfAnotherVersionAreRefusedKindly() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/run", withIntermediateDirectories: true)
      try AtomicFile.write(
        #"{"photos": "/photos", "recipe": {"architecture": "ResNet9"}, "seed": 0}"#,
        to: folder + "/run/settings.json")
      let resumed = try Command.run("fit", "--resume", "--output", "run", in: folder)
      #expect(resumed.status == 65 && resumed.errors.contains("Begin a new run"), "\(resumed.errors)")
    }
  }

  @Test func interruptedRunSaysHowToGoOn() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let arguments = Self.arguments.map { $0 == "120" ? "100000" : $0 }
      let (process, _, errors) = try Command.start(arguments + ["--output", "run"], in: folder)
      waitForCheckpoint(folder + "/run/checkpoint/network/training.safetensors", of: process, then: 0)
      // After the first epoch there is a model.
      waitForCheckpoint(folder + "/run/model.safetensors", of: process, then: 0)
      kill(process.processIdentifier, SIGINT)
      process.waitUntilExit()
      #expect(process.terminationStatus == 130)
      let text = try String(contentsOf: errors, encoding: .utf8)
      #expect(text.contains("fit --resume --output run"))
      #expect(FileManager.default.fileExists(atPath: folder + "/run/checkpoint/network/training.safetensors"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/run/result.json"))
      // The best model so far can be used.
      let summary = try Command.run("summary", "run", in: folder)
      #expect(summary.status == 0 && summary.output.contains("Predicts"), "\(summary.errors)")
    }
  }
}
