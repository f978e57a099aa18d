import ApusData
import ApusIO
import Foundation
import Testing

/// Files of a person's own are never written over, and no run goes on with other data.
@Suite struct OverwritingTests {
  private let quick = ["--epochs", "2", "--hidden", "4"]

  @Test func aTableInTheFolderOfTheRunStays() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/log.csv")
      let before = try SHA256.hash(ofFile: folder + "/log.csv")
      let refused = try Command.run(
        ["fit", "--data", "log.csv", "--target", "size", "--output", "."] + quick, in: folder)
      #expect(
        refused.status == 64 && refused.errors.contains("log.csv: it is there already"), "\(refused.errors)")
      #expect(try SHA256.hash(ofFile: folder + "/log.csv") == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["log.csv"])
    }
  }

  @Test(arguments: [
    "model.safetensors", "result.json", "report.html", "settings.json", "log.csv", "examples", "run.lock",
  ])
  func somebodysFileIsNamed(name: String) throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      try FileManager.default.createDirectory(atPath: folder + "/m", withIntermediateDirectories: true)
      try AtomicFile.write("mine", to: folder + "/m/" + name)
      let refused = try Command.run(
        ["fit", "t.csv", "--target", "size", "--output", "m"] + quick, in: folder)
      #expect(refused.status == 64 && refused.errors.contains("m/\(name)"), "\(refused.errors)")
      #expect(!refused.errors.contains("Split"))
      #expect(try String(contentsOfFile: folder + "/m/" + name, encoding: .utf8) == "mine")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/m") == [name])
    }
  }

  @Test func aFileThatIsNotTheRunsStays() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let fit = try Command.run(["fit", "t.csv", "--target", "size", "--output", "."] + quick, in: folder)
      #expect(fit.status == 0, "\(fit.errors)")
      #expect(FileManager.default.fileExists(atPath: folder + "/t.csv"))
    }
  }

  /// Waits until a file is there, or the process is not.
  private func wait(for path: String, of process: Process) {
    let deadline = Date().addingTimeInterval(60)
    while !FileManager.default.fileExists(atPath: path), process.isRunning, Date() < deadline { usleep(2000) }
  }

  /// Begins a run that takes long, and kills it when it has written a checkpoint.
  private func begin(_ arguments: [String], in folder: String) throws {
    let process = try Command.start(
      ["fit"] + arguments + ["--epochs", "10000", "--checkpoint-every", "1", "--output", "run"], in: folder
    ).process
    wait(for: folder + "/run/checkpoint/network/training.safetensors", of: process)
    #expect(process.isRunning)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  @Test func twoProcessesNeverWriteToOneFolder() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      let arguments = ["fit", "t.csv", "--target", "size", "--epochs", "10000", "--output", "run"]
      let first = try Command.start(arguments, in: folder).process
      defer {
        kill(first.processIdentifier, SIGKILL)
        first.waitUntilExit()
      }
      wait(for: folder + "/run/settings.json", of: first)
      for second in [arguments, ["fit", "--resume", "--output", "run"]] {
        let refused = try Command.run(second, in: folder)
        #expect(
          refused.status == 64 && refused.errors.contains("process \(first.processIdentifier)"),
          "\(refused.errors)")
      }
      #expect(first.isRunning)
    }
  }

  @Test func aTableWithOtherTargetsIsNotGoneOnWith() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      try begin(["t.csv", "--target", "size", "--ignore", "kind"], in: folder)
      let table = try String(contentsOfFile: folder + "/t.csv", encoding: .utf8)
      let changed = table.split(separator: "\n").enumerated().map { $0 == 0 ? String($1) : "\($1)1" }
      try AtomicFile.write(changed.joined(separator: "\n") + "\n", to: folder + "/t.csv")
      let refused = try Command.run("fit", "--resume", "--output", "run", in: folder)
      #expect(refused.status == 65 && refused.errors.contains("targets differ"), "\(refused.errors)")
      try AtomicFile.write(table + "1,1,red,rose,3\n", to: folder + "/t.csv")
      let more = try Command.run("fit", "--resume", "--output", "run", "--json", in: folder)
      #expect(
        more.status == 65 && more.output.contains("there were 60 examples, there are 61"), "\(more.output)")
    }
  }

  @Test func aReplacedImageIsNotGoneOnWith() throws {
    try withFolder { folder in
      func write(_ path: String, _ seed: UInt64, red: Int) throws {
        try FileManager.default.createDirectory(
          atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        var random = PhiloxGenerator(seed: seed)
        let pixels = (0..<32 * 32).flatMap { _ in [UInt8(red), UInt8(random.uniform() * 200), 90] }
        try Image(width: 32, height: 32, channels: 3, pixels: pixels).writePNG(to: path)
      }
      for number in 0..<12 {
        try write("\(folder)/photos/a/\(number).png", UInt64(number), red: 10)
        try write("\(folder)/photos/b/\(number).png", UInt64(number + 100), red: 200)
      }
      try begin(["photos", "--architecture", "lenet5", "--side", "32"], in: folder)
      try write(folder + "/photos/a/3.png", 999, red: 12)
      let refused = try Command.run("fit", "--resume", "--output", "run", in: folder)
      #expect(
        refused.status == 65 && refused.errors.contains("the contents of inputs differ"), "\(refused.errors)")
      #expect(!refused.errors.contains("targets differ"))
    }
  }

  @Test func aDamagedCheckpointIsRefused() throws {
    try withFolder { folder in
      try writeTable(to: folder + "/t.csv")
      try begin(["t.csv", "--target", "size"], in: folder)
      let path = folder + "/run/checkpoint/network/training.safetensors"
      let whole = try FileReader(path: path)
      let bytes = try whole.bytes(at: 0, count: whole.byteCount)
      for damaged in [Array(bytes.prefix(bytes.count / 2)), Array("nothing".utf8)] {
        try AtomicFile.write(damaged, to: path)
        let refused = try Command.run("fit", "--resume", "--output", "run", in: folder)
        #expect(refused.status == 65 && refused.errors.contains("training.safetensors"), "\(refused.errors)")
        #expect(!refused.errors.contains("Fatal"))
      }
    }
  }
}
