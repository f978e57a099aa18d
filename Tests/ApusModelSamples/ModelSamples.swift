import ApusGraph
import ApusNN
import ApusTensor

extension ModelSample {
  /// All samples, each for something that compilation does.
  package static let all: [ModelSample] = perceptrons + convolutional + sequences + optimizers + functions

  /// The sample of a name.
  package static func named(_ name: String) -> ModelSample? { all.first { $0.name == name } }

  private static let perceptrons: [ModelSample] = [
    .training("mlp-train", x: { try normal([16, 20]) }, y: { labels([16], below: 5) }) {
      Sequential {
        Dense(32, activation: .relu)
        Dense(5)
      }
    },
    .inference("mlp-infer", x: { try normal([16, 20]) }) {
      Sequential {
        Dense(32, activation: .relu)
        Dense(5)
      }
    },
    .training(
      "tiny-mlp-train", x: { try normal([8, 19]) }, y: { try normal([8, 1]) }, loss: .meanSquaredError
    ) {
      Sequential {
        for _ in 0..<5 { Dense(50, activation: .relu) }
        Dense(1)
      }
    },
    .training(
      "regression-train", x: { try normal([8, 6]) }, y: { try normal([8, 1]) }, loss: .huber,
      optimizer: { .sgd(learningRate: 0.1) }
    ) {
      Sequential {
        Normalization()
        Dense(12, activation: .tanh, kernelRegularizer: .l2(0.01))
        Dense(1)
      }
    },
    .training("dropout-train", x: { try normal([16, 20]) }, y: { labels([16], below: 5) }) {
      Sequential {
        Dense(32, activation: .gelu)
        Dropout(0.4, source: RandomSource(seed: 9))
        Dense(5)
      }
    },
  ]

  private static let convolutional: [ModelSample] = [
    .training("cnn-train", x: { try normal([4, 12, 12, 1]) }, y: { labels([4], below: 10) }) {
      cnn()
    },
    .inference("cnn-infer", x: { try normal([4, 12, 12, 1]) }) { cnn() },
    .training(
      "residual-train", x: { try normal([4, 8, 8, 16]) }, y: { labels([4], below: 5) },
      optimizer: { .sgd(learningRate: 0.1, momentum: 0.9) }
    ) { ResidualNetwork() },
    .inference("residual-infer", x: { try normal([4, 8, 8, 16]) }) { ResidualNetwork() },
    .training("depthwise-train", x: { try normal([2, 9, 9, 8]) }, y: { labels([2], below: 3) }) {
      Sequential {
        DepthwiseConv2D(kernel: 3, padding: .same, activation: .relu6)
        Conv2D(12, kernel: 1, activation: .silu)
        GlobalAveragePool2D()
        Dense(3)
      }
    },
    .training(
      "transposed-train", x: { try normal([2, 5, 5, 4]) }, y: { try normal([2, 10, 10, 3], seed: 8) },
      loss: .meanSquaredError
    ) {
      Sequential {
        Conv2D(8, kernel: 3, padding: .same, activation: .leakyRelu)
        Conv2DTranspose(3, kernel: 2, stride: 2)
      }
    },
  ]

  private static let sequences: [ModelSample] = [
    .training("embedding-train", x: { labels([6, 9], below: 30) }, y: { labels([6], below: 4) }) {
      Sequential {
        Embedding(30, 12)
        GlobalAveragePool1D()
        Dense(4)
      }
    },
    .inference("layernorm-gelu", x: { try normal([12, 40]) }) {
      Sequential {
        LayerNorm()
        Activation(.gelu)
      }
    },
    .training("attention-train", x: { try normal([2, 7, 16]) }, y: { labels([2, 7], below: 6) }) {
      transformer()
    },
    .inference("attention-infer", x: { try normal([2, 7, 16]) }) { transformer() },
    .training("recurrent-train", x: { try normal([3, 6, 5]) }, y: { labels([3], below: 4) }) { recurrent() },
    .inference("recurrent-infer", x: { try normal([3, 6, 5]) }) { recurrent() },
    .training("checkpointed-train", x: { try normal([2, 7, 16]) }, y: { labels([2, 7], below: 6) }) {
      checkpointedTransformer()
    },
    .function(
      "scan-gradient", { [try normal([7, 3, 5]), try normal([5, 5], seed: 8), try normal([3, 5])] }
    ) {
      let (value, gradients) = valueAndGradient(at: $0) { point in
        let (last, all) = scan(over: point[0], initial: point[2]) { carry, slice in
          let next = tanh(slice + matmul(carry, point[1]))
          return (next, next)
        }
        return (square(last) + all.sum(axes: [0])).sum()
      }
      return [value] + gradients
    },
    .function("while-loop", { [try normal([4, 6])] }) { inputs in
      whileLoop(initial: inputs) {
        square($0[0]).sum() .> 1
      } body: {
        [$0[0] * 0.5]
      }
    },
  ]

  /// Loops that have a kernel of their own, and one that is a scan.
  private static func recurrent() -> Sequential {
    Sequential {
      LSTM(7, returnSequences: true)
      Bidirectional { GRU(4, returnSequences: true) }
      SimpleRNN(5, activation: .relu)
      Dense(4)
    }
  }

  private static let optimizers: [ModelSample] = [
    optimizer("adam-step") { .adam(learningRate: 0.01) },
    optimizer("adamw-step") {
      .adamW(
        learningRate: 0.01, weightDecay: 0.1, decays: OptimizerOptions.kernelsOnly, clipping: .globalNorm(1))
    },
    optimizer("sgd-step") { .sgd(learningRate: 0.01, momentum: 0.9, nesterov: true) },
  ]

  private static let functions: [ModelSample] = [
    .function("gather-scatter", { [try normal([9, 6]), labels([5], below: 9)] }) { inputs in
      let gradients = valueAndGradient(at: inputs[0]) { table in
        square(table.gather(inputs[1])).sum()
      }
      return [gradients.value, gradients.gradient]
    },
    .function("softmax-cross-entropy", { [try normal([6, 11]), labels([6], below: 11)] }) { inputs in
      let result = valueAndGradient(at: inputs[0]) { Loss.crossEntropy(labelSmoothing: 0.1)($0, inputs[1]) }
      return [result.value, result.gradient]
    },
    .function("second-derivative", { [try normal([4, 5]), try normal([5, 3], seed: 8)] }) { inputs in
      let result = valueAndGradient(at: inputs[1]) { w in
        square(gradient(at: inputs[0]) { x in tanh(matmul(x, w)).sum() }).sum()
      }
      return [result.value, result.gradient]
    },
  ]

  /// An update of parameters of several shapes by gradients that are given.
  private static func optimizer(
    _ name: String, _ make: @escaping @Sendable () -> Optimizer
  ) -> ModelSample {
    ModelSample(name) {
      let model = Sequential {
        Dense(7)
        Dense(4)
      }
      try model.build(inputShape: [5], seed: 3)
      let optimizer = make()
      try optimizer.prepare(model)
      let parameters = try model.parameters().map(\.parameter)
      let step = CompiledFunction { inputs in
        try optimizer.update(model, Gradients(zip(parameters, inputs).map { ($0, $1) }))
        return []
      }
      return (step, try parameters.enumerated().map { try normal($1.shape!, seed: UInt64(11 + $0)) })
    }
  }

  private static func checkpointedTransformer() -> Sequential {
    Sequential {
      for _ in 0..<2 {
        Checkpointed { TransformerBlock(16, heads: 2, hidden: 32, causal: true, dropout: 0.1) }
      }
      Dense(6)
    }
  }

  private static func transformer() -> Sequential {
    Sequential {
      TransformerBlock(16, heads: 2, hidden: 32, causal: true)
      Dense(6)
    }
  }

  private static func cnn() -> Sequential {
    Sequential {
      Conv2D(8, kernel: 3, activation: .relu)
      Conv2D(12, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Dropout(0.25, source: RandomSource(seed: 10))
      Flatten()
      Dense(16, activation: .relu)
      Dense(10)
    }
  }
}

/// A residual block with batch normalization between two convolutions, and a shortcut of its own.
private struct ResidualNetwork: Layer {
  let first = Conv2D(16, kernel: 3, stride: 2, padding: .same, useBias: false), firstNorm = BatchNorm()
  let second = Conv2D(16, kernel: 3, padding: .same, useBias: false), secondNorm = BatchNorm()
  let shortcut = Conv2D(16, kernel: 1, stride: 2, useBias: false), shortcutNorm = BatchNorm()
  let pool = GlobalAveragePool2D(), head = Dense(5)

  func callAsFunction(_ x: Tensor) -> Tensor {
    let inner = secondNorm(second(relu(firstNorm(first(x)))))
    return head(pool(relu(inner + shortcutNorm(shortcut(x)))))
  }
}
