/// Grows a GMDH network layer by layer.
struct PolynomialGrowth {
  /// Features, labels and weights.
  typealias Part = (features: FeatureMatrix, numbers: [Double], weights: [Double])

  private(set) var layers: [[PolynomialNeuron]] = []
  /// What is predicted without any neuron: the mean.
  let constant: Double
  private let targets: [Double]
  private let weights: [Double]
  private let total: Double
  private let heldTargets: [Double]
  private let heldWeights: [Double]
  /// Outputs of the last layer, each for all rows.
  private var outputs: [[Double]]
  private var heldOutputs: [[Double]]
  private var leastError: Double

  init(training: Part, validation: Part) {
    (targets, weights) = (training.numbers, training.weights)
    (heldTargets, heldWeights) = (validation.numbers, validation.weights)
    total = max(weights.reduce(0, +), .leastNormalMagnitude)
    let mean = zip(targets, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    constant = mean
    outputs = (0..<training.features.columnCount).map { training.features.column($0).map { Double($0) } }
    heldOutputs = (0..<training.features.columnCount).map {
      validation.features.column($0).map { Double($0) }
    }
    leastError = zip(heldTargets, heldWeights).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 }
  }

  /// Adds the best neurons of all pairs; returns false, and adds none, where the best is not better than all before.
  mutating func addLayer(keeping width: Int, _ context: FitContext) throws -> Bool {
    let inputs = outputs.indices.map {
      PolynomialNeuron.Input($0, outputs[$0], weights: weights, total: total, held: heldOutputs[$0])
    }
    let scaled = inputs.map { input in outputs[input.place].map { input.scaled($0) } }
    let held = inputs.map { input in heldOutputs[input.place].map { input.scaled($0) } }
    var found: [(error: Double, neuron: PolynomialNeuron)] = []
    for first in inputs.indices {
      try context.progress(Double(layers.count) / Double(layers.count + 1))
      // A single column has no pair; it is paired with itself.
      for second in inputs.count == 1 ? 0..<1 : first + 1..<inputs.count {
        guard let coefficients = try fit(scaled[first], scaled[second]) else { continue }
        let error = heldTargets.indices.reduce(0) {
          let gap = heldTargets[$1] - PolynomialNeuron.value(coefficients, held[first][$1], held[second][$1])
          return $0 + gap * gap * heldWeights[$1]
        }
        found.append(
          (error, PolynomialNeuron(first: inputs[first], second: inputs[second], coefficients: coefficients)))
      }
      if context.isOutOfTime() { break }
    }
    // Sorting keeps the order of equals by their place, so that the same seed gives the same network.
    let order = found.indices.sorted { (found[$0].error, $0) < (found[$1].error, $1) }
    guard let best = order.first, found[best].error < leastError * (1 - 1e-6) else { return false }
    leastError = found[best].error
    let layer = order.prefix(width).map { found[$0].neuron }
    func run(_ values: [[Double]]) -> [[Double]] {
      layer.map { neuron in
        zip(values[neuron.first.place], values[neuron.second.place]).map {
          PolynomialNeuron.value(neuron.coefficients, $0, $1)
        }
      }
    }
    (outputs, heldOutputs) = (run(scaled), run(held))
    layers.append(layer)
    return true
  }

  /// Least squares of the targets on the six terms; nil where they have no solution.
  private func fit(_ x: [Double], _ y: [Double]) throws -> [Double]? {
    var gram = [Double](repeating: 0, count: 36)
    var right = [Double](repeating: 0, count: 6)
    gram.withUnsafeMutableBufferPointer { gram in
      right.withUnsafeMutableBufferPointer { right in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 6) { terms in
          for row in targets.indices {
            let (a, b, weight) = (x[row], y[row], weights[row])
            (terms[0], terms[1], terms[2]) = (1, a, b)
            (terms[3], terms[4], terms[5]) = (a * a, b * b, a * b)
            for i in 0..<6 {
              let factor = weight * terms[i]
              right[i] += factor * (targets[row] - constant)
              for j in 0...i { gram[i * 6 + j] += factor * terms[j] }
            }
          }
        }
      }
    }
    for i in 0..<6 {
      for j in 0..<i { gram[j * 6 + i] = gram[i * 6 + j] }
      // Outputs of one layer are much alike, and a column may be constant: a trace of ridge.
      gram[i * 7] += 1e-9 * total
    }
    guard var coefficients = try Cholesky(gram, size: 6)?.solve(right) else { return nil }
    coefficients[0] += constant
    return coefficients
  }
}
