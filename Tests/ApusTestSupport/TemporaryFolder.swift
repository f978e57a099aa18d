import Foundation

/// Runs `body` with the path of an empty folder, which is removed afterwards.
/// - Parameter body: What is done with the folder.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws, and an error where no folder can be made.
public func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = try makeTemporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// Runs `body` with the path of an empty folder, which is removed afterwards.
/// - Parameter body: What is done with the folder.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws, and an error where no folder can be made.
public func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let folder = try makeTemporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder.path)
}

/// A path for a file that nothing else uses; nothing is made there.
/// - Parameter name: How the path ends.
/// - Returns: The path.
public func temporaryPath(_ name: String = "") -> String {
  FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)\(name)").path
}

private func makeTemporaryFolder() throws -> URL {
  let folder = URL(fileURLWithPath: temporaryPath())
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}
