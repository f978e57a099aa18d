import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import ApusTestSupport
import Testing

/// The Swift of the page "From PyTorch and NumPy" about modules and training.
@Suite struct FromPyTorchTrainingTests {
  struct Net: Layer {
    let hidden = Dense(16)
    let norm = BatchNorm(momentum: 0.9, epsilon: 1e-5)
    let out = Dense(3)
    func callAsFunction(_ x: Tensor) -> Tensor { out(relu(norm(hidden(x)))) }
  }

  @Test func layersGiveTheShapesOfPyTorch() throws {
    let cases: [(layer: any Layer, input: Shape, output: Shape)] = [
      (Dense(16), [4], [16]),
      (Conv2D(8, kernel: 3, padding: .same), [6, 6, 3], [6, 6, 8]),
      (DepthwiseConv2D(kernel: 3), [6, 6, 8], [4, 4, 8]),
      (GlobalAveragePool2D(keepAxes: true), [6, 6, 8], [1, 1, 8]),
      (BatchNorm(momentum: 0.9, epsilon: 1e-5), [6, 6, 8], [6, 6, 8]),
      (LayerNorm(epsilon: 1e-5), [8], [8]),
      (LeakyReLU(negativeSlope: 0.01), [8], [8]),
      (LSTM(16, returnSequences: true, unitForgetBias: false), [5, 8], [5, 16]),
      (Dropout(0.5), [8], [8]),
      (Sequential([Dense(8), ReLU()]), [4], [8]),
    ]
    for (layer, input, output) in cases {
      let result = layer(Tensor.ones(Shape([2] + input.dimensions)))
      #expect(try result.literal().shape == Shape([2] + output.dimensions), "\(layer)")
    }
  }

  @Test func parametersAreFoundInArrays() throws {
    struct Stack: Layer {
      let blocks = (0..<3).map { _ in Dense(8) }
      let scale = Parameter(.ones)
      let mean = Parameter(.zeros, kind: .state)
      func callAsFunction(_ x: Tensor) -> Tensor {
        blocks.reduce(x) { $1($0) } * scale.tensor([8]) - mean.tensor([8])
      }
    }
    let stack = Stack()
    try stack.build(inputShape: [8], seed: 1)
    let names = try stack.parameters().map(\.name)
    #expect(names.contains("blocks.2.kernel"))
    #expect(try stack.parameterCount() == 3 * (64 + 8) + 16)
    #expect(try stack.trainableParameterCount() == 3 * (64 + 8) + 8)
  }

  @Test func aLoopTrains() throws {
    let x = RandomSource(seed: 1).normal([12, 4])
    let y = Tensor.arange(12) % 3
    let untrained = Net()
    try untrained.build(inputShape: [4], seed: 1)
    let first = try valueAndGradient(at: untrained) { Loss.crossEntropy($0(x), y) }.loss.item()
    let net = Net()
    var last = Double.infinity
    let optimizer = Optimizer.adamW(learningRate: 1e-3, weightDecay: 0.01, epsilon: 1e-8)
    try net.build(inputShape: [4], seed: 1)
    try optimizer.prepare(net)
    let step = CompiledFunction { batch in
      let (loss, gradients) = try valueAndGradient(at: net) { net in
        Loss.crossEntropy(net(batch[0]), batch[1])
      }
      try optimizer.update(net, gradients)
      return [loss]
    }
    for _ in 0..<30 { last = try step([x, y])[0].item() }
    #expect(last < first)
    #expect(optimizer.stepCount == 30)

    let trained = withPhase(.training) { net(x) }
    #expect(try numbers(trained) != numbers(net(x)))
    let constant = try valueAndGradient(at: net) { net in (net(x) - stopGradient(net(x))).sum() }
    #expect(abs(try constant.loss.item()) < 1e-5)
    try net.freeze("hidden")
    let names = try net.parameters().filter { $0.parameter.isTrainable }.map(\.name)
    #expect(names == ["norm.gamma", "norm.beta", "out.kernel", "out.bias"])

    let path = temporaryPath("net.safetensors")
    try net.saveWeights(to: path)
    let other = Net()
    try other.build(inputShape: [4], seed: 2)
    try other.loadWeights(from: path)
    #expect(try numbers(other(x)) == numbers(net(x)))
    try net.loadWeights(from: path)
  }

  @Test func gradientsAreThoseOfPyTorch() throws {
    let a: Tensor = [1, 2]
    #expect(try numbers(gradient(at: a) { ($0 * $0).sum() }) == [2, 4])
    let second = gradient(at: a) { gradient(at: $0) { power($0, 3).sum() }.sum() }
    #expect(try numbers(second).map { ($0 * 1e4).rounded() / 1e4 } == [6, 12])
  }

  @Test func lossesAreThoseOfPyTorch() throws {
    let z: Tensor = [[1, -1]]
    let t: Tensor = [[1, 0]]
    // softplus(−1)
    #expect(abs(try Loss.binaryCrossEntropy(z, t).item() - 0.3132617) < 1e-6)
    #expect(try Loss.meanSquaredError(z, t).item() == 0.5)
    #expect(try numbers(Loss.meanSquaredError.perSample(z, t)) == [0.5])
    // Of log-softmax [−0.1269, −2.1269] 0.95 and 0.05 parts are taken.
    let smoothed = Loss.crossEntropy(labelSmoothing: 0.1)
    #expect(abs(try smoothed(z, Tensor([Int32(0)])).item() - 0.2269280) < 1e-6)
    #expect(Optimizer.adam(clipping: .globalNorm(1)).options.clipping == .globalNorm(1))
    let cycle = Optimizer.adam(schedule: .oneCycle(peak: 0.01, steps: 1000))
    #expect(abs((cycle.schedule?(at: 250) ?? 0) - 0.01) < 1e-9)
  }

  @Test func dataIsBatched() throws {
    let data = try ArrayDataset(Tensor.arange(40).cast(to: .float32), targets: Tensor.arange(40) % 2)
    let loader = try DataLoader(data, batchSize: 32, shuffled: true, seed: 1, workers: 2)
    let batches = try loader.batches()
    #expect(try batches.next()?.features[0].shape == [32])
    #expect(try batches.next()?.features[0].shape == [8])
    let parts = try data.split(0.8, seed: 1)
    #expect([parts.first.count, parts.second.count] == [32, 8])
  }
}
