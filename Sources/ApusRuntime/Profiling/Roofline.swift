import ApusGraph

/// What the machine can do at best, as measured: kernels are held against it.
public struct Roofline: Sendable, Hashable {
  /// Operations a second in a large product of float32 matrices.
  public var operationRate: Double
  /// Bytes a second between memory and processor.
  public var memoryRate: Double

  /// Rates known from elsewhere.
  public init(operationRate: Double, memoryRate: Double) {
    self.operationRate = operationRate
    self.memoryRate = memoryRate
  }

  /// Seconds that a step takes at these rates, whichever of them holds it up.
  func seconds(for step: Profile.Step) -> Double {
    max(step.operationCount / operationRate, (step.bytesRead + step.bytesWritten) / memoryRate)
  }

  /// Measures this machine with programs of this library; takes about a quarter of a second and 256 MB.
  /// - Throws: `GraphError` when the programs cannot be made.
  public static func measure() throws -> Roofline {
    try Engine.shared.run {
      let side = 1536
      let matrix = Value.input(.float32, [side, side]), other = Value.input(.float32, [side, side])
      let product = try Measurement(Graph(inputs: [matrix, other], outputs: [matrix.matmul(other)]))
      // Twice what the last cache of most processors holds, for each of three arrays.
      let count = 1 << 24
      let first = Value.input(.float32, [count]), second = Value.input(.float32, [count])
      let sum = try Measurement(Graph(inputs: [first, second], outputs: [first + second]))
      let byteCount = Double(3 * 4 * count)
      return Roofline(
        operationRate: 2 * Double(side * side * side) / (try product.bestSeconds(of: 6)),
        memoryRate: byteCount / (try sum.bestSeconds(of: 6)))
    }
  }
}

/// A program over memory of its own.
private struct Measurement {
  let program: Program
  let inputs: [Buffer]
  let outputs: [Buffer]

  init(_ graph: Graph) throws {
    program = try Program(graph, optimizations: Optimizations())
    inputs = try graph.inputs.map { try Buffer(byteCount: $0.type.byteCount) }
    outputs = try graph.outputs.map { try Buffer(byteCount: $0.type.byteCount) }
    for buffer in inputs {
      buffer.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: buffer.byteCount)
    }
  }

  /// The shortest of several runs; the first, which warms up, is left out.
  func bestSeconds(of runs: Int) throws -> Double {
    var best = Double.infinity
    for run in 0..<runs {
      let start = ContinuousClock.now
      try program.run(inputs: inputs.map(\.pointer), outputs: outputs.map(\.pointer))
      let duration = start.duration(to: .now)
      if run > 0 { best = min(best, duration / .seconds(1)) }
    }
    return best
  }
}
