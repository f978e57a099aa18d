import ApusGraph

/// What can stand between a tensor's brackets: `x[0]`, `x[-1]`, `x[2..<5]`, `x[1...]`, `x[..<(-1)]`,
/// `x[(0...).by(2)]`, `x[stride(from: 4, through: 0, by: -2)]`, `x[newAxis]`, and `...` for as many whole axes
/// as are left over.
///
/// Negative numbers count from the end. Unlike in NumPy, a range that reaches beyond the axis is an error.
public protocol TensorIndex: Sendable {
  /// What it selects from an axis.
  var selection: AxisSelection { get }
}

/// What an index selects from an axis.
public enum AxisSelection: Sendable, Hashable {
  /// One slice; the axis disappears.
  case position(Int)
  /// Slices from `lower` up to but not including `upper` (or including it, if `isClosed`), every `step`-th; with
  /// a negative step from the last one back. Open ends are the axis's own.
  case range(lower: Int?, upper: Int?, isClosed: Bool, step: Int)
  /// `count` slices from `start` on, `step` apart.
  case steps(start: Int, count: Int, step: Int)
  /// A new axis of size 1.
  case newAxis
  /// As many whole axes as are left over.
  case ellipsis
}

/// An index that stands for no part of an existing axis.
public struct SpecialIndex: TensorIndex {
  /// What it selects.
  public let selection: AxisSelection
}

/// In a tensor's brackets: a new axis of size 1.
public let newAxis = SpecialIndex(selection: .newAxis)

/// In a tensor's brackets: as many whole axes as are left over. The same as `...`, for places where Swift does
/// not take that.
public let ellipsis = SpecialIndex(selection: .ellipsis)

extension Int: TensorIndex {
  /// One slice.
  public var selection: AxisSelection { .position(self) }
}

extension Range: TensorIndex where Bound == Int {
  /// The slices of the range.
  public var selection: AxisSelection {
    .range(lower: lowerBound, upper: upperBound, isClosed: false, step: 1)
  }
}

extension ClosedRange: TensorIndex where Bound == Int {
  /// The slices of the range.
  public var selection: AxisSelection {
    .range(lower: lowerBound, upper: upperBound, isClosed: true, step: 1)
  }
}

extension PartialRangeFrom: TensorIndex where Bound == Int {
  /// The slices from a place on.
  public var selection: AxisSelection { .range(lower: lowerBound, upper: nil, isClosed: false, step: 1) }
}

extension PartialRangeUpTo: TensorIndex where Bound == Int {
  /// The slices before a place.
  public var selection: AxisSelection { .range(lower: nil, upper: upperBound, isClosed: false, step: 1) }
}

extension PartialRangeThrough: TensorIndex where Bound == Int {
  /// The slices up to a place, itself included.
  public var selection: AxisSelection { .range(lower: nil, upper: upperBound, isClosed: true, step: 1) }
}

extension StrideTo: TensorIndex where Element == Int {
  /// The slices at the strides' places.
  public var selection: AxisSelection { AxisSelection(places: self) }
}

extension StrideThrough: TensorIndex where Element == Int {
  /// The slices at the strides' places.
  public var selection: AxisSelection { AxisSelection(places: self) }
}

/// Every so many slices of a range.
public struct StridedRange: TensorIndex {
  /// What it selects.
  public let selection: AxisSelection
}

extension RangeExpression where Self: TensorIndex, Bound == Int {
  /// Every `step`-th slice of the range; with a negative step from its last one back: `(0...).by(-1)` turns an
  /// axis around.
  public func by(_ step: Int) -> StridedRange {
    guard case .range(let lower, let upper, let isClosed, _) = selection else {
      return StridedRange(selection: selection)
    }
    return StridedRange(selection: .range(lower: lower, upper: upper, isClosed: isClosed, step: step))
  }
}

extension AxisSelection {
  /// The most places of a stride, which are counted one by one.
  private static let stepLimit = 1 << 24

  fileprivate init(places: some Sequence<Int>) {
    var start = 0, step = 1, count = 0
    for place in places where count <= Self.stepLimit {
      if count == 0 { start = place }
      if count == 1 { step = place - start }
      count += 1
    }
    self = .steps(start: start, count: count, step: step)
  }

  /// The places selected of an axis of a known size: the first, how many, and their distance.
  func resolved(axis: Int, shape: Shape) throws(GraphError) -> (start: Int, count: Int, step: Int) {
    let size = shape[axis]
    func failure(_ what: String) -> GraphError {
      GraphError(
        .index, "subscript", "\(what) lies outside axis \(axis) of \(shape), which has \(size) elements",
        advice: "negative numbers count from the end: -1 is the last element")
    }
    func fromStart(_ place: Int) -> Int { place < 0 ? place + size : place }
    switch self {
    case .position(let place):
      guard 0..<size ~= fromStart(place) else { throw failure("index \(place)") }
      return (fromStart(place), 1, 1)
    case .range(let lower, let upper, let isClosed, let step):
      let start = fromStart(lower ?? 0)
      let end = upper.map { isClosed && $0 != .max ? fromStart($0) + 1 : fromStart($0) } ?? size
      guard step != 0 else { throw GraphError(.argument, "subscript", "a range by steps of 0") }
      guard 0 <= start, start <= end, end <= size else {
        let text = "range \(lower.map(String.init) ?? "")\(isClosed ? "..." : upper == nil ? "..." : "..<")"
        throw failure(text + (upper.map(String.init) ?? ""))
      }
      let count = Shape.stepCount(end - start, by: Int(clamping: step.magnitude))
      return (step > 0 ? start : end - 1, count, step)
    case .steps(let first, let count, let step):
      guard count > 0 else { return (0, 0, 1) }
      guard count <= AxisSelection.stepLimit else {
        throw GraphError(
          .argument, "subscript", "a stride of more than \(AxisSelection.stepLimit) places",
          advice: "write it as a range: x[(0..<n).by(2)]")
      }
      // In 128 bits, as the numbers may be anything that a caller wrote.
      let start = fromStart(first), last = Int128(start) + Int128(count - 1) * Int128(step)
      guard 0..<size ~= start, 0 <= last, last < size else {
        throw failure("stride from \(first) through \(last)")
      }
      return (start, count, step)
    case .newAxis, .ellipsis: return (0, size, 1)
    }
  }
}
