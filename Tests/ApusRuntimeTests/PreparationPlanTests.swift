import ApusGraph
import Testing

@testable import ApusRuntime

/// Which kernels of a program run once, and which at every run.
@Suite struct PreparationPlanTests {
  private func input(_ dimensions: Int...) -> Value { .input(.float32, Shape(dimensions)) }

  private func program(_ inputs: [Value], _ output: Value, keeping: Set<Int>?) throws -> Program {
    try Program(
      Graph(inputs: inputs, outputs: [output]), keeping: keeping, optimizations: Optimizations())
  }

  @Test func aChainFromStateIsKeptUpToTheFirstKernelThatReadsMore() throws {
    let x = input(300, 8), w = input(8, 8), v = input(8, 8)
    let y = x.matmul(w.unary(.absolute).matmul(v)).unary(.exp)
    let all = try program([x, w, v], y, keeping: [1, 2])
    #expect(all.preparationNames.count == 2)
    #expect(all.stepNames.count == 2)
    let some = try program([x, w, v], y, keeping: [1])
    #expect(some.preparationNames.count == 1)
    #expect(some.stepNames.count == 3)
    #expect(try program([x, w, v], y, keeping: nil).preparationNames.isEmpty)
  }

  @Test func aViewOfAWeightIsNotCopied() throws {
    let x = input(300, 8), w = input(16, 8)
    let plan = try program([x, w], x.matmul(w.transposed([1, 0])), keeping: [1])
    #expect(plan.preparationNames.isEmpty)
    #expect(plan.preparedByteCount == 0)
  }

  @Test func aWeightThatFewRowsAreMultipliedByIsPacked() throws {
    // Not so small that no library is asked.
    let x = input(40, 64), w = input(64, 64)
    // Which layout a kernel likes best is for the processor to say.
    let packed = try program([x, w], x.matmul(w), keeping: [1])
    #expect(packed.preparationNames == ["reorder"] || packed.preparedByteCount == 0)
    #expect(packed.stepNames.count == 1)
    #expect(try program([x, w], x.matmul(w), keeping: []).preparationNames.isEmpty)
  }

  @Test func aWeightAndItsTransposeArePackedApart() throws {
    let x = input(48, 64), w = input(64, 64)
    let graph = Graph(inputs: [x, w], outputs: [x.matmul(w).matmul(w.transposed([1, 0]))])
    let inputs = graph.inputs.enumerated().map {
      OperationTests.literal(.float32, $1.shape, seed: $0, -1...1)
    }
    let found = try Literal.zeros(graph.outputs[0].type)
    let plan = try Program(graph, keeping: [1], optimizations: Optimizations())
    try Engine.shared.run {
      try plan.run(inputs: inputs.map(\.buffer.pointer), outputs: [found.buffer.pointer])
    }
    let wanted = try Reference.evaluate(graph, inputs: inputs)[0].doubles
    #expect(zip(found.doubles, wanted).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  @Test func aWeightSpreadOverALargeShapeIsNotKept() throws {
    let x = input(1000, 1024), w = input(1024)
    let spread = w.unary(.exp).broadcast(to: [1000, 1024])
    let plan = try program([x, w], x.matmul(spread.transposed([1, 0])).sum(), keeping: [1])
    #expect(plan.preparedByteCount <= 1 << 20)
  }

  @Test func onlyWhatStepsReadKeepsItsMemory() throws {
    let x = input(300, 64), w = input(64, 64)
    var weight = w
    for _ in 0..<6 { weight = weight.matmul(w) }
    let plan = try program([x, w], x.matmul(weight), keeping: [1])
    #expect(plan.preparationNames.count == 6)
    #expect(plan.preparedByteCount < 4 * w.type.byteCount)
  }

  @Test func stepsReadWhatThePreparationLeft() throws {
    let x = input(2), w = input(2, 2)
    let plan = try program(
      [x, w], x.reshaped([1, 2]).matmul(w.unary(.absolute)).reshaped([2]), keeping: [1])
    let buffers = try [8, 16, 8].map { try Buffer(byteCount: $0) }
    func set(_ buffer: Int, _ numbers: [Float]) {
      numbers.withUnsafeBytes {
        buffers[buffer].pointer.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
      }
    }
    func run(preparing: Bool) throws -> [Float] {
      try Engine.shared.run {
        try plan.run(
          inputs: buffers.prefix(2).map(\.pointer), outputs: [buffers[2].pointer], preparing: preparing)
      }
      return (0..<2).map { buffers[2].pointer.load(fromByteOffset: 4 * $0, as: Float.self) }
    }
    set(0, [1, 10])
    set(1, [-1, 2, 3, -4])
    #expect(try run(preparing: true) == [31, 42])
    set(0, [10, 1])
    set(1, [0, 0, 0, 0])
    #expect(try run(preparing: false) == [13, 24])
    #expect(try run(preparing: true) == [0, 0])
  }
}
