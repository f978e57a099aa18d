import ApusData
import Foundation

/// Runs `body` with an empty folder that is gone afterwards.
func withPhotoFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "apus-photos-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// Runs `body` with an empty folder that is gone afterwards.
func withPhotoFolder<Result: Sendable>(_ body: (String) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "apus-photos-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder.path)
}

/// Writes a small PNG whose pixels depend on all numbers; returns its path.
@discardableResult
func writePhoto(to path: String, hue: Int, width: Int = 40, height: Int = 40, noise: UInt64 = 0) throws
  -> String
{
  try FileManager.default.createDirectory(
    atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
  var random = PhiloxGenerator(seed: noise &+ UInt64(hue) << 32, operation: 0)
  var pixels: [UInt8] = []
  for row in 0..<height {
    for column in 0..<width {
      let grain = Int(random.uniform() * 64)
      pixels += [
        UInt8((row * 3 + hue * 40 + grain) % 256), UInt8((column * 3 + hue * 17 + grain) % 256),
        UInt8((hue * 91 + grain) % 256),
      ]
    }
  }
  try Image(width: width, height: height, channels: 3, pixels: pixels).writePNG(to: path)
  return path
}

/// A path for a file that nothing else uses.
func temporaryWeights() -> String {
  FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString).safetensors").path
}

/// Removes a file if it is there.
func removeFile(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
