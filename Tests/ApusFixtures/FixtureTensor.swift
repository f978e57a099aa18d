import Foundation

/// A stored array with its shape.
public struct FixtureTensor: Sendable, Equatable {
  /// The elements in row-major order, in the type they are stored in.
  public enum Values: Sendable, Equatable {
    case float32([Float])
    case int32([Int32])
    case bool([Bool])
  }

  /// The size of every axis; empty for a scalar.
  public let shape: [Int]
  /// The elements.
  public let values: Values

  /// The elements as floats, whatever they are stored as; bool becomes 0 and 1.
  public var floats: [Float] {
    switch values {
    case .float32(let values): values
    case .int32(let values): values.map(Float.init)
    case .bool(let values): values.map { $0 ? 1 : 0 }
    }
  }

  /// The elements as doubles: the same numbers, for a computation in float64.
  public var doubles: [Double] { floats.map(Double.init) }

  /// The elements as integers; floats are rounded toward zero.
  public var integers: [Int32] {
    if case .int32(let values) = values { return values }
    return floats.map { Int32($0) }
  }

  /// The elements as truth values: what is not zero is true.
  public var booleans: [Bool] {
    if case .bool(let values) = values { return values }
    return floats.map { $0 != 0 }
  }

  /// Whether the elements are floats, and so have gradients.
  public var isFloatingPoint: Bool {
    if case .float32 = values { true } else { false }
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  init(_ entry: [String: Attribute], in body: Data, path: String) throws {
    guard let shape = entry["shape"]?.integers, let offsets = entry["data_offsets"]?.integers,
      offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= body.count
    else { throw FixtureError("\(path) has a broken header entry") }
    let bytes = body[(body.startIndex + offsets[0])..<(body.startIndex + offsets[1])]
    self.shape = shape
    switch entry["dtype"]?.string {
    case "F32": values = .float32(Self.words(bytes).map(Float.init(bitPattern:)))
    case "I32": values = .int32(Self.words(bytes).map(Int32.init(bitPattern:)))
    case "BOOL": values = .bool(bytes.map { $0 != 0 })
    case let other: throw FixtureError("\(path) has the element type \(other ?? "none")")
    }
    let stored =
      switch values {
      case .float32(let values): values.count
      case .int32(let values): values.count
      case .bool(let values): values.count
      }
    guard stored == count else { throw FixtureError("\(path) holds \(stored) elements for shape \(shape)") }
  }

  private static func words(_ bytes: Data) -> [UInt32] {
    bytes.withUnsafeBytes { raw in
      (0..<raw.count / 4).map {
        UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
      }
    }
  }
}
