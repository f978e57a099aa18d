import ApusGraph
import ApusNN
import ApusTensor

/// Models large enough for their work to be shared among threads, each for something that could be split differently.
extension ModelSample {
  /// All of them.
  package static let large: [ModelSample] = [
    .training("large-dense", x: { try normal([128, 784]) }, y: { labels([128], below: 10) }) {
      Sequential {
        Dense(512, activation: .relu)
        Dense(10)
      }
    },
    .function("large-convolution", { [try normal([8, 28, 28, 16]), try normal([3, 3, 16, 32], seed: 8)] }) {
      inputs in
      // The gradient with respect to the images: that of the filters is apart.
      let result = valueAndGradient(at: inputs[0]) { x in
        square(conv(x, inputs[1], strides: 2, padding: .same)).mean()
      }
      return [result.value, result.gradient]
    },
    .function("large-depthwise", { [try normal([4, 40, 40, 32]), try normal([3, 3, 1, 32], seed: 8)] }) {
      inputs in
      let result = valueAndGradient(at: inputs[0]) { x in
        square(conv(x, inputs[1], padding: .same, groups: 32)).mean()
      }
      return [result.value, result.gradient]
    },
    .function("large-pooling", { [try normal([8, 56, 56, 16])] }) { inputs in
      let result = valueAndGradient(at: inputs[0]) { x in
        square(MaxPool2D(3, stride: 2)(x)).sum() + square(AveragePool2D(2)(x)).sum()
      }
      return [result.value, result.gradient]
    },
    .function("large-products", { [try normal([25088, 64]), try normal([25088, 48], seed: 8)] }) { inputs in
      // A long sum for each of few results, as in the gradient of a layer's kernel, and short sums for many.
      let kernel = matmul(inputs[0].transposed([1, 0]), inputs[1])
      return [kernel, matmul(inputs[0], kernel)]
    },
    .inference("large-convolution-infer", x: { try normal([2, 48, 48, 64]) }) {
      // Winograd's way, a product of 1×1, a depthwise convolution.
      Sequential {
        Conv2D(64, kernel: 3, padding: .same, activation: .relu)
        Conv2D(64, kernel: 1, activation: .relu)
        DepthwiseConv2D(kernel: 3, padding: .same, activation: .relu6)
      }
    },
    .training("large-batch-norm", x: { try normal([8, 24, 24, 32]) }, y: { labels([8], below: 10) }) {
      Sequential {
        BatchNorm()
        Activation(.relu)
        GlobalAveragePool2D()
        Dense(10)
      }
    },
    .training("large-layer-norm", x: { try normal([64, 40, 64]) }, y: { labels([64, 40], below: 64) }) {
      Sequential {
        LayerNorm()
        Activation(.gelu)
        Dropout(0.2, source: RandomSource(seed: 9))
        LayerNorm()
      }
    },
    .training(
      "large-lstm", x: { try normal([32, 20, 24]) }, y: { try normal([32, 1], seed: 8) },
      loss: .meanSquaredError
    ) {
      Sequential {
        LSTM(48)
        Dense(1)
      }
    },
    .training("large-gru", x: { try normal([32, 20, 24]) }, y: { labels([32], below: 4) }) {
      Sequential {
        Bidirectional { GRU(24) }
        Dense(4)
      }
    },
    .training("large-attention", x: { try normal([4, 96, 64]) }, y: { labels([4, 96], below: 30) }) {
      Sequential {
        TransformerBlock(64, heads: 4, hidden: 128, causal: true)
        Dense(30)
      }
    },
    .training("large-embedding", x: { labels([64, 50], below: 500) }, y: { labels([64], below: 5) }) {
      Sequential {
        Embedding(500, 48)
        GlobalAveragePool1D()
        Dense(5)
      }
    },
    .function("large-reductions", { [try normal([300, 700]), labels([300], below: 700)] }) { inputs in
      let x = inputs[0]
      let loss = valueAndGradient(at: x) { Loss.crossEntropy(labelSmoothing: 0.1)($0, inputs[1]) }
      return [
        loss.value, loss.gradient, x.sum(), x.sum(axes: [0]), square(x).mean(axes: [1]), softmax(x),
        x.max(axes: [0]), exp(x).sum(axes: [0, 1]),
      ]
    },
  ]

  /// What oneDNN sums in an order that depends on the number of threads.
  package static let filterGradients: [ModelSample] = [1, 2].map { stride in
    .function(
      "filter-gradient-\(stride)", { [try normal([8, 28, 28, 16]), try normal([3, 3, 16, 32], seed: 8)] }
    ) { inputs in
      [
        gradient(at: inputs[1]) { w in
          square(conv(inputs[0], w, strides: SpatialSize(stride), padding: .same)).mean()
        }
      ]
    }
  }
}
