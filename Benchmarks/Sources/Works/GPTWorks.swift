import Apus

extension Work {
  /// A small model of characters.
  static let gptTrain = trainingStep(
    "gpt-train", "GPT, 6 layers, 384 wide, 6 heads, 256 tokens, Adam, batch 8: a training step",
    cost: Cost(operations: 3 * smallForward), loss: .crossEntropy,
    inputs: { (tokens([8, 256], below: 65, stream: 0), tokens([8, 256], below: 65, stream: 1)) },
    optimizer: { _ in adamOptimizer(learningRate: 3e-4) }
  ) { _ in GPT.small() }

  /// All logits of a text.
  static let gpt2Infer = Work(
    name: "gpt2-infer", summary: "GPT-2 small, 128 tokens, batch 1: logits for all",
    cost: Cost(operations: 128 * gpt2Token + 4 * 12 * 128 * 129 / 2 * 768, bytes: gpt2Bytes)
  ) { _ in
    let model = GPT.gpt2(), x = tokens([1, 128], below: 50257, stream: 0)
    try model.build(inputShape: [128], dtype: .int32, seed: initialSeed)
    let forward = CompiledFunction { [model($0[0])] }
    return Prepared(
      tensors: { try model.namedLiterals().merging(["input.x": x]) { $1 } }, run: { try forward([x])[0] })
  }

  /// One more token of a text of 128, whose keys and values are at hand.
  static let gpt2Decode = Work(
    name: "gpt2-decode", summary: "GPT-2 small, one token after 128 with a cache, batch 1: its logits",
    cost: Cost(operations: gpt2Token + 4 * 12 * 129 * 768, bytes: gpt2Bytes)
  ) { _ in
    let model = GPT.gpt2(), x = tokens([1, 1], below: 50257, stream: 0)
    try model.build(inputShape: [1], dtype: .int32, seed: initialSeed)
    var tensors = ["input.x": x]
    let caches = try (0..<12).map { index in
      let cache = KeyValueCache(capacity: 256, heads: 12, size: 64)
      for (name, cell) in [("keys", cache.keys), ("values", cache.values)] {
        let numbers = try normal(cell.shape, stream: "\(name) \(index)")
        tensors["input.\(name).\(index)"] = numbers
        cell.assign(Tensor(numbers))
      }
      return cache
    }
    let inputs = tensors
    let position = Literal([128 as Int32], shape: [])
    let step = CompiledFunction { [model($0[0], caches: caches, position: $0[1])] }
    return Prepared(
      tensors: { try model.namedLiterals().merging(inputs) { $1 } }, run: { try step([x, position])[0] })
  }

  /// Token numbers that look random, the same every time.
  private static func tokens(_ shape: Shape, below count: Int, stream: Int) -> Literal {
    var state = UInt64(stream + 1)
    return Literal(
      (0..<shape.elementCount).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int32((state >> 33) % UInt64(count))
      }, shape: shape)
  }

  // Floating-point operations of the forward pass: two for each weight and token, and the products of queries
  // and keys and of probabilities and values, where a position sees half of the others.
  private static let smallForward =
    2048.0 * 2 * Double(6 * 12 * 384 * 384 + 384 * 65) + 8 * 6 * 4 * 256 * 257 / 2 * 384
  private static let gpt2Weights = 12 * 12 * 768 * 768 + 50257 * 768
  private static let gpt2Token = 2.0 * Double(gpt2Weights)
  private static let gpt2Bytes = 4.0 * Double(gpt2Weights)
}
