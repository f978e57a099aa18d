import ApusFixtures
import Foundation
import Testing

/// Runs the program `ApusTrainProbe`, which trains with checkpoints, and really kills it.
@Suite struct KillTests {
  /// Runs to the end, or until the program has announced so many batches and `delay` seconds have passed.
  /// - Returns: Batches announced, and the exit status if it was not killed.
  private func run(
    _ folder: String, killedAfter batches: Int? = nil, delay: Double = 0
  ) throws -> (batches: Int, status: Int32?) {
    let process = Process()
    process.executableURL = try BuiltProgram.file("ApusTrainProbe")
    process.arguments = [folder, folder + "/weights.safetensors", "2"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    var count = 0
    while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
      count += data.count { $0 == UInt8(ascii: "\n") }
      guard let batches, count >= batches else { continue }
      Thread.sleep(forTimeInterval: delay)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      return (count, nil)
    }
    process.waitUntilExit()
    return (count, process.terminationStatus)
  }

  @Test func resumesToTheSameBits() async throws {
    try await withFolder { folder in
      let whole = folder + "/whole"
      try FileManager.default.createDirectory(atPath: whole, withIntermediateDirectories: true)
      #expect(try run(whole) == (40, 0))
      let expected = try Data(contentsOf: URL(filePath: whole + "/weights.safetensors"))

      // Before the first checkpoint, in the middle of epochs, at their ends; and once several times in one
      // run.
      for (number, kills) in [[1], [9], [10], [23], [39], [3, 8, 5, 12]].enumerated() {
        let broken = folder + "/broken\(number)"
        try FileManager.default.createDirectory(atPath: broken, withIntermediateDirectories: true)
        var seen = 0
        for (turn, batches) in kills.enumerated() {
          let result = try run(broken, killedAfter: batches, delay: Double(turn * 7 % 3) * 0.002)
          #expect(result.status == nil)
          seen += result.batches
        }
        let last = try run(broken)
        #expect(last.status == 0)
        // Some batches are trained on again, but far from all.
        #expect(seen + last.batches < 40 + 8 * kills.count)
        let bits = try Data(contentsOf: URL(filePath: broken + "/weights.safetensors"))
        #expect(bits == expected, "killed after \(kills) batches")
      }
    }
  }
}
