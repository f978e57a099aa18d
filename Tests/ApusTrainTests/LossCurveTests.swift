import ApusData
import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@testable import ApusTrain

/// Steps from the same weights on the same batches as PyTorch's, fifty of them, or twenty of a residual block: the same
/// losses and the same weights.
@Suite struct LossCurveTests {
  /// Keeps the losses of the first batches.
  private final class Losses: Callback {
    let count: Int
    var values: [Double] = []
    init(count: Int) { self.count = count }
    func afterBatch(_ context: TrainingContext) throws {
      values.append(context.batchLoss)
      if values.count == count { throw Cancellation.fit }
    }
  }

  private func optimizer(_ fixture: FixtureCase) throws -> Optimizer {
    let rate = try #require(fixture["learning_rate"].double)
    if fixture["optimizer"].string == "sgd" {
      return .sgd(learningRate: rate, momentum: fixture["momentum"].double ?? 0)
    }
    let epsilon = try #require(fixture["epsilon"].double)
    if fixture["optimizer"].string == "adam" { return .adam(learningRate: rate, epsilon: epsilon) }
    // PyTorch adds epsilon after the bias correction, Keras before. As a rule of one's own:
    let rule = UpdateRule("torchAdam", slots: [("first", 0), ("second", 0)]) { input in
      let gradient = input.gradient
      let first = input.slots[0] * 0.9 + gradient * 0.1
      let second = input.slots[1] * 0.999 + gradient.squared() * 0.001
      func correction(_ base: Double) -> Value { input.own(1 - input.step.splat(base).power(input.step)) }
      let step = (first / correction(0.9)) / ((second / correction(0.999)).sqrt() + epsilon)
      return UpdateOutput(input.parameter - input.own(input.learningRate) * step, slots: [first, second])
    }
    return Optimizer(rule, learningRate: rate)
  }

  /// Names in the fixture and in the model.
  private func check(
    _ name: String, optimizer optimizerName: String, model: any Layer, names: [String: String],
    running: [String: String] = [:], tolerance: Double
  ) async throws {
    let fixtures = try Fixture("training")
    let data = try fixtures(name + "_data"), expected = try fixtures("\(name)_\(optimizerName)")
    let x = try data("x"), labels = try data("labels")
    let dataset = try ArrayDataset(
      Literal(x.floats, shape: Shape(x.shape)), targets: Literal(labels.integers, shape: Shape(labels.shape)))
    let learner = Learner(model, loss: .crossEntropy, optimizer: try optimizer(expected))
    try learner.build(inputShape: Shape(Array(x.shape.dropFirst())))
    var state = try learner.modelState()
    for (theirs, ours) in names {
      let tensor = try data("initial/" + theirs)
      state[ours] = Literal(tensor.floats, shape: Shape(tensor.shape))
    }
    try learner.restoreModelState(state)
    let (batch, steps) = (try #require(data["batch"].integer), try #require(data["steps"].integer))
    let losses = Losses(count: steps)
    try await learner.fit(
      dataset, epochs: steps * batch / dataset.count + 1, batchSize: batch, callbacks: [losses],
      options: FitOptions(shuffle: false, progress: .none))
    #expect(losses.values.count == steps)
    let off = difference(
      losses.values, from: try expected("losses").doubles, relative: tolerance, absolute: tolerance)
    #expect(off == nil)
    let final = try learner.modelState()
    for (theirs, ours) in names.merging(running, uniquingKeysWith: { $1 }) {
      let found = try #require(final[ours])
      let off = difference(
        found.doubles, from: try expected("final/" + theirs).doubles, relative: 10 * tolerance,
        absolute: 10 * tolerance)
      #expect(off == nil, "\(ours)")
    }
  }

  @Test(arguments: ["sgd", "adam", "adam_torch"]) func perceptron(_ optimizer: String) async throws {
    let model = Sequential {
      Dense(16, activation: .relu)
      Dense(3)
    }
    try await check(
      "mlp", optimizer: optimizer, model: model,
      names: [
        "dense1/kernel": "0.kernel", "dense1/bias": "0.bias", "dense2/kernel": "1.kernel",
        "dense2/bias": "1.bias",
      ], tolerance: 2e-5)
  }

  @Test(arguments: ["sgd", "adam", "adam_torch"]) func convolutional(_ optimizer: String) async throws {
    let model = Sequential {
      Conv2D(8, kernel: 3, activation: .relu)
      MaxPool2D(2)
      Flatten()
      Dense(3)
    }
    try await check(
      "cnn", optimizer: optimizer, model: model,
      names: [
        "conv/kernel": "0.kernel", "conv/bias": "0.bias", "dense/kernel": "3.kernel", "dense/bias": "3.bias",
      ], tolerance: 1e-4)
  }

  @Test func batchNormalized() async throws {
    let model = Sequential {
      Conv2D(8, kernel: 3)
      BatchNorm()
      Activation(.relu)
      MaxPool2D(2)
      Flatten()
      Dense(3)
    }
    try await check(
      "cnn_batch_norm", optimizer: "sgd", model: model,
      names: [
        "conv/kernel": "0.kernel", "dense/kernel": "5.kernel", "dense/bias": "5.bias",
        "norm/gamma": "1.gamma",
        "norm/beta": "1.beta",
      ], running: ["norm/running_mean": "1.movingMean", "norm/running_variance": "1.movingVariance"],
      tolerance: 1e-4)
  }

  /// Batch normalisation, a sum of two paths and SGD with momentum, as residual networks are trained.
  @Test func residual() async throws {
    let model = try FunctionalModel(inputShape: [8, 8, 4]) { net, image in
      func normalized(_ x: FunctionalModel.Connection, kernel: SpatialSize, stride: SpatialSize, number: Int)
        -> FunctionalModel.Connection
      {
        let padding: Padding = kernel == 3 ? .symmetric(1, axes: 2) : .valid
        let convolution = Conv2D(8, kernel: kernel, stride: stride, padding: padding, useBias: false)
        let y = net.add(convolution, to: x, name: "conv\(number)")
        return net.add(BatchNorm(momentum: 0.9, epsilon: 1e-5), to: y, name: "norm\(number)")
      }
      let first = net.add(Activation(.relu), to: normalized(image, kernel: 3, stride: 2, number: 1))
      let second = normalized(first, kernel: 3, stride: 1, number: 2)
      let shortcut = normalized(image, kernel: 1, stride: 2, number: 3)
      let sum = net.add(Activation(.relu), to: net.add(Add(), to: [second, shortcut]))
      return net.add(Dense(3), to: net.add(GlobalAveragePool2D(), to: sum), name: "dense")
    }
    var names = ["dense/kernel": "dense.kernel", "dense/bias": "dense.bias"], running: [String: String] = [:]
    for number in 1...3 {
      names["conv\(number)/kernel"] = "conv\(number).kernel"
      for part in ["gamma", "beta"] { names["norm\(number)/\(part)"] = "norm\(number).\(part)" }
      running["norm\(number)/running_mean"] = "norm\(number).movingMean"
      running["norm\(number)/running_variance"] = "norm\(number).movingVariance"
    }
    try await check(
      "residual", optimizer: "sgd", model: model, names: names, running: running, tolerance: 1e-4)
  }
}
