/// The sizes of a tensor's axes, outermost first. Rank 0 (a scalar) and axes of size 0 are fine.
public struct Shape: Sendable, Hashable {
  /// The size of each axis.
  public var dimensions: [Int]

  /// A shape with the given axis sizes.
  public init(_ dimensions: [Int]) { self.dimensions = dimensions }

  /// The shape of a single number: no axes, one element.
  public static let scalar = Shape([])

  /// Number of axes.
  public var rank: Int { dimensions.count }

  /// Number of elements: the product of the sizes (1 for a scalar), `Int.max` where they are too many to count.
  public var elementCount: Int { Shape.product(dimensions) }

  /// The most elements that a tensor may have, axes of size 0 counted as 1: more than any machine of 64 bits addresses
  /// (47 bits), and few enough that sums of sizes cannot overflow.
  public static let elementLimit = 1 << 48
  /// The most bytes that one block of memory can have: the address space of a process.
  static let byteLimit = 1 << 47

  /// The product of sizes, `Int.max` where it is too large. A 0 anywhere makes it 0.
  public static func product(_ sizes: some Collection<Int>) -> Int {
    var result = 1, isTooLarge = false
    for size in sizes {
      if size == 0 { return 0 }
      let (product, overflow) = result.multipliedReportingOverflow(by: size)
      result = product
      isTooLarge = isTooLarge || overflow
    }
    return isTooLarge ? .max : result
  }

  /// How many steps of a positive size start within a length: its quotient rounded up.
  public static func stepCount(_ length: Int, by step: Int) -> Int {
    length <= 0 ? 0 : (length - 1) / step + 1
  }

  /// Checks that a tensor can have this shape.
  /// - Parameter operation: The operation that asks for it, for the message.
  /// - Throws: `GraphError` of kind `shape` when a size is negative, of kind `memory` when there are more elements than
  ///   `elementLimit`.
  public func requireSizes(_ operation: String) throws(GraphError) {
    var count = 1
    for size in dimensions {
      guard size >= 0 else { throw GraphError(.shape, operation, "shape \(self) has a negative size") }
      let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow, product <= Shape.elementLimit else {
        throw GraphError(
          .memory, operation,
          "shape \(self) has too many elements: a tensor holds at most 2^48, axes of size 0 counted as 1")
      }
      count = product
    }
  }

  /// Distance in elements between neighbors along each axis, in row-major order. Never 0: an empty axis counts as
  /// one long.
  public var strides: [Int] {
    var result = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      result[axis] = result[axis + 1] * max(1, dimensions[axis + 1])
    }
    return result
  }

  /// The size of one axis, which must exist.
  public subscript(axis: Int) -> Int {
    get { dimensions[axis] }
    set { dimensions[axis] = newValue }
  }

  /// The axis counted from the front, or nil where there is none: -1 is the last axis.
  public func normalized(axis: Int) -> Int? {
    let positive = axis < 0 ? axis + rank : axis
    return dimensions.indices.contains(positive) ? positive : nil
  }

  /// The common shape of two operands under NumPy's broadcasting rules, or nil when they do not fit.
  public static func broadcast(_ left: Shape, _ right: Shape) -> Shape? {
    let rank = max(left.rank, right.rank)
    var result = [Int](repeating: 1, count: rank)
    for offset in stride(from: 1, through: rank, by: 1) {
      let a = offset <= left.rank ? left[left.rank - offset] : 1
      let b = offset <= right.rank ? right[right.rank - offset] : 1
      guard a == b || a == 1 || b == 1 else { return nil }
      result[rank - offset] = a == 1 ? b : a
    }
    return Shape(result)
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// `[2, 3]`
  public init(arrayLiteral elements: Int...) { dimensions = elements }
}

extension Shape: CustomStringConvertible {
  /// The sizes in brackets, such as `[2, 3]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
