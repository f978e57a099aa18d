// A network of your own making, on data of your own making: two spirals that no straight line parts.
import Apus
import Foundation

/// A layer is any type with `callAsFunction`; its weights are found by its properties' names.
struct Residual: Layer {
  let inner = Dense(32, activation: .relu), outer = Dense(32)

  func callAsFunction(_ x: Tensor) -> Tensor { relu(x + outer(inner(x))) }
}

func spirals(_ count: Int) throws -> ArrayDataset {
  var places: [Float] = []
  for index in 0..<count {
    let turn = 3 + 9 * Float(index / 2) / Float(count / 2)
    let side: Float = index % 2 == 0 ? 1 : -1
    places += [side * turn * cos(turn) / 12, side * turn * sin(turn) / 12]
  }
  let labels = (0..<count).map { Int32($0 % 2) }
  return try ArrayDataset(
    Literal(places, shape: [count, 2]), targets: Literal(labels, shape: [count]),
    classNames: ["left", "right"])
}

let model = Sequential {
  Dense(32, activation: .relu)
  Residual()
  Residual()
  Dense(2)
}
let learner = Learner(model, loss: .crossEntropy, optimizer: .adam(learningRate: 0.005), metrics: [.accuracy])
let data = try spirals(1000)
try await learner.fit(data, epochs: 60, batchSize: 50, options: .quiet)
print(try learner.summary())
print("Accuracy: \(try learner.evaluate(data)["accuracy"] ?? 0)")
