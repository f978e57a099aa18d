import ApusKernels
import Testing

/// Kinds of reductions and their types, accuracy, NaN, emptiness and the number of threads.
@Suite(.serialized) struct LoopReductionTests {
  static func reduce<T: LoopElement>(
    _ kind: Int, _ values: [T], shape: [Int], over axes: Set<Int>, filler: T
  ) throws -> [T] {
    let loop = try TestLoop(shape)
    let kept = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    var strides = TestLoop.rowMajor(kept)
    for axis in axes { strides[axis] = 0 }
    let result = KernelMemory(repeating: filler, count: kept.reduce(1, *))
    loop.output(loop.input(values), into: result, reduction: kind, strides: strides)
    try loop.run()
    return result.array
  }

  static func integerKinds<T: FixedWidthInteger & LoopElement>(_ type: T.Type) throws {
    var random = SplitMix(state: 11)
    for (rows, columns) in [(3, 5), (70, 3), (5, 1_300), (67, 129)] {
      let values = (0..<rows * columns).map { _ in T(truncatingIfNeeded: random.next()) | 1 }
      let folds: [(Int, T, (T, T) -> T)] = [
        (APUS_REDUCE_SUM, 0, { $0 &+ $1 }), (APUS_REDUCE_PROD, 1, { $0 &* $1 }),
        (APUS_REDUCE_MAX, T.min, { max($0, $1) }),
        (APUS_REDUCE_MIN, T.max, { min($0, $1) }), (APUS_REDUCE_AND, T(truncatingIfNeeded: -1), { $0 & $1 }),
        (APUS_REDUCE_OR, 0, { $0 | $1 }),
      ]
      for (kind, start, fold) in folds {
        let all = try reduce(kind, values, shape: [rows, columns], over: [0, 1], filler: 99)
        #expect(all == [values.reduce(start, fold)], "\(T.self) \(kind)")
        let byRow = (0..<rows).map { r in values[r * columns..<(r + 1) * columns].reduce(start, fold) }
        #expect(
          try reduce(kind, values, shape: [rows, columns], over: [1], filler: 99) == byRow,
          "\(T.self) \(kind)")
        let byColumn = (0..<columns).map { c in
          (0..<rows).reduce(start) { fold($0, values[$1 * columns + c]) }
        }
        #expect(
          try reduce(kind, values, shape: [rows, columns], over: [0], filler: 99) == byColumn,
          "\(T.self) \(kind)")
        let none = try reduce(kind, [T](), shape: [2, 0], over: [1], filler: 99)
        #expect(none == [start, start], "\(T.self) \(kind)")
      }
    }
  }

  @Test func int32() throws { try Self.integerKinds(Int32.self) }
  @Test func int64() throws { try Self.integerKinds(Int64.self) }
  @Test func uint32() throws { try Self.integerKinds(UInt32.self) }
  @Test func uint8() throws { try Self.integerKinds(UInt8.self) }

  @Test func booleans() throws {
    let values = (0..<400).map { $0 % 7 != 0 }
    #expect(try Self.reduce(APUS_REDUCE_AND, values, shape: [400], over: [0], filler: true) == [false])
    #expect(try Self.reduce(APUS_REDUCE_OR, values, shape: [400], over: [0], filler: false) == [true])
    #expect(try Self.reduce(APUS_REDUCE_MAX, values, shape: [400], over: [0], filler: false) == [true])
    #expect(try Self.reduce(APUS_REDUCE_MIN, values, shape: [400], over: [0], filler: true) == [false])
    #expect(try Self.reduce(APUS_REDUCE_AND, [Bool](), shape: [0], over: [0], filler: false) == [true])
    #expect(try Self.reduce(APUS_REDUCE_OR, [Bool](), shape: [0], over: [0], filler: true) == [false])
  }

  static func floatKinds<T: BinaryFloatingPoint & LoopElement>(_ type: T.Type, tolerance: Double) throws {
    var random = SplitMix(state: 12)
    for (rows, columns) in [(3, 5), (70, 3), (5, 1_300), (67, 129), (1_000, 64), (40, 2_000)] {
      let values = (0..<rows * columns).map { _ in T(Double.random(in: 0.5...1.5, using: &random)) }
      let folds: [(Int, Double, (Double, Double) -> Double)] = [
        (APUS_REDUCE_SUM, 0, { $0 + $1 }), (APUS_REDUCE_MAX, -.infinity, { max($0, $1) }),
        (APUS_REDUCE_MIN, .infinity, { min($0, $1) }),
      ]
      for (kind, start, fold) in folds {
        func close(_ value: T, _ exact: Double) -> Bool {
          abs(Double(value) - exact) <= tolerance * abs(exact)
        }
        let all = try reduce(kind, values, shape: [rows, columns], over: [0, 1], filler: 99)
        #expect(close(all[0], values.reduce(start) { fold($0, Double($1)) }))
        let byRow = try reduce(kind, values, shape: [rows, columns], over: [1], filler: 99)
        for r in 0..<rows {
          #expect(
            close(byRow[r], values[r * columns..<(r + 1) * columns].reduce(start) { fold($0, Double($1)) }))
        }
        let byColumn = try reduce(kind, values, shape: [rows, columns], over: [0], filler: 99)
        for c in 0..<columns {
          #expect(close(byColumn[c], (0..<rows).reduce(start) { fold($0, Double(values[$1 * columns + c])) }))
        }
        #expect(
          try reduce(kind, [T](), shape: [0, 2], over: [0], filler: 99).map { Double($0) } == [start, start])
      }
    }
  }

  @Test func float32() throws { try Self.floatKinds(Float.self, tolerance: 2e-7) }
  @Test func float64() throws { try Self.floatKinds(Double.self, tolerance: 1e-14) }

  @Test func productsMayLeaveTheRangeMidway() throws {
    let values: [Float] = (0..<40).map { $0 < 20 ? 1e10 : 1e-10 }
    let product = try Self.reduce(APUS_REDUCE_PROD, values, shape: [40], over: [0], filler: 0)
    #expect(abs(product[0] - 1) < 1e-4)
    #expect(try Self.reduce(APUS_REDUCE_PROD, [Float](), shape: [0], over: [0], filler: 0) == [1])
  }

  @Test(arguments: [1, 5, 16, 17, 64, 200, 5_000]) func nanWinsWhereverItIs(count: Int) throws {
    for kind in [APUS_REDUCE_SUM, APUS_REDUCE_PROD, APUS_REDUCE_MAX, APUS_REDUCE_MIN] {
      for position in Set([0, count / 2, count - 1]) {
        var values = [Float](repeating: 1, count: count)
        values[position] = .nan
        #expect(try Self.reduce(kind, values, shape: [count], over: [0], filler: 0)[0].isNaN)
        #expect(try Self.reduce(kind, values, shape: [count, 1], over: [0], filler: 0)[0].isNaN)
        let byColumn = try Self.reduce(kind, values + values, shape: [2, count], over: [0], filler: 0)
        for c in 0..<count { #expect(byColumn[c].isNaN == (c == position)) }
      }
    }
  }

  @Test func longSumsStayAccurate() throws {
    // One at a time in float32 the error would be in the thousands.
    let count = 3_000_000
    let sum = try Self.reduce(
      APUS_REDUCE_SUM, [Float](repeating: 0.1, count: count), shape: [count], over: [0], filler: 0)
    #expect(abs(Double(sum[0]) - Double(Float(0.1)) * Double(count)) < 0.1)
  }

  @Test(arguments: [[70_000], [1_000, 64], [33, 2_001], [4, 300, 70]])
  func bitsDoNotDependOnThreads(shape: [Int]) throws {
    var random = SplitMix(state: 13)
    let values = random.floats(shape.reduce(1, *), in: -1...1)
    defer { apus_set_thread_count(2) }
    for axes in [[0], [shape.count - 1], Array(shape.indices)] {
      var results: [[UInt32]] = []
      for threads in [1, 2, 5] {
        apus_set_thread_count(Int32(threads))
        let sums = try Self.reduce(APUS_REDUCE_SUM, values, shape: shape, over: Set(axes), filler: 0)
        results.append(sums.map { $0.bitPattern })
      }
      #expect(results[0] == results[1])
      #expect(results[0] == results[2])
    }
  }

  @Test func equalRowsHaveEqualSums() throws {
    var random = SplitMix(state: 14)
    for columns in [7, 21, 100, 1_003] {
      let row = random.floats(columns, in: -1...1)
      let sums = try Self.reduce(
        APUS_REDUCE_SUM, (0..<37).flatMap { _ in row }, shape: [37, columns], over: [1], filler: 0)
      #expect(Set(sums.map { $0.bitPattern }).count == 1, "\(columns) columns")
    }
  }
}
