import Apus
import ApusAllocationCounter

// Trains a small model and prints how many pieces of memory a hundred steps allocated once the first few had been made.
// The tests run it for each size.

guard CommandLine.arguments.count == 2, let width = Int(CommandLine.arguments[1]) else {
  fatalError("usage: ApusAllocationProbe WIDTH")
}
let batch = 64
let model = Sequential {
  Dense(width, activation: .relu)
  Dense(10)
}
try model.build(inputShape: [width])
let optimizer = Optimizer.adam()
try optimizer.prepare(model)
let loss: Loss = .crossEntropy
let step = CompiledFunction { inputs in
  let (value, gradients) = try valueAndGradient(at: model) { loss($0(inputs[0]), inputs[1]) }
  try optimizer.update(model, gradients)
  return [value]
}
let inputs = [
  try RandomSource(seed: 1).normal([batch, width]).literal(),
  Literal((0..<batch).map { Int32($0 % 10) }, shape: [batch]),
]

func run() throws -> Float {
  try step(inputs)[0].withUnsafeBytes { $0.load(as: Float.self) }
}

let first = try run()
for _ in 0..<10 { _ = try run() }
let before = allocation_count()
var last: Float = 0
for _ in 0..<100 { last = try run() }
let count = allocation_count() - before
print(count, last < first ? "learned" : "did not learn")
