import ApusGraph
import ApusIO
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

/// Reads an image cut anywhere, which must fail below `neededByteCount` bytes, and with each byte changed by each
/// mask: an error or an image, never a crash.
func expectDamageToBeSurvived(_ bytes: [UInt8], neededByteCount: Int, masks: [UInt8]) {
  func attempt(_ damaged: [UInt8], mustThrow: Bool) {
    do {
      _ = try Image(MemorySource(damaged, path: "damaged"), pixelLimit: 1 << 20)
      if mustThrow { Issue.record("accepted \(damaged.count) of \(bytes.count) bytes") }
    } catch is FileError {
      // What is asked for.
    } catch {
      Issue.record("threw \(type(of: error))")
    }
  }
  for count in bytes.indices { attempt(Array(bytes[..<count]), mustThrow: count < neededByteCount) }
  for index in bytes.indices {
    for mask in masks {
      var damaged = bytes
      damaged[index] ^= mask
      attempt(damaged, mustThrow: false)
    }
  }
}
