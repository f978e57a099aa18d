import Apus

extension Work {
  /// The usual first convolutional network.
  static let cnn = trainingStep(
    "cnn", "1-32-64 3x3 convolutions, pool, dropout, 9216-128-10, Adam, 28x28, batch 128: a training step",
    cost: Cost(operations: 128 * (2 * conv1 + 3 * (conv2 + dense))), loss: .crossEntropy,
    inputs: { (try normal([128, 28, 28, 1]), labels(128, classes: 10)) }
  ) { purpose in
    let hasDropout = purpose == .timing
    return Sequential {
      Conv2D(32, kernel: 3, activation: .relu)
      Conv2D(64, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Dropout(hasDropout ? 0.25 : 0)
      Flatten()
      Dense(128, activation: .relu)
      Dropout(hasDropout ? 0.5 : 0)
      Dense(10)
    }
  }

  // Floating-point operations of an image's forward pass; the first convolution has no gradient of its input.
  private static let conv1 = 2.0 * 26 * 26 * 32 * 9
  private static let conv2 = 2.0 * 24 * 24 * 64 * 32 * 9
  private static let dense = 2.0 * (9216 * 128 + 128 * 10)
}
