import ApusGraph

/// Numbers written out in a program: `[[1, 2], [3, 4]]`, to any depth. What a tensor is made of where an array
/// literal stands for a tensor.
public struct TensorLiteral: Sendable, ExpressibleByArrayLiteral, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral
{
  private let numbers: [Number]
  private let shape: Shape
  /// Why the rows do not make a tensor.
  private let problem: String?

  /// A single real number.
  public init(floatLiteral value: Double) { (numbers, shape, problem) = ([.floating(value)], .scalar, nil) }

  /// A single whole number.
  public init(integerLiteral value: Int64) { (numbers, shape, problem) = ([.integer(value)], .scalar, nil) }

  /// Rows of equal shapes.
  public init(arrayLiteral elements: TensorLiteral...) { self.init(rows: elements) }

  init(rows: [TensorLiteral]) {
    let first = rows.first?.shape ?? .scalar
    let ragged = rows.first { $0.shape != first }
    problem =
      rows.lazy.compactMap(\.problem).first
      ?? ragged.map { "one row has shape \(first) and another \($0.shape)" }
    numbers = rows.flatMap(\.numbers)
    shape = rows.isEmpty ? Shape([0]) : Shape([rows.count] + first.dimensions)
  }

  func value(_ dtype: DType) throws(GraphError) -> Value {
    if let problem {
      throw GraphError(.shape, "literal", problem, advice: "all rows must be equally long")
    }
    return .constant(try Literal(numbers, shape: shape, dtype: dtype, operation: "literal"))
  }
}

// Single numbers are no tensor literals on purpose: `x * 2` would be taken for a product of two tensors, and the
// number would not take on the type of x.
extension Tensor: ExpressibleByArrayLiteral {
  /// `[[1, 2], [3, 4]]` as `float32`; other types with `Tensor([[1, 2], [3, 4]], dtype: .int32)`.
  public init(arrayLiteral elements: TensorLiteral...) { self.init(TensorLiteral(rows: elements)) }

  /// A tensor of numbers written out: `Tensor(3)`, `Tensor([[1, 2], [3, 4]])`.
  public init(
    _ literal: TensorLiteral, dtype: DType = .float32, file: StaticString = #fileID, line: Int = #line
  ) {
    self = building([], file, line) { () throws(GraphError) in try literal.value(dtype) }
  }
}

extension Literal {
  /// Numbers that the type must be able to hold.
  init(_ numbers: [Number], shape: Shape, dtype: DType, operation: String) throws(GraphError) {
    if dtype.isInteger {
      for number in numbers { _ = try number.literal(dtype, operation) }
    }
    if dtype == .int64 {
      let integers = numbers.map { number in
        switch number {
        case .integer(let integer): integer
        case .floating(let floating): Int64(saturating: floating)
        }
      }
      self.init(integers, shape: shape)
    } else {
      self = Literal(numbers.map(\.double), shape: shape).converted(to: dtype)
    }
  }
}
