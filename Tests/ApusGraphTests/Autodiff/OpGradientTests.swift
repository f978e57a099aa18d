import ApusGraph
import ApusOpSamples
import Testing

struct OpGradientTests {
  @Test("Gradients equal finite differences", arguments: OpSample.all.filter { $0.order > 0 })
  func gradientsEqualDifferences(_ sample: OpSample) throws {
    let check = GradientCheck(sample.inputs) { Node.apply(sample.op, $0) }
    #expect(try check.difference(order: sample.order) == nil)
  }

  @Test(
    "Operations without a gradient give zeros or say so", arguments: OpSample.all.filter { $0.order == 0 })
  func withoutGradient(_ sample: OpSample) throws {
    let inputs = sample.inputs.map { Value.constant($0) }
    let results = Node.apply(sample.op, inputs)
    #expect(results.allSatisfy { $0.failure == nil })
    let loss = results.filter { $0.dtype.isFloating }.map { $0.sum() }.reduce(Value.scalar(0, .float64), +)
    let targets = inputs.filter { $0.dtype.isFloating }
    for (target, gradient) in zip(targets, gradients(of: loss, withRespectTo: targets)) {
      if let failure = gradient.failure {
        #expect(failure.kind == .gradient)
      } else {
        #expect(gradient.type == target.type)
      }
    }
  }
}
