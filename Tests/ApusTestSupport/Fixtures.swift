import Foundation

/// The path of a file in Tests/Fixtures.
/// - Parameter name: The path below that folder.
/// - Returns: The whole path.
public func fixturePath(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/\(name)").path
}
