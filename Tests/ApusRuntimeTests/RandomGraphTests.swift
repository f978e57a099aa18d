import ApusFixtures
import ApusGraph
import Testing

@testable import ApusRuntime

/// Random graphs computed as one program must give what the same operations give one at a time: fusion, views, memory
/// planning and in-place results may not show.
@Suite struct RandomGraphTests {
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private static func leaf(_ shape: Shape, _ generator: inout Generator) -> Value {
    .constant(
      Literal((0..<shape.elementCount).map { _ in Float.random(in: -2...2, using: &generator) }, shape: shape)
    )
  }

  /// One step of a recipe: picks operands among earlier values by number.
  private typealias Recipe = [([Value]) -> Value]

  private static func recipe(_ seed: UInt64) -> (leaves: [Value], steps: Recipe) {
    var generator = Generator(state: seed)
    let rows = Int.random(in: 1...7, using: &generator), columns = Int.random(in: 1...70, using: &generator)
    let shapes: [Shape] = [[rows, columns], [columns], [rows, 1], [], [columns, rows], [rows, columns]]
    let leaves = shapes.map { leaf($0, &generator) }
    var steps: Recipe = []
    for _ in 0..<Int.random(in: 3...25, using: &generator) {
      let a = Int.random(in: 0..<1000, using: &generator), b = Int.random(in: 0..<1000, using: &generator)
      let kind = Int.random(in: 0..<16, using: &generator)
      steps.append { values in
        let x = values[a % values.count], y = values[b % values.count]
        func fits(_ x: Value, _ y: Value) -> Bool { Shape.broadcast(x.shape, y.shape) != nil }
        switch kind {
        case 0 where fits(x, y): return x + y
        case 1 where fits(x, y): return x * y * 0.5
        case 2 where fits(x, y): return x - y
        case 3: return x.tanh()
        case 4: return x.maximum(x.splat(0.1))
        case 5 where x.rank == 2: return x.transposed([1, 0])
        case 6 where x.rank >= 1: return x.sum(axes: [x.rank - 1])
        case 7 where x.rank >= 1: return x.mean(axes: [0])
        case 8 where x.rank == 2: return x.reduced(.maximum, axes: [0], keepAxes: true)
        case 9 where x.rank >= 1: return x.reshaped(Shape([x.shape.elementCount]))
        case 10 where x.rank >= 1 && x.shape[0] > 1: return x.slice(axis: 0, 1..<x.shape[0])
        case 11 where x.rank >= 1: return x.reversed([x.rank - 1])
        case 12 where x.rank == 2 && y.rank == 2 && x.shape[1] == y.shape[0]: return x.matmul(y) * 0.1
        case 13 where x.rank >= 1: return Value.concatenate([x, x * 2.0], axis: x.rank - 1)
        case 14 where fits(x, y): return x.compare(.less, y).select(x.tanh(), y)
        case 15 where x.rank >= 1:
          return Value.apply(.softmax, [x])
        default: return x.logistic()
        }
      }
    }
    return (leaves, steps)
  }

  @Test(arguments: 0..<150)
  func oneProgramEqualsManySteps(seed: Int) throws {
    let (leaves, steps) = Self.recipe(UInt64(seed))
    var lazily = leaves, oneByOne = leaves
    for step in steps {
      lazily.append(step(lazily))
      let value = step(oneByOne)
      try Evaluator.evaluate([value], required: [value])
      oneByOne.append(value)
    }
    // Some are wanted, the rest lives only inside the program.
    var generator = Generator(state: UInt64(seed) &+ 99)
    let wanted = lazily.indices.filter {
      $0 == lazily.count - 1 || Int.random(in: 0..<3, using: &generator) == 0
    }
    let roots = wanted.map { lazily[$0] }.filter { $0.result == nil }
    try Evaluator.evaluate(roots, required: roots)
    for index in wanted {
      let found = difference(
        lazily[index].result!.scalars(as: Float.self), from: oneByOne[index].result!.scalars(as: Float.self),
        relative: 1e-4, absolute: 1e-4)
      #expect(found == nil, "value \(index), \(lazily[index].node.op.name)")
    }
  }
}
