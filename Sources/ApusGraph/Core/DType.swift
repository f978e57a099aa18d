/// The type of a tensor's elements, chosen at run time.
///
/// `bfloat16` is a storage type: arithmetic on it is done in `float32` and rounded back.
public enum DType: UInt8, Sendable, Hashable, CaseIterable {
  case float32 = 0
  case float64 = 1
  case int32 = 2
  case int64 = 3
  case uint8 = 4
  case bool = 5
  case bfloat16 = 6
  case uint32 = 7

  /// Bytes taken by one element.
  public var byteSize: Int {
    switch self {
    case .float32, .int32, .uint32: 4
    case .float64, .int64: 8
    case .uint8, .bool: 1
    case .bfloat16: 2
    }
  }

  /// Whether the type holds real numbers, so that gradients flow through it.
  public var isFloating: Bool { self == .float32 || self == .float64 || self == .bfloat16 }

  /// Whether the type holds whole numbers (`bool` is not one).
  public var isInteger: Bool { self == .int32 || self == .int64 || self == .uint8 || self == .uint32 }
}

extension DType: CustomStringConvertible {
  /// The name of the case, such as `float32`.
  public var description: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .int32: "int32"
    case .int64: "int64"
    case .uint8: "uint8"
    case .bool: "bool"
    case .bfloat16: "bfloat16"
    case .uint32: "uint32"
    }
  }
}

/// A Swift type that can be the element of a tensor.
public protocol TensorScalar: Sendable {
  /// The run-time type that this Swift type stands for.
  static var dtype: DType { get }
}

extension Float: TensorScalar {
  /// `float32`
  public static var dtype: DType { .float32 }
}
extension Double: TensorScalar {
  /// `float64`
  public static var dtype: DType { .float64 }
}
extension Int32: TensorScalar {
  /// `int32`
  public static var dtype: DType { .int32 }
}
extension Int64: TensorScalar {
  /// `int64`
  public static var dtype: DType { .int64 }
}
extension Int: TensorScalar {
  /// `int64`: Swift's `Int` is 64 bits wide on every platform that Apus supports.
  public static var dtype: DType { .int64 }
}
extension UInt8: TensorScalar {
  /// `uint8`
  public static var dtype: DType { .uint8 }
}
extension UInt32: TensorScalar {
  /// `uint32`
  public static var dtype: DType { .uint32 }
}
extension Bool: TensorScalar {
  /// `bool`
  public static var dtype: DType { .bool }
}
