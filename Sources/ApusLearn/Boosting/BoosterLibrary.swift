import ApusData
import ApusIO
import Foundation

/// A shared library of gradient boosting, which is looked for when it is first used: nothing links against it.
struct BoosterLibrary: @unchecked Sendable {
  // A handle of the dynamic linker, which is never closed: it may be used from any thread.
  private let handle: UnsafeMutableRawPointer
  private let name: String

  /// Finds and opens a library.
  /// - Parameters:
  ///   - name: What people call it.
  ///   - variable: An environment variable that names a file.
  ///   - candidates: Paths below a folder of libraries of the data home, and names that the dynamic linker knows.
  /// - Throws: `DataError` that says how to get it.
  init(_ name: String, variable: String, candidates: [String]) throws {
    let environment = ProcessInfo.processInfo.environment
    let home = DataHome()
    let asked = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    let paths =
      asked.map { [$0] }
      ?? candidates.flatMap { path in
        path.contains("/") ? home.folders(of: .libraries, named: path) : [path]
      }
    for path in paths {
      guard !path.contains("/") || FileManager.default.fileExists(atPath: path) else { continue }
      if let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) {
        (self.handle, self.name) = (handle, name)
        return
      }
    }
    throw DataError(
      .setting,
      asked.map { "the library of \(name) named by \(variable), \($0), cannot be opened" }
        ?? "the library of \(name) is not installed",
      advice: "Fetch it by scripts/boosters, or choose another estimator.")
  }

  /// A function of the library.
  /// - Throws: `DataError` for a library that lacks it.
  func function<Function>(_ symbol: String, as type: Function.Type) throws -> Function {
    guard let address = dlsym(handle, symbol) else {
      throw DataError(
        .setting, "the library of \(name) has no function \(symbol)",
        advice: "Fetch the version that Apus knows by scripts/boosters.")
    }
    return unsafeBitCast(address, to: type)
  }
}
