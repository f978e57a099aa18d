extension Reference {
  /// What combining no elements gives.
  static func identity(_ kind: ReduceKind, _ dtype: DType) -> ReferenceArray {
    switch kind {
    case .sum, .or: ReferenceArray(dtype, .scalar, filled: 0)
    case .product, .and: ReferenceArray(dtype, .scalar, filled: 1)
    case .maximum:
      dtype.isFloating
        ? ReferenceArray(dtype, .scalar, filled: -.infinity) : bound(dtype, Int64.min, 0)
    case .minimum:
      dtype.isFloating ? ReferenceArray(dtype, .scalar, filled: .infinity) : bound(dtype, Int64.max, 1)
    }
  }

  /// The type's smallest or largest number, whichever lies towards `extreme`.
  private static func bound(_ dtype: DType, _ extreme: Int64, _ bool: Int64) -> ReferenceArray {
    let number: Int64
    switch dtype {
    case .int32: number = extreme < 0 ? Int64(Int32.min) : Int64(Int32.max)
    case .uint32: number = extreme < 0 ? 0 : Int64(UInt32.max)
    case .uint8: number = extreme < 0 ? 0 : Int64(UInt8.max)
    case .bool: number = bool
    default: number = extreme
    }
    return ReferenceArray(dtype, .scalar, .whole([number]))
  }

  private static func accumulate(_ kind: ReduceKind, _ a: Double, _ b: Double) -> Double {
    switch kind {
    case .sum: a + b
    case .product: a * b
    case .maximum: maximum(a, b)
    case .minimum: minimum(a, b)
    case .and, .or: a
    }
  }

  private static func accumulate(_ kind: ReduceKind, _ a: Int64, _ b: Int64) -> Int64 {
    switch kind {
    case .sum: a &+ b
    case .product: a &* b
    case .maximum: max(a, b)
    case .minimum: min(a, b)
    case .and: a & b
    case .or: a | b
    }
  }

  static func reduce(_ kind: ReduceKind, _ axes: [Int], _ x: ReferenceArray, _ shape: Shape) -> ReferenceArray
  {
    // Where each element of x goes: along kept axes as in the result, along reduced ones nowhere.
    let strides = shape.strides
    var kept = 0
    let targets = flatPositions(
      x.shape.dimensions.indices.map { axis in
        let size = x.shape[axis]
        guard !axes.contains(axis) else { return (Array(repeating: 0, count: size), 0) }
        defer { kept += 1 }
        return (Array(0..<size), strides[kept])
      })
    let start = identity(kind, x.dtype)
    switch x.elements {
    case .real(let numbers):
      var result = Array(repeating: start.reals[0], count: shape.elementCount)
      for (target, number) in zip(targets, numbers) {
        result[target] = accumulate(kind, result[target], number)
      }
      return ReferenceArray(x.dtype, shape, reals: result)
    case .whole(let numbers):
      var result = Array(repeating: start.wholes[0], count: shape.elementCount)
      for (target, number) in zip(targets, numbers) {
        result[target] = accumulate(kind, result[target], number)
      }
      return ReferenceArray(x.dtype, shape, wholes: result)
    }
  }

  /// Calls `body` with the flat positions of each line of elements along an axis.
  private static func forEachLine(_ x: ReferenceArray, _ axis: Int, _ body: ([Int]) -> Void) {
    let (outer, size, inner) = x.extents(axis: axis)
    for row in 0..<outer {
      for column in 0..<inner { body((0..<size).map { (row * size + $0) * inner + column }) }
    }
  }

  /// The first extreme; the first NaN wins over every number.
  static func argReduce(maximum: Bool, axis: Int, _ x: ReferenceArray, _ shape: Shape) -> ReferenceArray {
    var result: [Int64] = []
    func find<Number: Comparable>(_ numbers: [Number]) {
      forEachLine(x, axis) { line in
        var best = 0
        for (index, position) in line.enumerated() {
          let a = numbers[position], b = numbers[line[best]]
          guard b == b else { break }
          if a != a || (maximum ? a > b : a < b) { best = index }
        }
        result.append(Int64(best))
      }
    }
    switch x.elements {
    case .real(let numbers): find(numbers)
    case .whole(let numbers): find(numbers)
    }
    return ReferenceArray(.int32, shape, .whole(result))
  }

  static func cumulate(_ kind: ReduceKind, axis: Int, reverse: Bool, exclusive: Bool, _ x: ReferenceArray)
    -> ReferenceArray
  {
    let start = identity(kind, x.dtype)
    func run<Number>(_ numbers: [Number], _ first: Number, _ combine: (Number, Number) -> Number) -> [Number]
    {
      var result = numbers
      forEachLine(x, axis) { line in
        var state = first
        for position in reverse ? line.reversed() : line {
          let next = combine(state, numbers[position])
          result[position] = exclusive ? state : next
          state = next
        }
      }
      return result
    }
    switch x.elements {
    case .real(let numbers):
      return ReferenceArray(
        x.dtype, x.shape, reals: run(numbers, start.reals[0]) { accumulate(kind, $0, $1) })
    case .whole(let numbers):
      return ReferenceArray(
        x.dtype, x.shape, wholes: run(numbers, start.wholes[0]) { accumulate(kind, $0, $1) })
    }
  }

  /// Stable both ways; NaN last both ways.
  static func sort(axis: Int, descending: Bool, _ x: ReferenceArray) -> [ReferenceArray] {
    var order = Array(repeating: 0, count: x.count), origins = order
    func sortLines<Number: Comparable>(_ numbers: [Number]) {
      forEachLine(x, axis) { line in
        let sorted = line.indices.sorted { left, right in
          let a = numbers[line[left]], b = numbers[line[right]]
          if a != a || b != b { return a == a || (b != b && left < right) }
          return a == b ? left < right : descending ? a > b : a < b
        }
        for (place, source) in zip(line, sorted) {
          order[place] = source
          origins[place] = line[source]
        }
      }
    }
    switch x.elements {
    case .real(let numbers): sortLines(numbers)
    case .whole(let numbers): sortLines(numbers)
    }
    return [
      x.picking(origins, shape: x.shape), ReferenceArray(.int32, x.shape, .whole(order.map { Int64($0) })),
    ]
  }
}
