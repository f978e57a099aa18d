import Apus

extension Work {
  /// ResNet-50 on images of 224×224.
  static let resNet: [Work] = [resNetInference(batch: 1), resNetInference(batch: 16), resNetTraining]

  private static let resNetTraining = trainingStep(
    "resnet50-train", "ResNet-50, 224x224, batch 8, SGD with momentum 0.9: a training step",
    cost: Cost(operations: 8 * (3 * ResNet50.operations - stem)), loss: .crossEntropy,
    inputs: { (try normal([8, 224, 224, 3]), labels(8, classes: 1000)) },
    // At the usual rate the last bit of a sum decides about the next step's second digit: nothing to compare.
    optimizer: { .sgd(learningRate: $0 == .checking ? 1e-5 : 0.1, momentum: 0.9) }
  ) { _ in ResNet50() }

  private static func resNetInference(batch: Int) -> Work {
    Work(
      name: "resnet50-infer-\(batch)", summary: "ResNet-50, 224x224, batch \(batch): logits",
      cost: Cost(operations: Double(batch) * ResNet50.operations)
    ) { _ in
      let model = ResNet50()
      try model.build(inputShape: [224, 224, 3], seed: initialSeed)
      let x = try normal([batch, 224, 224, 3])
      let forward = CompiledFunction { [model($0[0])] }
      return Prepared(
        tensors: { try model.namedLiterals().merging(["input.x": x]) { $1 } },
        run: { try forward([x])[0] })
    }
  }

  /// Floating-point operations of the first convolution, whose input needs no gradient.
  private static let stem = 2.0 * 112 * 112 * 64 * 3 * 49
}
