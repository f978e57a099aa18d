import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@testable import ApusTrain

/// What other frameworks let pass: each is an error or a warning that names the place.
@Suite struct NeverSilentTests {
  private func floats(_ count: Int, _ width: Int, seed: UInt64 = 1) -> [Float] {
    var numbers = Numbers(seed)
    return (0..<count * width).map { _ in numbers.next() }
  }

  private func labelled(_ labels: [Int32], features: Int = 4) throws -> ArrayDataset {
    try ArrayDataset(
      Literal(floats(labels.count, features), shape: [labels.count, features]),
      targets: Literal(labels, shape: [labels.count]))
  }

  @Test(arguments: [5, -1] as [Int32]) func labelOutOfRange(_ label: Int32) async throws {
    var labels = [Int32](repeating: 1, count: 20)
    labels[13] = label
    let learner = Learner(smallModel(), loss: .crossEntropy)
    let error = await failure(TrainingError.self) {
      try await learner.fit(
        labelled(labels), batchSize: 8, options: FitOptions(shuffle: false, progress: .none))
    }
    #expect(error?.reason == .data)
    #expect(error?.problem.contains("sample 13 has the label \(label)") == true)
    #expect(error?.problem.contains("3 outputs") == true)
    #expect(error?.samples == [13])
    #expect(error?.batch == 1)
    #expect(throws: TrainingError.self) { try learner.evaluate(labelled(labels)) }
  }

  @Test func labelsCountedFromOne() async throws {
    let error = await failure(TrainingError.self) {
      try await Learner(smallModel(), loss: .crossEntropy).fit(labelled([1, 2, 3]), options: .quiet)
    }
    #expect(error?.advice?.contains("subtract 1") == true)
  }

  @Test func tooFewOutputsAreNotTakenForLabelsCountedFromOne() async throws {
    let error = await failure(TrainingError.self) {
      try await Learner(smallModel(), loss: .crossEntropy).fit(labelled([0, 1, 2, 3]), options: .quiet)
    }
    #expect(error?.advice?.contains("a unit for each class") == true)
  }

  @Test func embeddingIndexOutOfRange() async throws {
    var indices = [Int32](repeating: 2, count: 12)
    indices[7] = 9
    let data = try ArrayDataset(
      Literal(indices, shape: [6, 2]), targets: Literal([0, 1, 2, 0, 1, 2] as [Int32], shape: [6]))
    let learner = Learner(
      Sequential {
        Embedding(4, 3)
        Flatten()
        Dense(3)
      }, loss: .crossEntropy)
    let error = await failure(TrainingError.self) {
      try await learner.fit(data, batchSize: 2, options: FitOptions(shuffle: false, progress: .none))
    }
    #expect(error?.reason == .data)
    #expect(error?.batch == 1)
    #expect(error?.problem.contains("9") == true)
    #expect(error?.tensor == "0")
    #expect(throws: (any Error).self) { try learner.predict(data) }
  }

  @Test func probabilitiesGivenAsLogits() async throws {
    let model = Sequential {
      Dense(3)
      Softmax()
    }
    let learner = Learner(model, loss: .crossEntropy)
    try await learner.fit(labelled([0, 1, 2, 1]), epochs: 2, options: .quiet)
    #expect(learner.warnings.count == 1)
    #expect(learner.warnings.first?.kind == .probabilitiesAsLogits)
    let plain = Learner(smallModel(), loss: .crossEntropy)
    try await plain.fit(labelled([0, 1, 2, 1]), options: .quiet)
    #expect(plain.warnings.isEmpty)
    let sigmoid = Learner(Sequential { Dense(1, activation: .sigmoid) }, loss: .binaryCrossEntropy)
    let binary = try ArrayDataset(
      Literal([1, 2, 3] as [Float], shape: [3, 1]), targets: Literal([0, 1, 1] as [Float], shape: [3, 1]))
    try await sigmoid.fit(binary, options: .quiet)
    #expect(sigmoid.warnings.map(\.kind) == [.probabilitiesAsLogits])
    #expect(sigmoid.warnings.first?.description.contains("layer '0' applies sigmoid") == true)
  }

  @Test func accuracyOfLogitsIsDividedAtZero() async throws {
    // The model passes its one feature through: the logit.
    let model = Sequential { Dense(1, useBias: false, kernelInitializer: .ones) }
    let data = try ArrayDataset(
      Literal([-1, 0.3, 0.4, 2] as [Float], shape: [4, 1]),
      targets: Literal([0, 1, 1, 1] as [Float], shape: [4, 1]))
    let learner = Learner(model, loss: .binaryCrossEntropy, metrics: [.accuracy])
    #expect(try learner.evaluate(data)["accuracy"] == 1)
  }

  @Test func validationOfOneClassOnly() async throws {
    let sorted = try labelled((0..<30).map { Int32($0 / 10) })
    let learner = Learner(smallModel(), loss: .crossEntropy)
    try await learner.fit(
      sorted.subset(0..<20), validation: sorted.subset(20..<30),
      options: FitOptions(shuffle: false, progress: .none))
    let kinds = learner.warnings.map(\.kind)
    #expect(kinds.contains(.missingClass))
    #expect(
      learner.warnings.contains {
        $0.message.contains("class 2") && $0.message.contains("training data has no")
      })
    #expect(learner.warnings.contains { $0.message.contains("holds class 2 only") })
    let fine = Learner(smallModel(), loss: .crossEntropy)
    let parts = try sorted.split(0.7)
    try await fine.fit(parts.first, validation: parts.second, options: .quiet)
    #expect(fine.warnings.isEmpty)
  }

  @Test func trainingSortedByClass() async throws {
    let sorted = try labelled((0..<30).map { Int32($0 / 10) })
    let learner = Learner(smallModel(), loss: .crossEntropy)
    try await learner.fit(sorted, batchSize: 10, options: FitOptions(shuffle: false, progress: .none))
    #expect(learner.warnings.map(\.kind) == [.sortedByClass])
    let shuffled = Learner(smallModel(), loss: .crossEntropy)
    try await shuffled.fit(sorted, batchSize: 10, options: .quiet)
    #expect(shuffled.warnings.isEmpty)
  }

  @Test func splitThatMissesAClass() throws {
    let data = try labelled([Int32](repeating: 0, count: 40) + [1, 1])
    let error = #expect(throws: DataError.self) { try data.split(0.5, seed: 3, stratified: false) }
    #expect(error == nil || error?.reason == .classes)
    let parts = try data.split(0.5)
    #expect(try parts.first.classCounts() == [20, 1])
  }

  @Test func notANumberInOneRow() async throws {
    var values = floats(20, 4)
    values[4 * 13 + 2] = .nan
    let data = try ArrayDataset(
      Literal(values, shape: [20, 4]), targets: Literal([Int32](repeating: 1, count: 20), shape: [20]))
    let learner = Learner(smallModel(), loss: .crossEntropy)
    let error = await failure(TrainingError.self) {
      try await learner.fit(data, batchSize: 8, options: FitOptions(shuffle: false, progress: .none))
    }
    #expect(error?.reason == .notFinite)
    #expect(error?.epoch == 0)
    #expect(error?.batch == 1)
    #expect(error?.samples == [13])
    #expect(error?.tensor == "feature 0")
    #expect(error?.problem.contains("[2]") == true)
    // One step was good; the bad one changed nothing.
    #expect(learner.stepCount == 1)
    #expect(try learner.numbers().allSatisfy(\.isFinite))
  }

  @Test(arguments: [1, 2]) func notANumberMadeByALayer(_ accumulating: Int) async throws {
    let model = Sequential {
      Dense(4)
      BatchNorm()
      Lambda("root") { x in log(x * 0 - 1) + x }
      Dense(3)
    }
    let learner = Learner(model, loss: .crossEntropy)
    let error = await failure(TrainingError.self) {
      try await learner.fit(
        labelled([0, 1, 2, 1]), options: FitOptions(accumulating: accumulating, progress: .none))
    }
    #expect(error?.reason == .notFinite)
    #expect(error?.tensor?.contains("layer '2'") == true)
    #expect(error?.tensor?.contains("log") == true)
    #expect(try learner.numbers().allSatisfy(\.isFinite))
    #expect(try learner.optimizer.namedLiterals().values.allSatisfy { $0.doubles.allSatisfy(\.isFinite) })
  }

  @Test func divergenceIsNamed() async throws {
    let learner = Learner(
      Sequential { Dense(1) }, loss: .meanSquaredError, optimizer: .sgd(learningRate: 1e20))
    let error = await failure(TrainingError.self) {
      try await learner.fit(regressionPoints(64), epochs: 5, options: .quiet)
    }
    #expect(error?.reason == .notFinite)
    #expect(error?.advice?.contains("learning rate") == true)
  }

  @Test func wrongImageWidth() async throws {
    func images(width: Int) throws -> ArrayDataset {
      try ArrayDataset(
        Literal(floats(4, 8 * width), shape: [4, 8, width, 1]),
        targets: Literal([0, 1, 2, 0] as [Int32], shape: [4]))
    }
    let model = Sequential {
      Conv2D(2, kernel: 3, activation: .relu)
      Flatten()
      Dense(3)
    }
    let learner = Learner(model, loss: .crossEntropy)
    try await learner.fit(images(width: 8), options: .quiet)
    let error = await failure(TrainingError.self) { try await learner.fit(images(width: 7), options: .quiet) }
    #expect(error?.problem.contains("axis 1 (width) is 7, expected 8") == true)
    let validation = await failure(TrainingError.self) {
      try await learner.fit(images(width: 8), validation: images(width: 9), options: .quiet)
    }
    #expect(validation?.problem.contains("width") == true)
    #expect(learner.stepCount == 1)
    // The same built model in another learner: the layer itself tells.
    let other = Learner(model, loss: .crossEntropy)
    let shape = await failure(GraphError.self) { try await other.fit(images(width: 7), options: .quiet) }
    #expect(shape?.origin.layerPath == "2")
  }

  @Test func oneHotWhereIndicesBelong() async throws {
    let data = try ArrayDataset(
      Literal(floats(6, 4), shape: [6, 4]), targets: Literal([Float](repeating: 1, count: 18), shape: [6, 3]))
    let error = await failure(GraphError.self) {
      try await Learner(smallModel(classes: 10), loss: .crossEntropy).fit(data, options: .quiet)
    }
    #expect(error?.advice?.contains("categoricalCrossEntropy") == true)
    let indices = await failure(GraphError.self) {
      try await Learner(smallModel(), loss: .categoricalCrossEntropy).fit(labelled([0, 1]), options: .quiet)
    }
    #expect(indices?.advice?.contains(".crossEntropy") == true)
  }

  @Test func columnAgainstRow() async throws {
    func train(column: Bool, loss: Loss) async throws -> [Float] {
      let learner = Learner(Sequential { Dense(1) }, loss: loss)
      try await learner.fit(regressionPoints(20, column: column), epochs: 2, options: .quiet)
      return try learner.numbers()
    }
    let own = Loss("own") { prediction, target in square(prediction - target) }
    let expected = try await train(column: true, loss: .meanSquaredError)
    #expect(try await train(column: false, loss: .meanSquaredError) == expected)
    #expect(try await train(column: false, loss: own) == expected)
    let error = await failure(GraphError.self) {
      try await Learner(Sequential { Dense(2) }, loss: .meanSquaredError)
        .fit(regressionPoints(20, column: false), options: .quiet)
    }
    #expect(error?.kind == .shape)
  }

  @Test func shapesAreCheckedBeforeTheFirstStep() async throws {
    final class Events: Callback {
      var began = false
      func beforeFit(_ context: TrainingContext) throws { began = true }
    }
    let events = Events()
    let model = Sequential {
      Dense(8)
      Reshape([3, 3])
      Dense(3)
    }
    let error = await failure(GraphError.self) {
      try await Learner(model, loss: .crossEntropy).fit(
        labelled([0, 1]), callbacks: [events], options: .quiet)
    }
    #expect(error?.origin.layerPath == "1")
    #expect(!events.began)
  }

  @Test func badSettingsAndData() async throws {
    let learner = Learner(smallModel(), loss: .crossEntropy)
    let data = try labelled([0, 1, 2])
    for work in [
      { () async throws in _ = try await learner.fit(data, epochs: -1, options: .quiet) },
      { () async throws in
        _ = try await learner.fit(data, options: FitOptions(accumulating: 0, progress: .none))
      },
      { () async throws in
        _ = try await learner.fit(data, options: FitOptions(classWeights: [1, .nan, 1], progress: .none))
      },
      { () async throws in
        _ = try await learner.fit(data, options: FitOptions(classWeights: [1, 1], progress: .none))
      },
    ] {
      #expect(await failure(TrainingError.self, work)?.reason == .setting)
    }
    let weights = Literal([1, -1, 1] as [Float], shape: [3])
    let weighted = try ArrayDataset(data.features[0], targets: data.targets, weights: weights)
    let error = await failure(TrainingError.self) { try await learner.fit(weighted, options: .quiet) }
    #expect(error?.samples == [1])
    let bare = try ArrayDataset(data.features[0])
    #expect(
      await failure(TrainingError.self) { try await learner.fit(bare, options: .quiet) }?.reason == .data)
    let halves = try ArrayDataset(
      Literal(floats(2, 4), shape: [2, 4]), targets: Literal([0, 3] as [Float], shape: [2, 1]))
    let binary = Learner(Sequential { Dense(1) }, loss: .binaryCrossEntropy)
    let range = await failure(TrainingError.self) { try await binary.fit(halves, options: .quiet) }
    #expect(range?.problem.contains("from 0 to 1") == true)
  }
}
