import ApusGraph

/// Runs a builder of one value whose errors name the caller's line.
///
/// A failed operand is passed on as it is; an error that the builder throws becomes a failed tensor.
func building(
  _ operands: [Tensor], _ file: StaticString, _ line: Int, _ body: () throws(GraphError) -> Value
) -> Tensor {
  for operand in operands where operand.failure != nil { return operand }
  return Origin.located(file, line) {
    do throws(GraphError) {
      return Tensor(try body())
    } catch {
      return Tensor(.failed(error, type: operands.first?.value.type ?? TensorType(.float32, .scalar)))
    }
  }
}

/// Runs a builder of several values whose errors name the caller's line; `count` failed tensors on an error.
func building(
  count: Int, _ operands: [Tensor], _ file: StaticString, _ line: Int,
  _ body: () throws(GraphError) -> [Value]
) -> [Tensor] {
  for operand in operands where operand.failure != nil { return Array(repeating: operand, count: count) }
  return Origin.located(file, line) {
    do throws(GraphError) {
      return try body().map(Tensor.init)
    } catch {
      let type = operands.first?.value.type ?? TensorType(.float32, .scalar)
      return Array(repeating: Tensor(.failed(error, type: type)), count: count)
    }
  }
}

extension Origin {
  /// Runs `body` with the caller's line as the origin of new nodes. The outermost call wins, and lines of
  /// the framework itself are left out: a user cannot do anything about those.
  static func located<Result>(_ file: StaticString, _ line: Int, _ body: () -> Result) -> Result {
    var origin = Origin.current
    guard origin.file.isEmpty, !isFramework(file) else { return body() }
    origin.file = file.description
    origin.line = line
    return Origin.$current.withValue(origin, operation: body)
  }

  private static let frameworkModules: [StaticString] = ["ApusTensor/", "ApusNN/", "ApusTrain/", "ApusData/"]

  private static func isFramework(_ file: StaticString) -> Bool {
    guard file.hasPointerRepresentation else { return false }
    return frameworkModules.contains { module in
      file.utf8CodeUnitCount >= module.utf8CodeUnitCount
        && UnsafeBufferPointer(start: file.utf8Start, count: module.utf8CodeUnitCount)
          .elementsEqual(UnsafeBufferPointer(start: module.utf8Start, count: module.utf8CodeUnitCount))
    }
  }
}

extension Value {
  /// The axis counted from the front.
  func axis(_ axis: Int, _ operation: String) throws(GraphError) -> Int {
    if let found = shape.normalized(axis: axis) { return found }
    throw GraphError(
      .axis, operation, "axis \(axis) does not exist in shape \(shape)",
      advice: rank == 0
        ? "a scalar has no axes" : "axes run from 0 to \(rank - 1), or from -\(rank) to -1 from the end")
  }

  /// The axes counted from the front, in order, each named once; all of them for nil.
  func axes(_ axes: [Int]?, _ operation: String) throws(GraphError) -> [Int] {
    guard let axes else { return Array(0..<rank) }
    var found: [Int] = []
    for axis in axes { found.append(try self.axis(axis, operation)) }
    guard Set(found).count == found.count else {
      throw GraphError(.axis, operation, "axes \(axes) of shape \(shape) name an axis twice")
    }
    return found.sorted()
  }

  /// This value as real numbers: whole numbers and truth values become `float32`.
  var floating: Value { dtype.isFloating ? self : cast(.float32) }

  /// This value as numbers that can be compared: truth values become `int32`.
  var numeric: Value { dtype == .bool ? cast(.int32) : self }

  /// This value in the type in which many elements are added or multiplied: whole numbers and truth values become
  /// `int64`, as in NumPy and PyTorch, because a narrow type would wrap around in silence.
  var accumulating: Value { dtype.isFloating ? self : cast(.int64) }

  /// This value in the type in which statistics are computed: whole numbers become `float64`, which holds each of
  /// them up to 2^53, truth values `float32`.
  var measurable: Value { dtype.isInteger ? cast(.float64) : floating }

  /// A statistic of `source` in the type that its users get: `float32` for whole numbers and truth values.
  func measured(of source: Value) -> Value { source.dtype.isFloating ? self : cast(.float32) }
}
