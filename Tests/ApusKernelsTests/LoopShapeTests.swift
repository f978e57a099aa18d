import ApusKernels
import Testing

/// Random shapes, views, broadcasts and reductions against plain loops over indices.
@Suite(.serialized) struct LoopShapeTests {
  /// An operand's memory with strides along the loop's dimensions.
  struct View {
    var strides: [Int]
    var offset: Int
    var count: Int

    /// A view of `shape` with dimensions in random order, some broadcast, some reversed, some with gaps.
    static func random(_ shape: [Int], broadcasting: Bool, using random: inout SplitMix) -> View {
      var view = View(strides: [Int](repeating: 0, count: shape.count), offset: 0, count: 1)
      let plain = Int.random(in: 0..<3, using: &random) == 0
      var order = Array(shape.indices.reversed())
      if !plain { order.shuffle(using: &random) }
      for d in order {
        if broadcasting && Int.random(in: 0..<4, using: &random) == 0 { continue }
        let gap = plain || Int.random(in: 0..<4, using: &random) != 0 ? 1 : 2
        view.strides[d] = view.count * gap
        view.count *= max(shape[d], 1) * gap
        if !plain && Int.random(in: 0..<5, using: &random) == 0 {
          view.offset += view.strides[d] * max(shape[d] - 1, 0)
          view.strides[d] = -view.strides[d]
        }
      }
      return view
    }

    func position(_ index: [Int]) -> Int {
      var position = offset, d = 0
      while d < index.count {
        position += strides[d] * index[d]
        d += 1
      }
      return position
    }
  }

  static func forEachIndex(_ shape: [Int], _ body: ([Int]) -> Void) {
    if shape.contains(0) { return }
    var index = [Int](repeating: 0, count: shape.count)
    while true {
      body(index)
      var d = shape.count - 1
      while d >= 0 {
        index[d] += 1
        if index[d] < shape[d] { break }
        index[d] = 0
        d -= 1
      }
      if d < 0 { return }
    }
  }

  static func randomShape(_ random: inout SplitMix) -> [Int] {
    let rank = Int.random(in: 0...5, using: &random)
    let sizes: [Int] =
      switch rank {
      case 0, 1: [0, 1, 17, 64, 5_000, 33_001]
      case 2: [0, 1, 3, 64, 130, 300, 1_025]
      case 3: [1, 2, 5, 17, 64, 70]
      default: [1, 2, 3, 8, 13]
      }
    return (0..<rank).map { _ in sizes.randomElement(using: &random) ?? 1 }
  }

  @Test(arguments: 0..<40)
  func elementwiseLoopsFollowTheirStrides(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    for _ in 0..<2 {
      let shape = Self.randomShape(&random)
      let views = (0..<3).map { _ in View.random(shape, broadcasting: true, using: &random) }
      let inputs = views.map { view in
        (0..<view.count).map { _ in Int32.random(in: -1000...1000, using: &random) }
      }
      let target = View.random(shape, broadcasting: false, using: &random)
      let second = View.random(shape, broadcasting: false, using: &random)
      var expected = [Int32](repeating: -7, count: target.count)
      var expectedSecond = [Float](repeating: -7, count: second.count)
      Self.forEachIndex(shape) { index in
        let (a, b, c) = (
          inputs[0][views[0].position(index)], inputs[1][views[1].position(index)],
          inputs[2][views[2].position(index)]
        )
        expected[target.position(index)] = a &* b &+ c
        expectedSecond[second.position(index)] = Float(b &+ 3)
      }
      let loop = try TestLoop(shape)
      let (a, b, c) = (
        loop.input(inputs[0], strides: views[0].strides, offset: views[0].offset),
        loop.input(inputs[1], strides: views[1].strides, offset: views[1].offset),
        loop.input(inputs[2], strides: views[2].strides, offset: views[2].offset)
      )
      let result = KernelMemory(repeating: Int32(-7), count: target.count)
      let resultSecond = KernelMemory(repeating: Float(-7), count: second.count)
      let product = loop.apply(APUS_OP_MUL, Int32.self, a, b)
      let shifted = loop.apply(APUS_OP_ADD, Int32.self, b, loop.real(3, as: Int32.self))
      loop.output(
        loop.apply(APUS_OP_ADD, Int32.self, product, c), into: result, strides: target.strides,
        offset: target.offset)
      loop.output(
        loop.apply(APUS_OP_CAST, Float.self, shifted), into: resultSecond, strides: second.strides,
        offset: second.offset)
      try loop.run()
      #expect(result.array == expected, "\(shape) \(views) \(target)")
      #expect(resultSecond.array == expectedSecond, "\(shape) \(views) \(second)")
    }
  }

  @Test(arguments: 0..<60)
  func copiesFollowTheirStrides(seed: Int) throws {
    func check<T: LoopElement>(_ shape: [Int], _ values: (Int) -> T, _ random: inout SplitMix) throws {
      let view = View.random(shape, broadcasting: true, using: &random)
      let target = View.random(shape, broadcasting: false, using: &random)
      let source = (0..<view.count).map(values)
      var expected = [T](repeating: values(-1), count: target.count)
      Self.forEachIndex(shape) { expected[target.position($0)] = source[view.position($0)] }
      let loop = try TestLoop(shape)
      let result = KernelMemory(repeating: values(-1), count: target.count)
      loop.output(
        loop.input(source, strides: view.strides, offset: view.offset), into: result, strides: target.strides,
        offset: target.offset)
      try loop.run()
      #expect(result.array == expected, "\(shape) \(view) \(target)")
    }
    var random = SplitMix(state: UInt64(1000 + seed))
    let shape = Self.randomShape(&random)
    try check(shape, { UInt8(truncatingIfNeeded: $0) }, &random)
    try check(shape, { BFloat16(bits: UInt16(truncatingIfNeeded: $0)) }, &random)
    try check(shape, { Float($0) }, &random)
    try check(shape, { Int64($0) }, &random)
  }

  @Test(arguments: 0..<120)
  func reductionsFoldTheirDimensions(seed: Int) throws {
    var random = SplitMix(state: UInt64(2000 + seed))
    let shape = Self.randomShape(&random)
    let reduced = shape.map { _ in Bool.random(using: &random) }
    let view = View.random(shape, broadcasting: true, using: &random)
    let values = (0..<view.count).map { _ in Int32.random(in: -50...50, using: &random) }
    // Kept dimensions of the result, in order or transposed, and zero strides for the others.
    let keptShape = zip(shape, reduced).map { $1 ? 1 : $0 }
    var target = View.random(keptShape, broadcasting: false, using: &random)
    for d in shape.indices where reduced[d] { target.strides[d] = 0 }
    let elementwise = View.random(shape, broadcasting: false, using: &random)
    var sums = [Int32](repeating: -7, count: target.count)
    var minima = [Float](repeating: -7, count: target.count)
    var floatSums = [Float](repeating: -7, count: target.count)
    var doubled = [Int32](repeating: -7, count: elementwise.count)
    Self.forEachIndex(keptShape) {
      sums[target.position($0)] = 0
      minima[target.position($0)] = .infinity
      floatSums[target.position($0)] = 0
    }
    Self.forEachIndex(shape) { index in
      let value = values[view.position(index)]
      sums[target.position(index)] &+= value
      minima[target.position(index)] = min(minima[target.position(index)], Float(value))
      floatSums[target.position(index)] += Float(value)  // exact: small integers
      doubled[elementwise.position(index)] = 2 * value
    }
    for threads in [1, 3] {
      apus_set_thread_count(Int32(threads))
      let loop = try TestLoop(shape)
      let x = loop.input(values, strides: view.strides, offset: view.offset)
      let asFloat = loop.apply(APUS_OP_CAST, Float.self, x)
      let sum = KernelMemory(repeating: Int32(-7), count: target.count)
      let minimum = KernelMemory(repeating: Float(-7), count: target.count)
      let floatSum = KernelMemory(repeating: Float(-7), count: target.count)
      let twice = KernelMemory(repeating: Int32(-7), count: elementwise.count)
      loop.output(x, into: sum, reduction: APUS_REDUCE_SUM, strides: target.strides, offset: target.offset)
      loop.output(
        asFloat, into: minimum, reduction: APUS_REDUCE_MIN, strides: target.strides, offset: target.offset)
      loop.output(
        asFloat, into: floatSum, reduction: APUS_REDUCE_SUM, strides: target.strides, offset: target.offset)
      loop.output(
        loop.apply(APUS_OP_ADD, Int32.self, x, x), into: twice, strides: elementwise.strides,
        offset: elementwise.offset)
      try loop.run()
      #expect(sum.array == sums, "\(shape) \(reduced) \(view) \(target)")
      #expect(minimum.array == minima, "\(shape) \(reduced) \(view) \(target)")
      #expect(floatSum.array == floatSums, "\(shape) \(reduced) \(view) \(target)")
      #expect(twice.array == doubled, "\(shape) \(reduced) \(view) \(elementwise)")
    }
  }
}
