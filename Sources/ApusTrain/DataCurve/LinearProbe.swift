import ApusGraph
import ApusNN
import ApusTensor

/// A linear classifier of features, by multinomial logistic regression with L2 regularization: the head that a frozen
/// backbone is trained with.
struct LinearProbe {
  private let mean: [Float]
  private let scale: [Float]
  private let weights: [Float]
  private let classCount: Int

  /// Penalty of half the squared weights, for each sample: what scikit-learn's C = 1 is.
  private static let penalty = 1.0
  private static let iterations = 60
  /// Steps that the minimizer remembers.
  private static let memory = 8
  /// Ends where a step gains less than this part of the value: the classes would stay as they are.
  private static let leastGain = 1e-6

  /// Fits features `rows`, all equally long, and their labels.
  /// - Throws: `GraphError` for what cannot be computed.
  init(_ rows: [[Float]], labels: [Int], classCount: Int) throws {
    let width = rows.first?.count ?? 0
    let count = Float(max(1, rows.count))
    var mean = [Float](repeating: 0, count: width), square = mean
    for row in rows {
      for (index, value) in row.enumerated() {
        mean[index] += value / count
        square[index] += value * value / count
      }
    }
    let stds = zip(mean, square).map { max($1 - $0 * $0, 0).squareRoot() }
    // A feature that never changes says nothing; it is kept from being blown up.
    let scale = stds.map { $0 > 1e-6 ? 1 / $0 : 0 }
    (self.mean, self.scale, self.classCount) = (mean, scale, classCount)

    let features = try Self.literal(rows, mean, scale)
    var targets = [Float](repeating: 0, count: rows.count * classCount)
    for (row, label) in labels.enumerated() { targets[row * classCount + label] = 1 }
    let wanted = Literal(targets, shape: [rows.count, classCount])
    let shape: Shape = [width + 1, classCount]
    let penalty = Self.penalty / Double(max(1, rows.count))
    let program = CompiledFunction { inputs in
      let logits = matmul(inputs[0], inputs[2])
      let (values, slopes) = (logSoftmax(logits), softmax(logits) - inputs[1])
      let loss =
        (values * inputs[1]).sum(axes: [1]).mean() * -1 + (inputs[2] * inputs[2]).sum() * (penalty / 2)
      return [
        loss, matmul(inputs[0].transposed(), slopes) / Double(inputs[0].shape[0]) + inputs[2] * penalty,
      ]
    }
    let minimizer = LBFGS(
      iterations: Self.iterations, evaluations: .max, memory: Self.memory, changeTolerance: 1e-10)
    var before = Double.infinity
    let result = try minimizer.minimize(
      from: [Double](repeating: 0, count: shape.elementCount),
      progress: { _, value in
        defer { before = value }
        return before - value >= Self.leastGain * max(abs(before), 1e-3)
      }
    ) { point in
      let result = try program([features, wanted, Literal(point.map { Float($0) }, shape: shape)])
      return (result[0].doubles[0], result[1].doubles)
    }
    weights = result.point.map { Float($0) }
  }

  /// The most likely class of each row.
  func classes(_ rows: [[Float]]) throws -> [Int] {
    guard !rows.isEmpty else { return [] }
    let features = Tensor(try Self.literal(rows, mean, scale))
    let logits = matmul(features, Tensor(Literal(weights, shape: [mean.count + 1, classCount])))
    return try logits.argmax(axis: 1).scalars(as: Int32.self).map { Int($0) }
  }

  /// Normalized rows with a one at the end, which stands for the bias.
  private static func literal(_ rows: [[Float]], _ mean: [Float], _ scale: [Float]) throws -> Literal {
    let width = mean.count
    return try Literal(dtype: .float32, shape: [rows.count, width + 1]) { bytes in
      let numbers = bytes.bindMemory(to: Float.self)
      for (index, row) in rows.enumerated() {
        let start = index * (width + 1)
        for place in 0..<width { numbers[start + place] = (row[place] - mean[place]) * scale[place] }
        numbers[start + width] = 1
      }
    }
  }
}
