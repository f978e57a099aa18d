import Apus

/// Something to be timed: made once, then run again and again.
struct Work: Sendable {
  let name: String
  /// What one run does, in words.
  let summary: String
  /// Floating-point operations of one run, where they can be counted; 0 otherwise.
  let operationCount: Double
  /// Makes the thing and returns one run of it.
  let prepare: @Sendable () throws -> () throws -> Void

  static let all: [Work] = [
    trainingStep("mlp", "784-512-10, Adam, batch 128", input: [784], batch: 128, classes: 10) {
      Sequential {
        Dense(512, activation: .relu)
        Dense(10)
      }
    },
    trainingStep("tiny-mlp", "19-50-50-50-50-50-1, Adam, batch 32", input: [19], batch: 32, classes: nil) {
      Sequential {
        for _ in 0..<5 { Dense(50, activation: .relu) }
        Dense(1)
      }
    },
    trainingStep(
      "cnn", "1-32-64 3x3, pool, dropout, 9216-128-10, Adam, 28x28, batch 128", input: [28, 28, 1],
      batch: 128, classes: 10
    ) {
      Sequential {
        Conv2D(32, kernel: 3, activation: .relu)
        Conv2D(64, kernel: 3, activation: .relu)
        MaxPool2D(2)
        Dropout(0.25)
        Flatten()
        Dense(128, activation: .relu)
        Dropout(0.5)
        Dense(10)
      }
    },
    Work(name: "matmul", summary: "2048 x 2048 by 2048 x 2048", operationCount: 2 * 2048 * 2048 * 2048) {
      let a = RandomSource(seed: 1).normal([2048, 2048])
      let values = [try a.literal()]
      let product = CompiledFunction { [matmul($0[0], $0[0])] }
      return { _ = try product(values) }
    },
  ]

  /// One step of training: forward, loss, gradients, update; the loss is read back.
  private static func trainingStep(
    _ name: String, _ summary: String, input: Shape, batch: Int, classes: Int?,
    _ make: @escaping @Sendable () -> Sequential
  ) -> Work {
    Work(name: name, summary: summary, operationCount: 0) {
      let model = make()
      try model.build(inputShape: input)
      let optimizer = Optimizer.adam()
      try optimizer.prepare(model)
      let random = RandomSource(seed: 7)
      let x = try random.normal(Shape([batch] + input.dimensions)).literal()
      let y =
        try classes.map { classes in
          Literal((0..<batch).map { Int32($0 % classes) }, shape: [batch])
        } ?? random.normal([batch, 1]).literal()
      let loss: Loss = classes == nil ? .meanSquaredError : .crossEntropy
      let step = CompiledFunction { inputs in
        let (value, gradients) = try valueAndGradient(at: model) { loss($0(inputs[0]), inputs[1]) }
        try optimizer.update(model, gradients)
        return [value]
      }
      return { _ = try step([x, y])[0].doubles[0] }
    }
  }
}
