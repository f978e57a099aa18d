import Foundation

/// A program of this package; it lies where the tests' own executable does.
public enum BuiltProgram {
  /// Where a program lies.
  public static func file(_ name: String) throws -> URL {
    var folders = [URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()]
    if let executable = Bundle.main.executableURL { folders.append(executable.deletingLastPathComponent()) }
    #if os(macOS)
      folders += Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    #endif
    for folder in folders {
      let program = folder.appending(path: name)
      if FileManager.default.isExecutableFile(atPath: program.path) { return program }
    }
    throw CocoaError(.fileNoSuchFile)
  }

  /// Runs a program to its end: what it printed and its exit status.
  public static func run(_ name: String, _ arguments: String...) throws -> (output: String, status: Int32) {
    let process = Process()
    process.executableURL = try file(name)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (output, process.terminationStatus)
  }
}
