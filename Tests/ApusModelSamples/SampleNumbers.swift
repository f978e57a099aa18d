import ApusGraph
import ApusNN
import ApusTensor

/// Numbers of the standard normal distribution, the same every time.
package func normal(_ shape: Shape, seed: UInt64 = 7) throws -> Literal {
  try RandomSource(seed: seed, stream: "sample").normal(shape).literal()
}

/// 0, 1, 2, … below a limit, and again.
package func labels(_ shape: Shape, below limit: Int) -> Literal {
  Literal((0..<shape.elementCount).map { Int32($0 * 7 % limit) }, shape: shape)
}

extension ModelSample {
  /// One step of training: forward, loss, gradients, update.
  package static func training<Model: Layer>(
    _ name: String, x: @escaping @Sendable () throws -> Literal, y: @escaping @Sendable () throws -> Literal,
    loss: Loss = .crossEntropy, optimizer: @escaping @Sendable () -> Optimizer = { .adam() },
    _ model: @escaping @Sendable () -> Model
  ) -> ModelSample {
    ModelSample(name) {
      let model = model(), optimizer = optimizer(), inputs = [try x(), try y()]
      try build(model, for: inputs[0])
      try optimizer.prepare(model)
      let step = CompiledFunction { inputs in
        let (value, gradients) = try valueAndGradient(at: model) { loss($0(inputs[0]), inputs[1]) }
        try optimizer.update(model, gradients)
        return [value]
      }
      return (step, inputs)
    }
  }

  /// What a model says of a batch.
  static func inference<Model: Layer>(
    _ name: String, x: @escaping @Sendable () throws -> Literal, _ model: @escaping @Sendable () -> Model
  ) -> ModelSample {
    ModelSample(name) {
      let model = model(), input = try x()
      try build(model, for: input)
      return (CompiledFunction { [model($0[0])] }, [input])
    }
  }

  /// A function of tensors and no model.
  static func function(
    _ name: String, _ inputs: @escaping @Sendable () throws -> [Literal],
    _ body: @escaping @Sendable ([Tensor]) throws -> [Tensor]
  ) -> ModelSample {
    ModelSample(name) { (CompiledFunction(body), try inputs()) }
  }

  private static func build<Model: Layer>(_ model: Model, for input: Literal) throws {
    try model.build(
      inputShape: Shape(Array(input.shape.dimensions.dropFirst())), dtype: input.dtype, seed: 3)
  }
}
