import ApusGraph
import ApusTensor

/// A linear classifier of features, by multinomial logistic regression with a small penalty on its weights: what a
/// network's last layer learns when all before it stays as it is.
struct LinearProbe {
  private let mean: [Float]
  private let scale: [Float]
  private let weights: [Float]
  private let classCount: Int

  /// Penalty of half the squared weights, for each sample: what scikit-learn's C = 1 is.
  private static let penalty = 1.0
  private static let iterations = 60
  /// Steps that the minimiser remembers.
  private static let memory = 8

  /// Learns from features `rows` and their labels.
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
    let deviations = zip(mean, square).map { max($1 - $0 * $0, 0).squareRoot() }
    // A feature that never changes says nothing; it is kept from being blown up.
    let scale = deviations.map { $0 > 1e-6 ? 1 / $0 : 0 }
    (self.mean, self.scale, self.classCount) = (mean, scale, classCount)

    let features = Self.literal(rows, mean, scale)
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
    weights = try Self.minimum(from: [Float](repeating: 0, count: shape.elementCount)) { point in
      let result = try program([features, wanted, Literal(point, shape: shape)])
      return (result[0].doubles[0], result[1].scalars(as: Float.self))
    }
  }

  /// The most likely class of each row.
  func classes(_ rows: [[Float]]) throws -> [Int] {
    guard !rows.isEmpty else { return [] }
    let features = Tensor(Self.literal(rows, mean, scale))
    let logits = matmul(features, Tensor(Literal(weights, shape: [mean.count + 1, classCount])))
    return try logits.argmax(axis: 1).scalars(as: Int32.self).map { Int($0) }
  }

  /// Standardised rows with a one at the end, which stands for the bias.
  private static func literal(_ rows: [[Float]], _ mean: [Float], _ scale: [Float]) -> Literal {
    let width = mean.count
    return Literal(dtype: .float32, shape: [rows.count, width + 1]) { bytes in
      let numbers = bytes.bindMemory(to: Float.self)
      for (index, row) in rows.enumerated() {
        let start = index * (width + 1)
        for place in 0..<width { numbers[start + place] = (row[place] - mean[place]) * scale[place] }
        numbers[start + width] = 1
      }
    }
  }

  /// The point of the smallest value, by limited-memory BFGS with halved steps (Nocedal and Wright, "Numerical
  /// Optimization", algorithms 7.4 and 3.1).
  private static func minimum(
    from start: [Float], of function: ([Float]) throws -> (value: Double, slope: [Float])
  ) throws -> [Float] {
    var point = start
    var (value, slope) = try function(point)
    var history: [(step: [Float], change: [Float], product: Float)] = []
    for _ in 0..<iterations {
      let direction = direction(slope, history)
      let descent = dot(direction, slope)
      guard descent < -1e-10 else { break }
      var length: Float = history.isEmpty ? 1 / max(1, dot(slope, slope).squareRoot()) : 1
      var next = point, result = (value: Double.infinity, slope: slope)
      for _ in 0..<20 {
        next = zip(point, direction).map { $0 + length * $1 }
        result = try function(next)
        if result.value <= value + 1e-4 * Double(length * descent) { break }
        length /= 2
      }
      guard result.value < value else { break }
      let step = zip(next, point).map { $0 - $1 }, change = zip(result.slope, slope).map { $0 - $1 }
      let product = dot(step, change)
      if product > 1e-12 { history.append((step, change, product)) }
      if history.count > memory { history.removeFirst() }
      let gain = value - result.value
      (point, value, slope) = (next, result.value, result.slope)
      if gain < 1e-6 * max(abs(value), 1e-3) { break }
    }
    return point
  }

  private static func direction(
    _ slope: [Float], _ history: [(step: [Float], change: [Float], product: Float)]
  ) -> [Float] {
    var direction = slope.map { -$0 }
    var shares: [Float] = []
    for entry in history.reversed() {
      let share = dot(entry.step, direction) / entry.product
      shares.append(share)
      for index in direction.indices { direction[index] -= share * entry.change[index] }
    }
    if let last = history.last {
      let factor = last.product / max(dot(last.change, last.change), 1e-20)
      for index in direction.indices { direction[index] *= factor }
    }
    for (entry, share) in zip(history, shares.reversed()) {
      let other = dot(entry.change, direction) / entry.product
      for index in direction.indices { direction[index] += (share - other) * entry.step[index] }
    }
    return direction
  }

  private static func dot(_ a: [Float], _ b: [Float]) -> Float {
    var sum: Float = 0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }
}
