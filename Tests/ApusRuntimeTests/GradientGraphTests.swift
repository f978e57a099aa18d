import ApusGraph
import ApusOpSamples
import Testing

@testable import ApusRuntime

/// The graphs that differentiation makes, on the CPU against their reference meaning.
struct GradientGraphTests {
  /// Samples with an epilogue are left out: epilogues are attached by the compiler, and to float32 only.
  private static let samples = OpSample.all.filter { sample in
    switch sample.op {
    case .dot(_, let epilogue), .convolution(_, let epilogue): epilogue == .none
    default: sample.order > 0
    }
  }

  @Test("First and second derivatives of every operation", arguments: samples, [DType.float64, .float32])
  func derivatives(_ sample: OpSample, _ dtype: DType) throws {
    // The body of a loop or of a region has types of its own.
    if case .scan = sample.op, dtype != .float64 { return }
    if case .recomputation = sample.op, dtype != .float64 { return }
    let placeholders = sample.inputs.map { Value.input($0.dtype, $0.shape) }
    let inputs = placeholders.map { $0.dtype == .float64 ? $0.cast(dtype) : $0 }
    let targets = inputs.filter { $0.dtype == dtype }
    var outputs = Node.apply(sample.op, inputs)
    for _ in 0..<sample.order {
      let floating = outputs.filter { $0.dtype == dtype }
      let seeds = floating.map { $0.filled(1) + $0 * 0.5 }
      outputs = gradients(of: floating, seeds: seeds, withRespectTo: targets)
    }
    let results = outputs.map { $0.cast(.float64) }
    let graph = Graph(inputs: placeholders, outputs: results)
    let expected = try Reference.evaluate(graph, inputs: sample.inputs)
    let program = try Program(graph)
    let actual = try results.map { try Literal.zeros($0.type) }
    try Engine.shared.run {
      try program.run(
        inputs: sample.inputs.map(\.buffer.pointer), outputs: actual.map(\.buffer.pointer))
    }
    let tolerance = dtype == .float64 ? 1e-9 : 1e-3
    for (found, wanted) in zip(actual, expected) {
      for (a, b) in zip(found.doubles, wanted.doubles) {
        #expect(a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(b)))
      }
    }
  }
}
