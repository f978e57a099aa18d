import ApusKernels
import Foundation
import Testing

/// In-place outputs, constants, indices, uniform values, mistakes.
struct LoopPlanTests {
  @Test(arguments: [1, 100, 5_001, 40_000]) func adamUpdatesItsStateInPlace(count: Int) throws {
    var random = SplitMix(state: 21)
    let p = random.floats(count), g = random.floats(count), m = random.floats(count)
    let v = random.floats(count, in: 0...1)
    let loop = try TestLoop([count])
    let parameter = KernelMemory(p), momentum = KernelMemory(m), velocity = KernelMemory(v)
    let rate = loop.input([Float(0.01)], strides: [0])
    let (x, gradient) = (loop.input(parameter), loop.input(g))
    let (first, second) = (loop.input(momentum), loop.input(velocity))
    func op(_ opcode: Int, _ a: Int32, _ b: Int32 = -1) -> Int32 { loop.apply(opcode, Float.self, a, b) }
    func number(_ value: Double) -> Int32 { loop.real(value, as: Float.self) }
    // The parameter's update comes first, and reads what the other outputs overwrite.
    let newFirst = op(
      APUS_OP_ADD, op(APUS_OP_MUL, first, number(0.9)), op(APUS_OP_MUL, gradient, number(0.1)))
    let newSecond = op(
      APUS_OP_ADD, op(APUS_OP_MUL, second, number(0.99)),
      op(APUS_OP_MUL, op(APUS_OP_MUL, gradient, gradient), number(0.01)))
    let step = op(APUS_OP_DIV, newFirst, op(APUS_OP_ADD, op(APUS_OP_SQRT, newSecond), number(1e-3)))
    loop.output(op(APUS_OP_SUB, x, op(APUS_OP_MUL, rate, step)), into: parameter)
    loop.output(newFirst, into: momentum)
    loop.output(newSecond, into: velocity)
    try loop.run()
    for i in 0..<count {
      let a = m[i] * Float(0.9) + g[i] * Float(0.1)
      let b = v[i] * Float(0.99) + g[i] * g[i] * Float(0.01)
      #expect(momentum.array[i] == a)
      #expect(velocity.array[i] == b)
      #expect(parameter.array[i] == p[i] - Float(0.01) * (a / (b.squareRoot() + Float(1e-3))))
      if count > 1_000 && i > 200 { break }
    }
  }

  @Test(arguments: [3, 64, 5_000]) func outputsMayExchangeTheirInputs(count: Int) throws {
    let a = (0..<count).map { Float($0) }, b = (0..<count).map { Float(-$0) }
    let left = KernelMemory(a), right = KernelMemory(b)
    let loop = try TestLoop([count])
    let (x, y) = (loop.input(left), loop.input(right))
    loop.output(y, into: left)
    loop.output(x, into: right)
    try loop.run()
    #expect(left.array == b)
    #expect(right.array == a)
  }

  @Test func anInputOverwrittenEarlyIsReadBefore() throws {
    let values = (0..<6_000).map { Float($0) }
    let memory = KernelMemory(values)
    let loop = try TestLoop([6_000])
    let x = loop.input(memory)
    let doubled = loop.apply(APUS_OP_ADD, Float.self, x, x)
    let later = loop.apply(APUS_OP_ADD, Float.self, doubled, x)
    let result = KernelMemory(repeating: Float(0), count: 6_000)
    let sum = KernelMemory(repeating: Float(0), count: 1)
    loop.output(doubled, into: memory)
    loop.output(later, into: result)
    loop.output(x, into: sum, reduction: APUS_REDUCE_SUM, strides: [0])
    try loop.run()
    #expect(memory.array == values.map { 2 * $0 })
    #expect(result.array == values.map { 3 * $0 })
    #expect(sum.array == [Float(5_999 * 3_000)])
  }

  @Test func oneValueMayHaveSeveralOutputs() throws {
    let loop = try TestLoop([2, 3])
    let x = loop.input((0..<6).map { Float($0) })
    let y = loop.apply(APUS_OP_NEG, Float.self, x)
    let first = KernelMemory(repeating: Float(0), count: 6),
      second = KernelMemory(repeating: Float(0), count: 6)
    loop.output(y, into: first)
    loop.output(y, into: second, strides: [1, 2])
    try loop.run()
    #expect(first.array == [-0.0, -1, -2, -3, -4, -5])
    #expect(second.array == [-0.0, -3, -1, -4, -2, -5])
  }

  @Test func constantsAndUniformValuesFillTheirOutputs() throws {
    let loop = try TestLoop([3, 700])
    let scalar = loop.input([Int64(5)], strides: [0, 0])
    let two = apus_loop_add_integer(loop.handle, Int32(APUS_INT64), 1 << 60)
    let uniform = loop.apply(APUS_OP_ADD, Int64.self, scalar, two)
    let flag = loop.apply(APUS_OP_GT, Bool.self, uniform, scalar)
    let constant = KernelMemory(repeating: Int64(0), count: 2_100)
    let sum = KernelMemory(repeating: Int64(0), count: 2_100)
    let flags = KernelMemory(repeating: false, count: 2_100)
    let total = KernelMemory(repeating: Int64(0), count: 3)
    loop.output(two, into: constant)
    loop.output(uniform, into: sum)
    loop.output(flag, into: flags)
    loop.output(scalar, into: total, reduction: APUS_REDUCE_SUM, strides: [1, 0])
    try loop.run()
    #expect(constant.array.allSatisfy { $0 == 1 << 60 })
    #expect(sum.array.allSatisfy { $0 == (1 << 60) + 5 })
    #expect(flags.array.allSatisfy { $0 })
    #expect(total.array == [3_500, 3_500, 3_500])
  }

  @Test(arguments: [[], [5], [3, 4], [2, 3, 1_000]]) func indicesCountAlongTheirStrides(shape: [Int]) throws {
    let loop = try TestLoop(shape)
    let count = shape.reduce(1, *)
    let flat = apus_loop_add_index(loop.handle, Int32(APUS_INT64), 7, loop.denseStrides.map(Int64.init))
    let last = shape.indices.map { Int64($0 == shape.count - 1 ? -2 : 0) }
    let column = apus_loop_add_index(loop.handle, Int32(APUS_FLOAT32), 1, last)
    let numbers = KernelMemory(repeating: Int64(0), count: count)
    let columns = KernelMemory(repeating: Float(0), count: count)
    loop.output(flat, into: numbers)
    loop.output(column, into: columns)
    try loop.run()
    #expect(numbers.array == (0..<count).map { Int64($0) + 7 })
    #expect(columns.array == (0..<count).map { 1 - 2 * Float($0 % (shape.last ?? 1)) })
  }

  @Test func addressesMayChangeBetweenRuns() throws {
    let loop = try TestLoop([4])
    let result = KernelMemory(repeating: Float(0), count: 4)
    let x = loop.input([Float](repeating: 1, count: 4))
    loop.output(loop.apply(APUS_OP_ADD, Float.self, x, x), into: result)
    try loop.run()
    let other = KernelMemory([Float(1), 2, 3, 4]), otherResult = KernelMemory(repeating: Float(0), count: 4)
    apus_loop_set_input(loop.handle, x, other.pointer)
    apus_loop_set_output(loop.handle, 0, otherResult.pointer)
    #expect(apus_loop_run(UnsafeMutableRawPointer(loop.handle)) == 0)
    #expect(result.array == [2, 2, 2, 2])
    #expect(otherResult.array == [2, 4, 6, 8])
  }

  @Test func manyRegistersShareScratch() throws {
    let loop = try TestLoop([3_000])
    let values = (0..<3_000).map { Float($0 % 17) }
    var x = loop.input(values)
    let one = loop.real(1, as: Float.self)
    for _ in 0..<120 { x = loop.apply(APUS_OP_ADD, Float.self, x, one) }
    let result = KernelMemory(repeating: Float(0), count: 3_000)
    loop.output(x, into: result)
    try loop.run()
    #expect(result.array == values.map { $0 + 120 })
  }

  @Test func denormalsAreFlushedOnEveryThread() throws {
    let loop = try TestLoop([50_000])
    let x = loop.input([Float](repeating: .leastNormalMagnitude, count: 50_000))
    let result = KernelMemory(repeating: Float(1), count: 50_000)
    loop.output(loop.apply(APUS_OP_MUL, Float.self, x, loop.real(0.25, as: Float.self)), into: result)
    try loop.run()
    #expect(result.array.allSatisfy { $0 == 0 })
    // The caller's own arithmetic keeps them.
    #expect(Float.leastNormalMagnitude * Float(1).nextUp / 4 > 0)
  }

  @Test func mistakesAreReported() throws {
    var loop = try TestLoop([4])
    #expect(loop.refusal().contains("no output"))

    loop = try TestLoop([4])
    var x = loop.input([Float](repeating: 0, count: 4))
    let whole = loop.input([Int32](repeating: 0, count: 4))
    #expect(loop.apply(APUS_OP_ADD, Float.self, x, whole) == -1)
    #expect(loop.refusal().contains("float32 and int32"))

    loop = try TestLoop([4])
    x = loop.input([Int32](repeating: 0, count: 4))
    #expect(loop.apply(APUS_OP_EXP, Int32.self, x) == -1)
    #expect(loop.refusal().contains("no meaning for int32"))

    loop = try TestLoop([4])
    x = loop.input([Float](repeating: 0, count: 4))
    #expect(loop.apply(APUS_OP_LT, Float.self, x, x) == -1)
    #expect(loop.refusal().contains("gives bool"))

    loop = try TestLoop([4])
    x = loop.input([Float](repeating: 0, count: 4))
    loop.output(x, into: KernelMemory(repeating: Float(0), count: 1), strides: [0])
    #expect(loop.refusal().contains("repeatedly"))

    loop = try TestLoop([4, 4])
    x = loop.input([Float](repeating: 0, count: 16))
    let sums = KernelMemory(repeating: Float(0), count: 4)
    loop.output(x, into: sums, reduction: APUS_REDUCE_SUM, strides: [0, 1])
    loop.output(x, into: sums, reduction: APUS_REDUCE_SUM, strides: [1, 0])
    #expect(loop.refusal().contains("same dimensions"))

    loop = try TestLoop([4])
    x = loop.input([Float](repeating: 0, count: 4))
    loop.output(loop.apply(APUS_OP_NEG, Float.self, 9), into: KernelMemory(repeating: Float(0), count: 4))
    #expect(loop.refusal().contains("register 9"))

    let unprepared = try TestLoop([1])
    #expect(apus_loop_run(UnsafeMutableRawPointer(unprepared.handle)) == 1)
  }
}
