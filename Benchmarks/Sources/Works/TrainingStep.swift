import Apus

extension Work {
  /// One step of training: forward, loss, gradients, update; the loss is read back.
  ///
  /// `inputs` gives the model's input and the targets.
  static func trainingStep<Model: Layer>(
    _ name: String, _ summary: String, cost: Cost, loss: Loss,
    inputs: @escaping @Sendable () throws -> (x: Literal, y: Literal),
    optimizer: @escaping @Sendable (Purpose) -> Optimizer = { _ in adamOptimizer() },
    make: @escaping @Sendable (Purpose) throws -> Model
  ) -> Work {
    Work(name: name, summary: summary, cost: cost) { purpose in
      let (x, y) = try inputs()
      let model = try make(purpose)
      try model.build(
        inputShape: Shape(Array(x.shape.dimensions.dropFirst())), dtype: x.dtype, seed: initialSeed)
      let optimizer = optimizer(purpose)
      try optimizer.prepare(model)
      let step = CompiledFunction { inputs in
        let (value, gradients) = try valueAndGradient(at: model) { loss($0(inputs[0]), inputs[1]) }
        try optimizer.update(model, gradients)
        return [value]
      }
      return Prepared(
        tensors: { try model.namedLiterals().merging(["input.x": x, "input.y": y]) { $1 } },
        run: { try step([x, y])[0] })
    }
  }

  /// Adam with an epsilon so small that it makes no difference at which place a library adds it.
  static func adamOptimizer(learningRate: Double = 1e-3) -> Optimizer {
    .adam(learningRate: learningRate, epsilon: 1e-12)
  }

  /// Seeds of first parameters and of inputs.
  static let initialSeed: UInt64 = 3, inputSeed: UInt64 = 7

  /// Numbers of the standard normal distribution, the same every time.
  static func normal(_ shape: Shape, stream: String = "input") throws -> Literal {
    try RandomSource(seed: inputSeed, stream: stream).normal(shape).literal()
  }

  /// Class labels of a batch: 0, 1, 2, … and again.
  static func labels(_ count: Int, classes: Int) -> Literal {
    Literal((0..<count).map { Int32($0 % classes) }, shape: [count])
  }
}
