import ApusKernels
import Testing

/// Groups of instructions that one instruction stands for: the same bits, whoever else reads what lies between.
struct LoopContractionTests {
  private static let count = 1_003
  private let a: [Float], b: [Float], c: [Float]

  init() {
    var random = SplitMix(state: 5)
    a = random.floats(Self.count, in: 0...1)
    b = random.floats(Self.count)
    c = random.floats(Self.count)
  }

  /// Runs a loop over a, b and c that stores what `make` returns.
  private func run(_ make: (TestLoop, Int32, Int32, Int32) -> [Int32]) throws -> [[Float]] {
    let loop = try TestLoop([Self.count])
    let results = make(loop, loop.input(a), loop.input(b), loop.input(c)).map { value in
      let memory = KernelMemory(repeating: Float(0), count: Self.count)
      loop.output(value, into: memory)
      return memory
    }
    try loop.run()
    return results.map(\.array)
  }

  private func op(_ loop: TestLoop, _ opcode: Int, _ x: Int32, _ y: Int32 = -1) -> Int32 {
    loop.apply(opcode, Float.self, x, y)
  }

  @Test(arguments: [false, true], [false, true])
  func movingAverages(sumIsTurned: Bool, productIsTurned: Bool) throws {
    func average(_ loop: TestLoop, _ a: Int32, _ b: Int32, _ c: Int32) -> Int32 {
      let difference = op(loop, APUS_OP_SUB, b, a)
      let product =
        productIsTurned ? op(loop, APUS_OP_MUL, c, difference) : op(loop, APUS_OP_MUL, difference, c)
      return sumIsTurned ? op(loop, APUS_OP_ADD, product, a) : op(loop, APUS_OP_ADD, a, product)
    }
    let results = try run { loop, a, b, c in
      [average(loop, a, b, c), average(loop, a, op(loop, APUS_OP_MUL, b, b), c)]
    }
    for i in 0..<Self.count {
      #expect(results[0][i] == a[i] + (b[i] - a[i]) * c[i])
      #expect(results[1][i] == a[i] + (b[i] * b[i] - a[i]) * c[i])
    }
  }

  @Test(arguments: [false, true]) func divisionByARoot(isTurned: Bool) throws {
    let results = try run { loop, a, b, c in
      let root = op(loop, APUS_OP_SQRT, a)
      return [
        op(loop, APUS_OP_DIV, b, isTurned ? op(loop, APUS_OP_ADD, c, root) : op(loop, APUS_OP_ADD, root, c))
      ]
    }
    for i in 0..<Self.count { #expect(results[0][i] == b[i] / (a[i].squareRoot() + c[i])) }
  }

  @Test func whatOthersReadIsKept() throws {
    let results = try run { loop, a, b, c in
      let difference = op(loop, APUS_OP_SUB, b, a)
      let root = op(loop, APUS_OP_SQRT, a), square = op(loop, APUS_OP_MUL, b, b)
      let average = op(loop, APUS_OP_ADD, a, op(loop, APUS_OP_MUL, difference, c))
      let spread = op(loop, APUS_OP_ADD, a, op(loop, APUS_OP_MUL, op(loop, APUS_OP_SUB, square, a), c))
      let quotient = op(loop, APUS_OP_DIV, b, op(loop, APUS_OP_ADD, root, c))
      return [average, difference, spread, square, quotient, root]
    }
    for i in 0..<Self.count {
      #expect(results[0][i] == a[i] + (b[i] - a[i]) * c[i])
      #expect(results[1][i] == b[i] - a[i])
      #expect(results[2][i] == a[i] + (b[i] * b[i] - a[i]) * c[i])
      #expect(results[3][i] == b[i] * b[i])
      #expect(results[4][i] == b[i] / (a[i].squareRoot() + c[i]))
      #expect(results[5][i] == a[i].squareRoot())
    }
  }

  @Test func theDifferenceTheOtherWayRoundIsNoAverage() throws {
    let results = try run { loop, a, b, c in
      [op(loop, APUS_OP_ADD, a, op(loop, APUS_OP_MUL, op(loop, APUS_OP_SUB, a, b), c))]
    }
    for i in 0..<Self.count { #expect(results[0][i] == a[i] + (a[i] - b[i]) * c[i]) }
  }
}
