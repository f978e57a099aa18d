import Foundation

/// Runs programs: what they said and how they ended.
enum Probe {
  struct Outcome {
    let output: String
    let status: Int32
    let wasKilled: Bool
  }

  /// Runs `ApusRunProbe`, which lies where the tests' own executable does.
  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    var folders = [URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()]
    if let executable = Bundle.main.executableURL { folders.append(executable.deletingLastPathComponent()) }
    #if os(macOS)
      folders += Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    #endif
    let programs = folders.map { $0.appending(path: "ApusRunProbe") }
    guard let program = programs.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) })
    else {
      throw CocoaError(.fileNoSuchFile)
    }
    return try run(program: program, arguments, environment: environment)
  }

  static func run(
    program: URL, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(
      output: output, status: process.terminationStatus,
      wasKilled: process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
  }
}
