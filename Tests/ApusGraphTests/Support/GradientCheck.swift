import ApusGraph
import ApusOpSamples
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
        // Two random directions find out whether anything is wrong, single elements what it is.
        var numbers = Numbers(seed: 5)
        let count = result.shape.elementCount
        var directions = (0..<2).map { _ in numbers.uniform(result.shape, -1...1).doubles }
        if try directions.contains(where: { try mismatch(graph, index, result.doubles, $0) != nil }) {
          directions += (0..<count).map { element in (0..<count).map { $0 == element ? 1 : 0 } }
          for direction in directions.reversed() {
            if let found = try mismatch(graph, index, result.doubles, direction) {
              return "order \(level), input \(index), direction \(direction): \(found)"
            }
          }
        }
      }
      loss = scalar(slopes, seed: 11)
    }
    return nil
  }

  /// How the slope along a direction differs from a central difference of fourth order, nil if it does not.
  private func mismatch(_ graph: Graph, _ index: Int, _ gradient: [Double], _ direction: [Double]) throws
    -> String?
  {
    func at(_ step: Double) throws -> Double {
      var moved = inputs
      moved[index] = Literal(
        zip(inputs[index].doubles, direction).map { $0 + step * $1 }, shape: inputs[index].shape)
      return try Reference.evaluate(graph, inputs: moved)[0].doubles[0]
    }
    let step = 1e-4
    let near = try at(step) - at(-step), far = try at(2 * step) - at(-2 * step)
    let expected = (8 * near - far) / (12 * step)
    let slope = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
    return abs(slope - expected) <= tolerance * max(1, abs(expected))
      ? nil : "\(slope) where differences give \(expected)"
  }
}
