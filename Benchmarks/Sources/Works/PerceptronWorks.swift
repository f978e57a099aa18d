import Apus

extension Work {
  /// A small network as one meets it in a first lesson.
  static let mlp = perceptron(
    "mlp", "784-512-10, Adam, batch 128: a training step", sizes: [784, 512, 10], batch: 128,
    loss: .crossEntropy, targets: { labels(128, classes: 10) })

  /// A network so small that all that counts is what surrounds its arithmetic.
  static let tinyMLP = perceptron(
    "tiny-mlp", "19-50-50-50-50-50-1, Adam, batch 32: a training step",
    sizes: [19, 50, 50, 50, 50, 50, 1], batch: 32, loss: .meanSquaredError,
    targets: { try normal([32, 1], stream: "targets") })

  private static func perceptron(
    _ name: String, _ summary: String, sizes: [Int], batch: Int, loss: Loss,
    targets: @escaping @Sendable () throws -> Literal
  ) -> Work {
    // Three products a layer, but none for the gradient of the input.
    let products = zip(sizes, sizes.dropFirst()).map { 2.0 * Double(batch * $0 * $1) }
    let operations = 3 * products.reduce(0, +) - products[0]
    return trainingStep(
      name, summary, cost: Cost(operations: operations), loss: loss,
      inputs: { (try normal([batch, sizes[0]]), try targets()) }
    ) { _ in
      Sequential {
        for size in sizes.dropFirst().dropLast() { Dense(size, activation: .relu) }
        Dense(sizes[sizes.count - 1])
      }
    }
  }
}
