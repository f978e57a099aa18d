import ApusGraph
import Testing

/// Compares gradients with central differences in float64, through the reference interpreter.
struct GradientCheck {
  let inputs: [Literal]
  /// Builds values from placeholders for the inputs.
  let build: ([Value]) -> [Value]
  /// The inputs that are differentiated; all floating-point ones by default.
  var differentiated: [Int]
  var tolerance = 2e-6

  init(_ inputs: [Literal], differentiated: [Int]? = nil, _ build: @escaping ([Value]) -> [Value]) {
    self.inputs = inputs
    self.build = build
    self.differentiated = differentiated ?? inputs.indices.filter { inputs[$0].dtype.isFloating }
  }

  /// A weighted sum of the floating-point outputs: the scalar that is differentiated.
  private func scalar(_ outputs: [Value], seed: UInt64) -> Value {
    var numbers = Numbers(seed: seed)
    return outputs.filter { $0.dtype.isFloating }
      .map { output in
        // What combining no elements gives may be infinite.
        let finite = output.unary(.isFinite).select(output, output.splat(0))
        return (finite * .constant(numbers.uniform(output.shape, 0.5...1.5))).sum()
      }
      .reduce(Value.scalar(0, .float64), +)
  }

  /// Checks first derivatives, and second ones if asked to. Returns what differs, nil if nothing does.
  func difference(order: Int) throws -> String? {
    let placeholders = inputs.map { Value.input($0.dtype, $0.shape) }
    var loss = scalar(build(placeholders), seed: 7)
    for level in 1...max(order, 1) {
      let targets = differentiated.map { placeholders[$0] }
      let slopes = gradients(of: loss, withRespectTo: targets)
      let results = try Reference.evaluate(Graph(inputs: placeholders, outputs: slopes), inputs: inputs)
      let graph = Graph(inputs: placeholders, outputs: [loss])
      for (index, result) in zip(differentiated, results) {
        guard result.shape == inputs[index].shape else {
          return "gradient \(index) has shape \(result.shape)"
        }
        for (element, slope) in result.doubles.enumerated() {
          func at(_ step: Double) throws -> Double {
            var moved = inputs
            moved[index] = inputs[index].moved(element, by: step)
            return try Reference.evaluate(graph, inputs: moved)[0].doubles[0]
          }
          let step = 1e-4
          // Fourth order, so that the step may be large.
          let near = try at(step) - at(-step), far = try at(2 * step) - at(-2 * step)
          let expected = (8 * near - far) / (12 * step)
          if !(abs(slope - expected) <= tolerance * max(1, abs(expected))) {
            return
              "order \(level), input \(index), element \(element): \(slope) where differences give \(expected)"
          }
        }
      }
      loss = scalar(slopes, seed: 11)
    }
    return nil
  }
}
