import ApusIO
import ApusTestSupport
import Foundation
import Testing

@testable import ApusStudy

@Suite struct JournalTests {
  private func write(_ path: String, trials: Int) async throws {
    let study = try Study("s", storage: .journal(path), sampler: .random(seed: 1))
    try await study.run(trials: trials) { try $0.float("x", in: 0...1) }
  }

  @Test func anUnfinishedLineIsCutOffAndSaid() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/j"
      try await write(path, trials: 2)
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(#"{"event":"sta"#.utf8))
      let study = try Study("s", storage: .journal(path), sampler: .random(seed: 1))
      #expect(study.notes.count == 1)
      #expect(study.notes.first?.contains(":6: an unfinished record of 13 bytes") == true)
      try await study.run(trials: 1) { try $0.float("x", in: 0...1) }
      #expect(try study.trials().map(\.state) == [.complete, .complete, .complete])
    }
  }

  @Test func aDamagedLineIsNamed() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/j"
      try await write(path, trials: 1)
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try ("nonsense\n" + text).write(toFile: path, atomically: false, encoding: .utf8)
      let said = message {
        _ = try Study("s", storage: .journal(path), sampler: .random(seed: 1))
      }
      #expect(said.contains("\(path):1: corrupt: a record of a study was expected"))
    }
  }

  @Test func anotherStudyIsRefused() async throws {
    try await withTemporaryFolder { folder in
      try await write(folder + "/j", trials: 1)
      #expect(throws: StudyError.self) {
        try Study("t", storage: .journal(folder + "/j"), sampler: .random(seed: 1))
      }
    }
  }

  private func start(_ path: String, total: Int, pause: Int) throws -> Process {
    let process = Process()
    var folders = [URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()]
    if let executable = Bundle.main.executableURL { folders.append(executable.deletingLastPathComponent()) }
    #if os(macOS)
      folders += Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    #endif
    let programs = folders.map { $0.appending(path: "ApusStudyProbe") }
    let found = programs.first { FileManager.default.isExecutableFile(atPath: $0.path) }
    let program: URL = try #require(found)
    process.executableURL = program
    process.arguments = [path, "\(total)", "\(pause)"]
    try process.run()
    return process
  }

  private func trials(_ path: String) throws -> [TrialRecord] {
    try Study("probe", storage: .journal(path), sampler: .tpe(seed: 7)).trials()
  }

  @Test func ofFourProcessesOneMayDie() async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/j"
      let processes = try (0..<4).map { _ in try start(path, total: 60, pause: 10) }
      while ((try? trials(path).count) ?? 0) < 12 { try await Task.sleep(nanoseconds: 5_000_000) }
      kill(processes[1].processIdentifier, SIGKILL)
      for process in processes { process.waitUntilExit() }
      // What the dead one worked on may be found only after the others have ended.
      try start(path, total: 60, pause: 0).waitUntilExit()
      let trials = try trials(path)
      #expect(trials.map(\.number) == Array(0..<60))
      #expect(trials.allSatisfy { $0.state == .complete })
      let ends = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        .count { $0.contains(#""event":"end""#) }
      #expect(ends == 60)
    }
  }

  @Test func killedAnywhereItComesToTheSame() async throws {
    try await withTemporaryFolder { folder in
      let straight = folder + "/straight", path = folder + "/killed"
      try start(straight, total: 30, pause: 0).waitUntilExit()
      for count in [1, 7, 13, 20] {
        let process = try start(path, total: 30, pause: 8)
        while ((try? trials(path).count) ?? 0) < count { try await Task.sleep(nanoseconds: 3_000_000) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
      try start(path, total: 30, pause: 0).waitUntilExit()
      let expected = try trials(straight)
      #expect(expected.count == 30)
      #expect(try trials(path) == expected)
    }
  }
}
