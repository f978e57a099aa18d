import Foundation

/// A program of this package; it lies where the tests' own executable does.
func builtProgram(_ name: String) throws -> URL {
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
