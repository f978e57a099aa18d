import ApusGraph
import ApusIO
import Foundation
import Testing

@testable import ApusData

/// Samples whose feature [2] is (index, -index) and whose class is given.
func toyDataset(labels: [Int32], classNames: [String]? = nil) throws -> ArrayDataset {
  let values = labels.indices.flatMap { [Float($0), -Float($0)] }
  return try ArrayDataset(
    Literal(values, shape: [labels.count, 2]), targets: Literal(labels, shape: [labels.count]),
    classNames: classNames)
}

extension Literal {
  var floats: [Float] { scalars(as: Float.self) }
}

/// The text of the error that `body` throws, or "" when it throws none.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return "\(error)"
  }
}

/// Runs `body` with the path of a fresh folder, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}
