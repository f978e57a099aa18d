import Apus

/// What the machine can do at best, measured the way that works are.
struct Roofline {
  /// Floating-point operations a second of a product of matrices that fills the caches well.
  let operationRate: Double
  /// Bytes a second of x = x + y · 2 over arrays that no cache holds: two are read, one is written.
  let byteRate: Double

  /// Measures both; takes about a second.
  static func measured() throws -> Roofline {
    let product = try Work.matmul.prepare(.timing)
    let products = try (0..<8).map { _ in try milliseconds { _ = try product.run() } }
    let count = 1 << 25
    let sum = Variable(Tensor(Literal([Float](repeating: 1, count: count), shape: [count])))
    let change = Literal([Float](repeating: 1, count: count), shape: [count])
    let triad = CompiledFunction { inputs in
      sum.assign(sum.tensor + inputs[0] * 2)
      return []
    }
    let triads = try (0..<8).map { _ in try milliseconds { _ = try triad([change]) } }
    return Roofline(
      operationRate: try Work.matmul.cost().operations / ((products.min() ?? .nan) / 1000),
      byteRate: Double(3 * 4 * count) / ((triads.min() ?? .nan) / 1000))
  }
}

/// How long something takes.
func milliseconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start) / .milliseconds(1)
}
