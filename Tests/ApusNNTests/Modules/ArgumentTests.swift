import ApusGraph
import ApusNN
import ApusTensor
import Testing

/// Arguments that make no sense are errors that name them, at the first use: never NaN or another model in silence.
@Suite struct ArgumentTests {
  private static let x = RandomSource(seed: 3).normal([2, 6, 6, 4])

  static let layers: [(name: String, layer: any Layer, input: Tensor)] = {
    let sequence = Tensor(x.value.reshaped([2, 36, 4])), rows = Tensor(x.value.reshaped([2, 144]))
    let images: [(String, any Layer)] = [
      ("filters 0", Conv2D(0, kernel: 3)), ("filters -1", Conv2D(-1, kernel: 3)),
      ("kernel 0", Conv2D(2, kernel: 0)), ("kernel -3", Conv2D(2, kernel: -3)),
      ("three kernels", Conv2D(2, kernel: [1, 2, 3])), ("stride 0", Conv2D(2, kernel: 3, stride: 0)),
      ("stride -1", Conv2D(2, kernel: 3, stride: -1)), ("dilation 0", Conv2D(2, kernel: 3, dilation: 0)),
      ("groups 0", Conv2D(2, kernel: 3, groups: 0)), ("groups 3", Conv2D(2, kernel: 3, groups: 3)),
      ("transposed filters", Conv2DTranspose(0, kernel: 3)),
      ("transposed kernel", Conv2DTranspose(2, kernel: 0)),
      ("transposed stride", Conv2DTranspose(2, kernel: 3, stride: 0)),
      ("depthwise kernel", DepthwiseConv2D(kernel: 0)),
      ("depthwise multiplier", DepthwiseConv2D(kernel: 3, multiplier: 0)),
      ("depthwise stride", DepthwiseConv2D(kernel: 3, stride: 0)),
      ("separable filters", SeparableConv2D(0, kernel: 3)),
      ("pool window", MaxPool2D(0)), ("pool stride", MaxPool2D(2, stride: 0)),
      ("pool sizes", AveragePool2D([2, 2, 2])), ("negative stride", AveragePool2D(2, stride: -2)),
      ("padding", ZeroPadding2D(-1)), ("cropping", Cropping2D(-1)), ("factor", UpSampling2D(0)),
      ("momentum", BatchNorm(momentum: 1.5)), ("epsilon", BatchNorm(epsilon: 0)),
      ("epsilon of layers", LayerNorm(epsilon: -1)), ("axes", LayerNorm(axisCount: 0)),
      ("epsilon of roots", RMSNorm(epsilon: -1)), ("epsilon of instances", InstanceNorm(epsilon: -0.1)),
      ("dropout 1", Dropout(1)), ("dropout 2", Dropout(2)), ("dropout -1", Dropout(-0.1)),
      ("dropout nan", Dropout(.nan)), ("spatial dropout", SpatialDropout(1)),
      ("stochastic depth", StochasticDepth(1)), ("noise", GaussianNoise(-1)),
      ("slope", ReLU(negativeSlope: -1)), ("maximum", ReLU(maximum: -1)), ("threshold", ReLU(threshold: -1)),
    ]
    let sequences: [(String, any Layer)] = [
      ("units of LSTM", LSTM(0)), ("units of GRU", GRU(-1)), ("units of RNN", SimpleRNN(0)),
      ("dropout of LSTM", LSTM(2, dropout: 1)), ("recurrent dropout", GRU(2, recurrentDropout: 2)),
      ("heads", MultiHeadAttention(heads: 0, keySize: 4)),
      ("key heads", MultiHeadAttention(heads: 4, keySize: 4, keyHeads: 3)),
      ("output", MultiHeadAttention(heads: 2, keySize: 4, outputSize: 0)),
      ("heads that do not divide", SelfAttention(4, heads: 3)), ("block", TransformerBlock(4, heads: 3)),
      ("hidden", TransformerBlock(4, heads: 2, hidden: 0)),
      ("block's dropout", TransformerBlock(4, heads: 2, dropout: 1)),
      (
        "directions",
        Bidirectional(forward: LSTM(2, returnSequences: true), backward: LSTM(2))
      ),
    ]
    let vectors: [(String, any Layer)] = [
      ("units", Dense(0)), ("negative units", Dense(-3)),
      ("scale", Dense(2, kernelInitializer: .varianceScaling(scale: -1))),
    ]
    let indices = Tensor(Literal([0, 1] as [Int32], shape: [2]))
    return images.map { ($0.0, $0.1, x) } + sequences.map { ($0.0, $0.1, sequence) }
      + vectors.map { ($0.0, $0.1, rows) }
      + [("vectors", Embedding(0, 3), indices), ("length", Embedding(3, 0), indices)]
  }()

  @Test(arguments: layers.indices)
  func layersThrowWhenCalled(index: Int) throws {
    let (name, layer, input) = Self.layers[index]
    let error = #expect(throws: GraphError.self, "\(name)") {
      try withPhase(.training) { layer(input) }.literal()
    }
    #expect(error?.kind == .argument, "\(name): \(error.map { "\($0)" } ?? "")")
  }

  private struct Line: Module {
    let weight = Parameter(
      Tensor(Literal([1, 2] as [Float], shape: [2])), regularizer: nil, constraint: nil)
  }

  static let optimizers: [Optimizer] = [
    .sgd(learningRate: -1), .sgd(learningRate: .infinity), .sgd(momentum: 1.5), .sgd(momentum: -0.1),
    .sgd(nesterov: true), .sgd(weightDecay: -1), .sgd(clipping: .value(0)), .sgd(clipping: .norm(-1)),
    .sgd(clipping: .globalNorm(.nan)), .sgd(learningRate: 0.1, schedule: .constant(0.1)), .adam(beta1: 1),
    .adam(beta2: 1.2), .adam(epsilon: -1), .adamW(weightDecay: .nan), .adamax(beta1: -1), .nadam(beta2: 1),
    .rmsProp(rho: 2), .rmsProp(momentum: 1.5), .rmsProp(epsilon: -1), .adagrad(initialAccumulator: -1),
    .adadelta(rho: -1), .lion(beta1: 1), .adam().averagingWeights(momentum: 1.1),
    .adam().averagingWeights(overwritingEvery: 0),
  ]

  @Test(arguments: optimizers.indices)
  func optimizersThrowAtTheFirstUpdate(index: Int) {
    let model = Line()
    let gradients = Gradients([(model.weight, Tensor(Literal([1, 1] as [Float], shape: [2])))])
    let error = #expect(throws: GraphError.self, "\(index)") {
      try Self.optimizers[index].update(model, gradients)
    }
    #expect(error?.kind == .argument)
  }

  static let schedules: [Schedule] = [
    .constant(-1), .constant(.nan), .cosine(0.1, decaySteps: 0), .cosine(0.1, decaySteps: -5),
    .cosine(0.1, decaySteps: 5, alpha: -1), .cosine(0.1, decaySteps: 5, warmupTarget: 1, warmupSteps: -1),
    .exponential(0.1, decaySteps: 0, rate: 0.9), .exponential(0.1, decaySteps: 3, rate: -1),
    .step(0.1, every: 0, factor: 0.5), .inverseTime(0.1, decaySteps: 0, rate: 1),
    .polynomial(0.1, decaySteps: 0), .polynomial(0.1, decaySteps: 3, final: -1),
    .polynomial(0.1, decaySteps: 3, power: -1), .cosineRestarts(0.1, firstDecaySteps: 0),
    .cosineRestarts(0.1, firstDecaySteps: 3, periodFactor: 0), .oneCycle(peak: 1, steps: 0),
    .oneCycle(peak: -1, steps: 3), .oneCycle(peak: 1, steps: 3, warmupFraction: 2),
    .oneCycle(peak: 1, steps: 3, initialDivisor: 0), .piecewise(boundaries: [1], values: [1]),
    .piecewise(boundaries: [3, 2], values: [1, 1, 1]), .constant(1).warmedUp(steps: -1),
    .constant(1).warmedUp(steps: 2, from: -1), .constant(1).scaled(by: -1),
    .cosine(0.1, decaySteps: 0).warmedUp(steps: 2), .cosine(0.1, decaySteps: 0).scaled(by: 2),
  ]

  @Test(arguments: schedules.indices)
  func schedulesAreNotANumberAndThrow(index: Int) {
    let schedule = Self.schedules[index], model = Line()
    #expect(schedule.values(steps: 3).allSatisfy { $0.isNaN }, "\(index) \(schedule.name)")
    let gradients = Gradients([(model.weight, Tensor(Literal([1, 1] as [Float], shape: [2])))])
    let error = #expect(throws: GraphError.self) {
      try Optimizer.sgd(schedule: schedule).update(model, gradients)
    }
    #expect(error?.problem.contains("schedule '\(schedule.name)'") == true)
    // One that is set later is looked at as well.
    let optimizer = Optimizer.sgd()
    optimizer.schedule = schedule
    #expect(throws: GraphError.self) { try optimizer.update(model, gradients) }
  }

  @Test func theEndsOfOneCycleAreNumbers() {
    for fraction in [0.0, 1] {
      let rates = Schedule.oneCycle(peak: 1, steps: 4, warmupFraction: fraction).values(steps: 6)
      #expect(rates.allSatisfy { $0.isFinite && $0 <= 1 }, "\(rates)")
    }
  }

  static let losses: [(loss: Loss, labels: Bool)] = [
    (.crossEntropy(labelSmoothing: 1.5), true), (.crossEntropy(labelSmoothing: -0.1), true),
    (.categoricalCrossEntropy(labelSmoothing: 2), false), (.mixedCrossEntropy(labelSmoothing: -1), true),
    (.binaryCrossEntropy(labelSmoothing: 1.1), false), (.binaryCrossEntropy(positiveWeight: -1), false),
    (.crossEntropy(ignoring: nil, classWeights: [1, -1, 1]), true),
    (.crossEntropy(ignoring: nil, classWeights: [1]), true),
    (.crossEntropy(ignoring: 1, labelSmoothing: 2), true), (.focal(gamma: 0.5), true),
    (.focal(gamma: -1), true), (.dice(smoothing: 0), true), (.tversky(falsePositives: -1), true),
    (.tversky(gamma: 0), true), (.sum([]), true), (.huber(delta: 0), false), (.huber(delta: -1), false),
  ]

  @Test(arguments: losses.indices)
  func lossesThrowWhenRead(index: Int) {
    let (loss, isLabels) = Self.losses[index]
    let x = Tensor(Literal([1, 2, 3, 0, 1, 0] as [Float], shape: [2, 3]))
    let y =
      isLabels
      ? Tensor(Literal([0, 2] as [Int32], shape: [2]))
      : Tensor(Literal([1, 0, 0, 0, 1, 0] as [Float], shape: [2, 3]))
    let error = #expect(throws: GraphError.self, "\(index) \(loss.name)") { try loss(x, y).literal() }
    #expect(error?.kind == .argument, "\(index) \(loss.name)")
  }

  @Test func metricsThrowWhenRead() {
    let x = Tensor(Literal([1, 2, 3, 0, 1, 0] as [Float], shape: [2, 3]))
    let labels = Tensor(Literal([0, 2] as [Int32], shape: [2]))
    let truths = Tensor(Literal([1, 0, 0, 0, 1, 0] as [Float], shape: [2, 3]))
    let cases: [(Metric, Tensor)] = [
      (.topK(0), labels), (.topK(-1), labels), (.intersectionOverUnion(class: 3), labels),
      (.intersectionOverUnion(class: -1), labels), (.binaryAccuracy(threshold: 2), truths),
      (.binaryAccuracy(threshold: -1), truths), (.subsetAccuracy(thresholds: [2, 0, 0]), truths),
    ]
    for (metric, target) in cases {
      let accumulator = MetricAccumulator(metric)
      accumulator.update(prediction: x, target: target)
      let error = #expect(throws: GraphError.self, "\(metric.name)") { try accumulator.value() }
      #expect(error?.kind == .argument)
    }
  }

  @Test func penaltiesAndConditionsThrow() throws {
    let w = Tensor(Literal([1, 2] as [Float], shape: [2]))
    for regularizer in [Regularizer.l1(-1), .l2(.nan), .l1l2(l1: 0.1, l2: -1)] {
      #expect(regularizer(w).failure?.kind == .argument, "\(regularizer.name)")
    }
    for constraint in [Constraint.maxNorm(0), .maxNorm(-1)] {
      #expect(constraint(w).failure?.kind == .argument)
    }
    for (iterations, rate) in [(-1, 1.0), (3, 0)] {
      #expect(throws: GraphError.self) {
        try LBFGS(iterations: iterations, learningRate: rate).minimize(from: [1]) { ($0[0], [1]) }
      }
    }
    let cache = KeyValueCache(batch: -1, capacity: 0, heads: 1, size: 1)
    let layer = SelfAttention(4, heads: 1)
    let result = layer(RandomSource(seed: 1).normal([1, 1, 4]), cache: cache, position: Tensor(0))
    #expect(result.failure?.kind == .argument)
  }
}
