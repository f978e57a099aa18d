import ApusGraph
import ApusNN
import ApusTensor
import ApusTrain
import Testing

/// The page "Where defaults differ": what Apus's defaults are, and what makes them PyTorch's.
@Suite struct DefaultsTests {
  @Test func normalizationHasTheDefaultsOfKeras() throws {
    #expect([BatchNorm().momentum, BatchNorm().epsilon] == [0.99, 1e-3])
    #expect(BatchNorm(momentum: 0.9).momentum == 0.9)
    #expect(BatchNorm(epsilon: 1e-5).epsilon == 1e-5)
    #expect(LayerNorm().epsilon == 1e-3)
    #expect(LayerNorm(epsilon: 1e-5).epsilon == 1e-5)
    // Of 1 and 3 the mean is 2 and the biased variance 1.
    let norm = BatchNorm()
    _ = try withPhase(.training) { try norm([[1], [3]]).literal() }
    #expect(abs(try norm.movingMean.tensor.sum().item() - 0.01 * 2) < 1e-6)
    #expect(abs(try norm.movingVariance.tensor.sum().item() - (0.99 + 0.01)) < 1e-6)
  }

  @Test func initializersAreThoseOfKeras() throws {
    let x = Tensor.ones([1, 4])
    let dense = Dense(8)
    _ = dense(x)
    let largest = try abs(dense.kernel.tensor).max().item()
    #expect(0.5 < largest && largest <= (6.0 / 12).squareRoot())
    #expect(try numbers(dense.bias?.tensor ?? x) == Array(repeating: 0, count: 8))
    let other = Dense(8, kernelInitializer: .varianceScaling(scale: 1.0 / 3, distribution: .uniform))
    _ = other(x)
    let bound = try abs(other.kernel.tensor).max().item()
    #expect(0.4 < bound && bound <= 0.5)
    let tokens = Tensor([Int32(0)], shape: [1, 1])
    let embedding = Embedding(100, 8)
    _ = embedding(tokens)
    #expect(try abs(embedding.embeddings.tensor).max().item() <= 0.05)
    let normal = Embedding(100, 8, initializer: .randomNormal(standardDeviation: 1))
    _ = normal(tokens)
    #expect(abs(try normal.embeddings.tensor.standardDeviation().item() - 1) < 0.1)
    let lstm = LSTM(8)
    _ = lstm(Tensor.ones([1, 2, 3]))
    #expect(try lstm.bias?.tensor.sum().item() == 8)
    let plain = LSTM(8, unitForgetBias: false)
    _ = plain(Tensor.ones([1, 2, 3]))
    #expect(try plain.bias?.tensor.sum().item() == 0)
  }

  @Test func layersDoWhatTheTableSays() throws {
    let dropped = withPhase(.training) { Dropout(0.3)(Tensor.ones([10_000])) }
    let values = try numbers(dropped)
    #expect(abs(Double(values.filter { $0 == 0 }.count) / 10_000 - 0.3) < 0.03)
    #expect(abs((values.max() ?? 0) - 1 / 0.7) < 1e-6)
    // Of four cells with a window of 3 and stride 2, `same` adds one cell at the end, PyTorch one on both sides.
    let x = Tensor([1, 10, 100, 1000] as [Float], shape: [1, 4, 1, 1]).broadcast(to: [1, 4, 4, 1])
    let same = Conv2D(1, kernel: 3, stride: 2, padding: .same, kernelInitializer: .ones)
    #expect(try numbers(same(x)[0, 0..., 0, 0]) == [333, 3300])
    let torch = Conv2D(8, kernel: 3, stride: 2, padding: .symmetric(1, axes: 2))
    #expect(torch(x).shape == [1, 2, 2, 8])
    #expect(MaxPool2D(2)(x).shape == [1, 2, 2, 1])
    #expect(LSTM(8)(Tensor.ones([2, 5, 3])).shape == [2, 8])
    #expect(LSTM(8, returnSequences: true)(Tensor.ones([2, 5, 3])).shape == [2, 5, 8])
    #expect(GRU(8).resetAfter && GRU(8, resetAfter: true).resetAfter)
  }

  @Test func activationsHaveTheFormsOfTheTable() throws {
    let one: Tensor = [[1]]
    let dense = Dense(8, activation: .gelu)
    #expect(dense(one).shape == [1, 8])
    // 1 · Φ(1) exactly, and by the formula with tanh.
    #expect(abs(try numbers(ActivationFunction.gelu(one))[0] - 0.8413447) < 1e-6)
    #expect(abs(try numbers(gelu(one))[0] - 0.8411920) < 1e-6)
    let x: Tensor = [-1]
    #expect(abs(try numbers(gelu(x, approximate: false))[0] + 0.1586553) < 1e-6)
    #expect(abs(try numbers(LeakyReLU()(x))[0] + 0.3) < 1e-6)
    #expect(abs(try numbers(LeakyReLU(negativeSlope: 0.01)(x))[0] + 0.01) < 1e-6)
    #expect(abs(try numbers(leakyRelu(x))[0] + 0.2) < 1e-6)
    #expect(abs(try numbers(leakyRelu(x, negativeSlope: 0.01))[0] + 0.01) < 1e-6)
  }

  @Test func lossesAreMeans() throws {
    let z: Tensor = [[1, 3], [0, 2]]
    let t: Tensor = [[0, 0], [0, 0]]
    #expect(try Loss.meanSquaredError(z, t).item() == 3.5)
    // Sample losses 5 and 2, weights 1 and 3: (5 + 6) / 2 samples.
    #expect(try Loss.meanSquaredError(z, t, weights: [1, 3]).item() == 5.5)
    #expect(Loss.crossEntropy.activation == .softmax)
  }

  @Test func optimizersHaveTheRatesOfKeras() throws {
    #expect(Optimizer.sgd().learningRate == 0.01)
    #expect(Optimizer.sgd(learningRate: 0.001).learningRate == 0.001)
    #expect(Optimizer.adamW().options.weightDecay == 0.004)
    #expect(Optimizer.adamW(weightDecay: 0.01).options.weightDecay == 0.01)
    #expect(Optimizer.rmsProp().learningRate == 0.001)
    #expect(Optimizer.rmsProp(learningRate: 0.01, rho: 0.99).learningRate == 0.01)
    #expect(Optimizer.adagrad().rule.slots[0].initial == 0.1)
    #expect(Optimizer.adagrad(learningRate: 0.01, initialAccumulator: 0).rule.slots[0].initial == 0)
    // The first step of a gradient g is rate · r g / (r g + epsilon), where r = √(1 − beta2).
    for (optimizer, epsilon) in [(Optimizer.adam(), 1e-7), (Optimizer.adam(epsilon: 1e-8), 1e-8)] {
      let parameter = Parameter(Tensor([1.0], dtype: .float64))
      let gradients = Gradients([(parameter, Tensor([epsilon], dtype: .float64))])
      try optimizer.update(Holder(parameter: parameter), gradients)
      let r = 0.001.squareRoot()
      let step = 1 - (try parameter.tensor.sum().item())
      #expect(abs(step - 0.001 * r / (r + 1)) < 1e-8, "epsilon \(epsilon)")
    }
  }

  struct Holder: Module { let parameter: Parameter }

  @Test func weightDecayIsDecoupled() throws {
    let parameter = Parameter([2])
    let optimizer = Optimizer.sgd(learningRate: 0.1, weightDecay: 0.5)
    try optimizer.update(Holder(parameter: parameter), Gradients([(parameter, [0])]))
    #expect(abs(try parameter.tensor.sum().item() - 2 * (1 - 0.1 * 0.5)) < 1e-6)
    // PyTorch's weight_decay=1e-4 adds 1e-4 · w to the gradient.
    let dense = Dense(8, kernelRegularizer: .l2(0.5e-4))
    try dense.build(inputShape: [4], seed: 1)
    let (_, gradients) = try valueAndGradient(at: dense) { ($0(Tensor.ones([1, 4])) * 0).sum() }
    let gradient = try #require(gradients[dense.kernel])
    #expect(try allClose(gradient, dense.kernel.tensor * 1e-4, relativeTolerance: 1e-4))
  }

  @Test func tensorsHaveTheTypesOfTheTable() throws {
    let bytes = Tensor([UInt8](repeating: 200, count: 1000))
    let x: Tensor = [[1, 2, 3], [4, 5, 6]]
    #expect(bytes.sum().dtype == .int64)
    #expect(try bytes.sum().item() == 200_000)
    #expect(bytes.mean().dtype == .float32)
    #expect(abs(try x.variance().item() - 17.5 / 6) < 1e-6)
    #expect(abs(try x.variance(correction: 1).item() - 3.5) < 1e-6)
    let literal: Tensor = [0.5, 1]
    #expect(literal.dtype == .float32)
    let array = [0.5, 1.0]
    #expect(Tensor(array).dtype == .float64)
    #expect(Tensor([0.5, 1.0], dtype: .float32).dtype == .float32)
    #expect(x.argmax(axis: 1).dtype == .int32)
    #expect(x.argmax(axis: 1).cast(to: .int64).dtype == .int64)
    let indices = Tensor([Int32(3)])
    #expect(throws: GraphError.self) { try x.gather(indices, axis: 1).literal() }
  }

  @Test func trainingHasTheDefaultsOfTheTable() {
    #expect(FitOptions().shuffle)
    #expect(EarlyStopping().restoreBest)
    #expect(EarlyStopping().patience == 3)
    #expect(Learner(Dense(1), loss: .meanSquaredError).seed == 0)
    #expect(Phase.current == .inference)
  }
}
