import ApusGraph

// Free functions for the methods, for who writes `mean(x, axis: 0)` where NumPy has `np.mean(x, axis=0)`. They are the same
// operations.

/// Sum of the elements; whole numbers and truth values in `int64`. Over all axes, or those named.
/// - Parameters:
///   - x: Any shape.
///   - axes: The axes that are reduced, negative ones counted from the last; all when nil.
///   - keepDimensions: Whether reduced axes stay with size 1.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The shape of `x` without the reduced axes.
public func sum(
  _ x: Tensor, axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID,
  line: Int = #line
) -> Tensor { x.sum(axes: axes, keepDimensions: keepDimensions, file: file, line: line) }

/// Sum of the elements; whole numbers and truth values in `int64`. Along one axis.
public func sum(
  _ x: Tensor, axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
) -> Tensor { x.sum(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

/// Arithmetic mean; NaN over no elements. Over all axes, or those named.
/// - Parameters:
///   - x: Any shape.
///   - axes: The axes that are reduced, negative ones counted from the last; all when nil.
///   - keepDimensions: Whether reduced axes stay with size 1.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The shape of `x` without the reduced axes.
public func mean(
  _ x: Tensor, axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID,
  line: Int = #line
) -> Tensor { x.mean(axes: axes, keepDimensions: keepDimensions, file: file, line: line) }

/// Arithmetic mean; NaN over no elements. Along one axis.
public func mean(
  _ x: Tensor, axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
) -> Tensor { x.mean(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

/// Product of the elements; whole numbers and truth values in `int64`. Over all axes, or those named.
/// - Parameters:
///   - x: Any shape.
///   - axes: The axes that are reduced, negative ones counted from the last; all when nil.
///   - keepDimensions: Whether reduced axes stay with size 1.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The shape of `x` without the reduced axes.
public func product(
  _ x: Tensor, axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID,
  line: Int = #line
) -> Tensor { x.product(axes: axes, keepDimensions: keepDimensions, file: file, line: line) }

/// Product of the elements; whole numbers and truth values in `int64`. Along one axis.
public func product(
  _ x: Tensor, axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
) -> Tensor { x.product(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

/// Largest element; NaN where there is one. Over all axes, or those named.
/// - Parameters:
///   - x: Any shape.
///   - axes: The axes that are reduced, negative ones counted from the last; all when nil.
///   - keepDimensions: Whether reduced axes stay with size 1.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The shape of `x` without the reduced axes.
public func max(
  _ x: Tensor, axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID,
  line: Int = #line
) -> Tensor { x.max(axes: axes, keepDimensions: keepDimensions, file: file, line: line) }

/// Largest element; NaN where there is one. Along one axis.
public func max(
  _ x: Tensor, axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
) -> Tensor { x.max(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

/// Smallest element; NaN where there is one. Over all axes, or those named.
/// - Parameters:
///   - x: Any shape.
///   - axes: The axes that are reduced, negative ones counted from the last; all when nil.
///   - keepDimensions: Whether reduced axes stay with size 1.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The shape of `x` without the reduced axes.
public func min(
  _ x: Tensor, axes: [Int]? = nil, keepDimensions: Bool = false, file: StaticString = #fileID,
  line: Int = #line
) -> Tensor { x.min(axes: axes, keepDimensions: keepDimensions, file: file, line: line) }

/// Smallest element; NaN where there is one. Along one axis.
public func min(
  _ x: Tensor, axis: Int, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
) -> Tensor { x.min(axes: [axis], keepDimensions: keepDimensions, file: file, line: line) }

/// Mean squared distance from the mean; `correction: 1` divides by n − 1. Over all axes, or those named.
/// - Parameters:
///   - x: Any shape.
///   - axes: The axes that are reduced, negative ones counted from the last; all when nil.
///   - correction: What is taken off the number of elements to divide by: 0 as in NumPy, 1 as PyTorch's default.
///   - keepDimensions: Whether reduced axes stay with size 1.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The shape of `x` without the reduced axes.
public func variance(
  _ x: Tensor, axes: [Int]? = nil, correction: Int = 0, keepDimensions: Bool = false,
  file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  x.variance(axes: axes, correction: correction, keepDimensions: keepDimensions, file: file, line: line)
}

/// Square root of the variance; `correction: 1` divides by n − 1. Over all axes, or those named.
/// - Parameters:
///   - x: Any shape.
///   - axes: The axes that are reduced, negative ones counted from the last; all when nil.
///   - correction: What is taken off the number of elements to divide by: 0 as in NumPy, 1 as PyTorch's default.
///   - keepDimensions: Whether reduced axes stay with size 1.
///   - file: The caller's file, which errors name.
///   - line: The caller's line, which errors name.
/// - Returns: The shape of `x` without the reduced axes.
public func standardDeviation(
  _ x: Tensor, axes: [Int]? = nil, correction: Int = 0, keepDimensions: Bool = false,
  file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  x.standardDeviation(
    axes: axes, correction: correction, keepDimensions: keepDimensions, file: file, line: line)
}

/// Index (`int32`) of the first largest element along an axis, or in row-major order over all; that of the first NaN where
/// there is one.
public func argmax(
  _ x: Tensor, axis: Int? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
) -> Tensor { x.argmax(axis: axis, keepDimensions: keepDimensions, file: file, line: line) }

/// Index (`int32`) of the first smallest element along an axis, or in row-major order over all; that of the first NaN where
/// there is one.
public func argmin(
  _ x: Tensor, axis: Int? = nil, keepDimensions: Bool = false, file: StaticString = #fileID, line: Int = #line
) -> Tensor { x.argmin(axis: axis, keepDimensions: keepDimensions, file: file, line: line) }

/// The same elements under another shape. One size may be −1: it takes what the others leave.
public func reshaped(
  _ x: Tensor, _ shape: Shape, file: StaticString = #fileID, line: Int = #line
) -> Tensor { x.reshaped(shape, file: file, line: line) }

/// Axes in another order: result axis i is axis `permutation[i]` of `x`. Back to front by default.
public func transposed(
  _ x: Tensor, _ permutation: [Int]? = nil, file: StaticString = #fileID, line: Int = #line
) -> Tensor { x.transposed(permutation, file: file, line: line) }
