import ApusIO
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTasks

@Suite struct RunFolderTests {
  @Test(arguments: [
    "model.safetensors", "report.html", "result.json", "settings.json", "checkpoint", "candidates",
    "run.lock",
  ])
  func refusesToWriteOver(_ name: String) throws {
    try withTemporaryFolder { path in
      let folder = RunFolder(path: path + "/")
      #expect(folder.path == path)
      try folder.requireFree()
      let file = path + "/" + name
      try "mine".write(toFile: file, atomically: true, encoding: .utf8)
      #expect(message { try folder.requireFree() }.contains(file))
      // A link to nothing would be written over as well.
      try FileManager.default.removeItem(atPath: file)
      try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: path + "/nowhere")
      #expect(message { try folder.requireFree() }.contains(file))
      try FileManager.default.removeItem(atPath: file)
      try "mine".write(toFile: path + "/notes.txt", atomically: true, encoding: .utf8)
      try folder.requireFree()
    }
  }

  @Test func namesWhatCannotBeMade() throws {
    try withTemporaryFolder { path in
      try "a file".write(toFile: path + "/file", atomically: true, encoding: .utf8)
      #expect(message { try RunFolder(path: path + "/file/run").create() }.contains(path + "/file/run"))
    }
  }

  @Test func oneHolderAtATimeAndToldWho() throws {
    try withTemporaryFolder { path in
      let folder = RunFolder(path: path)
      let lock = try RunLock(folder)
      let text = message { _ = try RunLock(folder) }
      #expect(text.contains("process \(getpid())") && text.contains(path), "\(text)")
      lock.release()
      #expect(!FileManager.default.fileExists(atPath: path + "/run.lock"))
      // What a killed process left is no obstacle.
      try "process 1, since 2026-01-01T00:00:00Z\n".write(
        toFile: path + "/run.lock", atomically: true, encoding: .utf8)
      try folder.requireFree()
      try RunLock(folder).release()
    }
  }
}
