import ApusIO
import ApusTestSupport
import Foundation
import Testing

/// What a run of the built command gave.
struct CommandRun {
  let status: Int32
  let output: String
  let errors: String

  /// Standard output as JSON.
  func json() throws -> JSON { try JSON(parsing: Array(output.utf8)) }

  /// A score of the test set in what `fit --json` or `result.json` says.
  static func score(_ name: String, in result: JSON) -> Double? {
    result["test"]?["metrics"]?[name]?["value"]?.doubleValue
  }
}

/// Runs the built command in a folder, as a user would.
enum Command {
  static var path: String {
    // Test bundles lie beside the products: in it on macOS, it on Linux.
    var folder = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).resolvingSymlinksInPath()
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.appendingPathComponent("apus")
      if FileManager.default.isExecutableFile(atPath: candidate.path), !isFolder(candidate.path) {
        return candidate.path
      }
    }
    return "apus"
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// Starts the command without waiting for it.
  static func start(_ arguments: [String], in folder: String, environment: [String: String] = [:]) throws -> (
    process: Process, output: URL, errors: URL
  ) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files, not pipes: nothing blocks, however much is written.
    let streams = [0, 1].map { _ in
      FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
    }
    for stream in streams { _ = FileManager.default.createFile(atPath: stream.path, contents: nil) }
    process.standardOutput = try FileHandle(forWritingTo: streams[0])
    process.standardError = try FileHandle(forWritingTo: streams[1])
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, streams[0], streams[1])
  }

  /// Runs the command to its end.
  static func run(
    _ arguments: String..., in folder: String = FileManager.default.temporaryDirectory.path,
    environment: [String: String] = [:]
  ) throws -> CommandRun { try run(arguments, in: folder, environment: environment) }

  /// Runs the command to its end.
  static func run(
    _ arguments: [String], in folder: String = FileManager.default.temporaryDirectory.path,
    environment: [String: String] = [:]
  ) throws -> CommandRun {
    let (process, output, errors) = try start(arguments, in: folder, environment: environment)
    process.waitUntilExit()
    defer {
      try? FileManager.default.removeItem(at: output)
      try? FileManager.default.removeItem(at: errors)
    }
    return CommandRun(
      status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }
}

/// Runs `body` with an empty folder that is gone afterwards.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  try withTemporaryFolder(body)
}

/// A file as JSON.
func json(ofFile path: String) throws -> JSON {
  try JSON(parsing: Array(try String(contentsOfFile: path, encoding: .utf8).utf8))
}

/// A table of flowers of two kinds that a straight line parts, and a number that is a sum.
func writeTable(to path: String, rows: Int = 60) throws {
  var text = "length,width,color,kind,size\n"
  for row in 0..<rows {
    let (length, width) = (Double(row % 10) / 2, Double(row % 7) / 3)
    let kind = length > width * 2 ? "aster" : "rose"
    text += "\(length),\(width),\(row % 3 == 0 ? "red" : "white"),\(kind),\(2 * length + width)\n"
  }
  try AtomicFile.write(text, to: path)
}
