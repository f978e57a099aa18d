import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

private struct Pair: Module {
  let first: Parameter
  let second: Parameter
}

@Suite struct OptimizerTests {
  private static func optimizer(_ test: FixtureCase) -> Optimizer? {
    func number(_ name: String) -> Double { test[name].double ?? 0 }
    func flag(_ name: String) -> Bool { test[name].bool ?? false }
    var clipping: Clipping?
    if case .object(let clip) = test["clip"] {
      clipping =
        clip["value"]?.double.map { .value($0) } ?? clip["norm"]?.double.map { .norm($0) }
        ?? clip["global_norm"]?.double.map { .globalNorm($0) }
    }
    let rate = number("learning_rate"), decay = number("weight_decay")
    let beta1 = number("beta1"), beta2 = number("beta2"), epsilon = number("epsilon")
    switch test["rule"].string {
    case "SGD":
      return .sgd(
        learningRate: rate, momentum: number("momentum"), nesterov: flag("nesterov"), weightDecay: decay,
        clipping: clipping)
    case "RMSprop":
      return .rmsProp(
        learningRate: rate, rho: number("rho"), momentum: number("momentum"), epsilon: epsilon,
        centered: flag("centered"))
    case "Adagrad":
      return .adagrad(
        learningRate: rate, initialAccumulator: number("initial_accumulator"), epsilon: epsilon)
    case "Adadelta": return .adadelta(learningRate: rate, rho: number("rho"), epsilon: epsilon)
    case "Adam":
      return .adam(
        learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: flag("amsgrad"),
        weightDecay: decay, clipping: clipping)
    case "Adamax": return .adamax(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    case "Nadam": return .nadam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    case "Lion": return .lion(learningRate: rate, beta1: beta1, beta2: beta2)
    default: return nil
    }
  }

  /// The gradients of a step.
  private static func gradients(_ test: FixtureCase, _ model: Pair, step: Int) throws -> Gradients {
    let all = test.numbered("gradients").map(\.tensor)
    return Gradients(
      zip([model.first, model.second], all).map { parameter, steps in
        (parameter, Tensor(steps.value.slice(axis: 0, step..<(step + 1)).reshaped(parameter.shape ?? [])))
      })
  }

  @Test(arguments: try Fixture("optimizers").cases(startingWith: ""), [false, true])
  func tenSteps(test: FixtureCase, isCompiled: Bool) throws {
    var optimizer = try #require(Self.optimizer(test))
    if let momentum = test["ema_momentum"].double {
      optimizer = optimizer.averagingWeights(
        momentum: momentum, overwritingEvery: test["ema_overwrite"].integer)
    }
    let start = test.numbered("parameter").map(\.tensor)
    let model = Pair(first: Parameter(start[0]), second: Parameter(start[1]))
    try optimizer.prepare(model)
    let compiled = CompiledFunction { [optimizer] inputs in
      try optimizer.update(
        model, Gradients([(model.first, inputs[0]), (model.second, inputs[1])]))
      return [Tensor]()
    }
    for step in 0..<10 {
      let gradients = try Self.gradients(test, model, step: step)
      if isCompiled {
        _ = try compiled(gradients.tensors)
      } else {
        try optimizer.update(model, gradients)
      }
      func expect(_ name: String) throws {
        for (index, parameter) in [model.first, model.second].enumerated() {
          let path = try test("\(name)\(index)")
          let count = path.count / 10
          let expected = Array(path.doubles[(step * count)..<((step + 1) * count)])
          #expect(difference(try parameter.tensor.doubles(), from: expected) == nil)
        }
      }
      try expect("output")
      guard optimizer.options.averaging != nil else { continue }
      try optimizer.exchangeAverages()
      try expect("average")
      try optimizer.exchangeAverages()
    }
    #expect(optimizer.stepCount == 10)
  }

  private func line() -> (Pair, Gradients) {
    let model = Pair(
      first: Parameter(Tensor(numbers: [1, 1, 1], [3])), second: Parameter(Tensor(numbers: [2, 2], [2])))
    let ones = Gradients([
      (model.first, Tensor(numbers: [1, 1, 1], [3])), (model.second, Tensor(numbers: [1, 1], [2])),
    ])
    return (model, ones)
  }

  @Test func frozenParametersStay() throws {
    let (model, ones) = line()
    let optimizer = Optimizer.adam(learningRate: 0.5, weightDecay: 0.1)
    let step = CompiledFunction { _ in
      try optimizer.update(model, ones)
      return [Tensor]()
    }
    let none: [Tensor] = []
    model.first.isFrozen = true
    _ = try step(none)
    #expect(try model.first.tensor.doubles() == [1, 1, 1])
    #expect(try model.second.tensor.doubles() != [2, 2])
    let second = try model.second.tensor.doubles()
    // At once, in the same compiled function.
    model.first.isFrozen = false
    model.second.isFrozen = true
    _ = try step(none)
    #expect(try model.first.tensor.doubles() != [1, 1, 1])
    #expect(try model.second.tensor.doubles() == second)
  }

  @Test func decayCanSpareSome() throws {
    let (model, _) = line()
    let optimizer = Optimizer(
      .sgd(), learningRate: 0.5,
      options: OptimizerOptions(weightDecay: 0.1, decays: { $0 == "second" }))
    let zeros = Gradients([
      (model.first, Tensor(numbers: [0, 0, 0], [3])), (model.second, Tensor(numbers: [0, 0], [2])),
    ])
    try optimizer.update(model, zeros)
    #expect(try model.first.tensor.doubles() == [1, 1, 1])
    #expect(difference(try model.second.tensor.doubles(), from: [1.9, 1.9]) == nil)
    #expect(OptimizerOptions.kernelsOnly("0.kernel"))
    #expect(!OptimizerOptions.kernelsOnly("0.bias"))
  }

  @Test func parametersHaveRatesOfTheirOwn() throws {
    let (model, ones) = line()
    let optimizer = Optimizer(
      .sgd(), learningRate: 0.5,
      options: OptimizerOptions(weightDecay: 0.1, rateFactors: { $0 == "first" ? 0.25 : 1 }))
    try optimizer.update(model, ones)
    // Decay goes by the parameter's own rate too: 1 · (1 − 0.125 · 0.1) − 0.125 and 2 · (1 − 0.5 · 0.1) − 0.5.
    #expect(difference(try model.first.tensor.doubles(), from: [0.8625, 0.8625, 0.8625]) == nil)
    #expect(difference(try model.second.tensor.doubles(), from: [1.4, 1.4]) == nil)
    let wrong = Optimizer(.sgd(), learningRate: 0.5, options: OptimizerOptions(rateFactors: { _ in -1 }))
    #expect(throws: GraphError.self) { try wrong.update(model, ones) }
  }

  @Test func averagesLeaveFrozenWeightsAlone() throws {
    let (model, ones) = line()
    let optimizer = Optimizer.sgd(learningRate: 0.1).averagingWeights(momentum: 0.5)
    #expect(throws: GraphError.self) { try Optimizer.sgd().takeAverages() }
    #expect(throws: GraphError.self) {
      try Optimizer.sgd().averagingWeights(momentum: 2).update(model, ones)
    }
    model.second.isFrozen = true
    for _ in 0..<3 { try optimizer.update(model, ones) }
    try optimizer.takeAverages()
    // (0.9 · 0.5 + 0.8 · 0.5) · 0.5 + 0.7 · 0.5
    #expect(difference(try model.first.tensor.doubles(), from: [0.775, 0.775, 0.775]) == nil)
    #expect(try model.second.tensor.doubles() == [2, 2])
    #expect(try optimizer.namedLiterals()["average.0"] != nil)
  }

  @Test func schedulesRunInTheGraph() throws {
    let (model, ones) = line()
    let optimizer = Optimizer.sgd(schedule: .piecewise(boundaries: [0, 1], values: [0.5, 0.25, 0]))
    let step = CompiledFunction { _ in
      try optimizer.update(model, ones)
      return [Tensor]()
    }
    let none: [Tensor] = []
    try optimizer.prepare(model)
    #expect(optimizer.learningRate == 0.5)
    for expected in [0.5, 0.25, 0.25] {
      _ = try step(none)
      #expect(try model.first.tensor.doubles() == [expected, expected, expected])
    }
    #expect(optimizer.stepCount == 3)
    optimizer.learningRate = 1
    _ = try step(none)
    #expect(try model.first.tensor.doubles() == [-0.75, -0.75, -0.75])
    optimizer.scaleLearningRate(by: 0.5)
    #expect(optimizer.learningRate == 0.5)
    _ = try step(none)
    #expect(try model.first.tensor.doubles() == [-1.25, -1.25, -1.25])
  }

  @Test func accumulationEqualsTheLargeBatch() throws {
    for clipping in [nil, Clipping.globalNorm(0.5)] {
      let (small, _) = line(), (large, _) = line()
      let smallOptimizer = Optimizer.adam(learningRate: 0.1, weightDecay: 0.1, clipping: clipping)
      let largeOptimizer = Optimizer.adam(learningRate: 0.1, weightDecay: 0.1, clipping: clipping)
      for _ in 0..<3 {
        func gradients(_ model: Pair, _ a: Float) -> Gradients {
          Gradients([
            (model.first, Tensor(numbers: [a, -a, 2], [3])), (model.second, Tensor(numbers: [a, 1], [2])),
          ])
        }
        // Batches of 3 and 1 samples: their means weigh 3 : 1.
        try smallOptimizer.accumulate(small, gradients(small, 1), weight: Tensor(numbers: [3], []))
        try smallOptimizer.accumulate(small, gradients(small, 5), weight: Tensor(numbers: [1], []))
        try smallOptimizer.updateWithAccumulated(small)
        try largeOptimizer.update(large, gradients(large, 2))
      }
      #expect(difference(try small.first.tensor.doubles(), from: try large.first.tensor.doubles()) == nil)
      #expect(difference(try small.second.tensor.doubles(), from: try large.second.tensor.doubles()) == nil)
      #expect(smallOptimizer.stepCount == 3)
    }
  }

  @Test func stateIsSavedAndRestored() throws {
    let (first, ones) = line()
    let optimizer = Optimizer.nadam(learningRate: 0.1)
    for _ in 0..<3 { try optimizer.update(first, ones) }
    let weights = try first.namedLiterals(), memory = try optimizer.namedLiterals()
    let (second, same) = line()
    let resumed = Optimizer.nadam(learningRate: 0.7)
    try second.load(named: weights)
    try resumed.prepare(second)
    try resumed.load(named: memory)
    #expect(resumed.learningRate == 0.1)
    try optimizer.update(first, ones)
    try resumed.update(second, same)
    #expect(try first.first.tensor.doubles() == second.first.tensor.doubles())
    #expect(throws: GraphError.self) { try resumed.load(named: [:]) }
  }

  @Test func constraintsHoldAfterUpdates() throws {
    let model = Pair(
      first: Parameter(Tensor(numbers: [0.1, 5], [2]), constraint: .nonNegative),
      second: Parameter(Tensor(numbers: [3, 4], [2, 1]), constraint: .maxNorm(1)))
    let optimizer = Optimizer.sgd(learningRate: 1)
    try optimizer.update(
      model,
      Gradients([
        (model.first, Tensor(numbers: [1, 1], [2])), (model.second, Tensor(numbers: [0, 0], [2, 1])),
      ]))
    #expect(try model.first.tensor.doubles() == [0, 4])
    #expect(difference(try model.second.tensor.doubles(), from: [0.6, 0.8]) == nil)
  }

  @Test func meaninglessRatesThrow() {
    let (model, ones) = line()
    for optimizer in [
      Optimizer.sgd(learningRate: -1), .adam(learningRate: .nan),
      .sgd(schedule: .piecewise(boundaries: [1], values: [0.1])),
    ] {
      let error = #expect(throws: GraphError.self) { try optimizer.update(model, ones) }
      #expect(error?.problem.contains("learning rate") == true)
    }
  }

  @Test func memoryDoesNotGrow() throws {
    // A hand-written loop whose loss nobody reads must still let go of its history.
    let (model, ones) = line()
    let optimizer = Optimizer.sgd(learningRate: 0.001)
    for _ in 0..<50 { try optimizer.update(model, ones) }
    #expect(model.first.tensor.value.result != nil)
  }
}
