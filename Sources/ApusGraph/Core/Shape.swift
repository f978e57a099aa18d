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

  /// Number of elements: the product of the sizes (1 for a scalar).
  public var elementCount: Int { dimensions.reduce(1, *) }

  /// Distance in elements between neighbours along each axis, in row-major order. Never 0: an empty axis counts as
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
