import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct RecurrentTests {
  private static let activations: [String: ActivationFunction] = [
    "tanh": .tanh, "relu": .relu, "sigmoid": .sigmoid, "hardSigmoid": .hardSigmoid,
  ]

  /// A layer as a case describes it, with its three parameters.
  private func layer(_ test: FixtureCase, units: Int) throws -> (any RecurrentLayer, [Parameter]) {
    let activation = try #require(Self.activations[test["activation"].string ?? ""])
    let gate = try #require(Self.activations[test["gate"].string ?? ""])
    let returns = test["returns"].string == "sequence", goBackwards = test["reverse"].bool == true
    switch test["kind"].string {
    case "lstm":
      let layer = LSTM(
        units, activation: activation, recurrentActivation: gate, returnSequences: returns,
        goBackwards: goBackwards)
      return (layer, [layer.kernel, layer.recurrentKernel, try #require(layer.bias)])
    case "gru":
      let layer = GRU(
        units, activation: activation, recurrentActivation: gate,
        resetAfter: test["reset_after"].bool == true, returnSequences: returns, goBackwards: goBackwards)
      return (layer, [layer.kernel, layer.recurrentKernel, try #require(layer.bias)])
    default:
      let layer = SimpleRNN(
        units, activation: activation, returnSequences: returns, goBackwards: goBackwards)
      return (layer, [layer.kernel, layer.recurrentKernel, try #require(layer.bias)])
    }
  }

  @Test("Results and gradients of PyTorch", arguments: try Fixture("recurrent").cases(startingWith: ""))
  func resultsAndGradients(_ test: FixtureCase) throws {
    var inputs = test.inputs.map(\.tensor)
    let mask = test["mask"].bool == true ? inputs.removeLast() : nil
    let (layer, parameters) = try layer(test, units: inputs[2].shape[0])
    for (parameter, value) in zip(parameters, inputs[1...]) { parameter.assign(value) }
    let start = Array(inputs.dropFirst(4))
    let result = layer.run(inputs[0], mask: mask, initialState: start.isEmpty ? nil : start)
    let output = test["returns"].string == "sequence" ? result.sequence : result.last
    let targets = [inputs[0].value] + parameters.map(\.tensor.value) + start.map(\.value)
    let total = (output.value * (try test("grad_output").tensor.value)).sum()
    let slopes = gradients(of: total, withRespectTo: targets)
    #expect(try test.mismatch("output", output) == nil)
    if test.tensors["last"] != nil { #expect(try test.mismatch("last", result.last) == nil) }
    if test.tensors["cell"] != nil { #expect(try test.mismatch("cell", result.state[1]) == nil) }
    for (index, slope) in slopes.enumerated() {
      #expect(try test.mismatch("grad_input\(index)", Tensor(slope)) == nil)
    }
  }

  @Test("float64 and float32, and a layer called as a function, give the same")
  func callsAgree() throws {
    let x = RandomSource(seed: 4).normal([3, 5, 2])
    let layer = LSTM(4, returnSequences: true, goBackwards: true)
    let sequence = layer(x)
    let result = layer.run(x)
    #expect(sequence.shape == [3, 5, 4])
    #expect(try sequence.doubles() == result.sequence.flipped(axis: 1).doubles())
    #expect(try layer(x)[0..., -1].doubles() == result.last.doubles())
    let wide = LSTM(4)
    for (parameter, source) in zip(
      [wide.kernel, wide.recurrentKernel, wide.bias], [layer.kernel, layer.recurrentKernel, layer.bias])
    {
      parameter?.assign(try #require(source).tensor.cast(to: .float64))
    }
    let last = try wide.run(x.cast(to: .float64), reverse: true).last.doubles()
    for (a, b) in zip(last, try result.last.doubles()) { #expect(abs(a - b) < 1e-5) }
  }

  @Test("A sequence in two halves, the state handed on, ends like the whole")
  func stateIsHandedOn() throws {
    let x = RandomSource(seed: 5).normal([2, 6, 3])
    for layer in [LSTM(4), GRU(4), SimpleRNN(4)] as [any RecurrentLayer] {
      let whole = layer.run(x).last
      let first = layer.run(x[0..., 0..<3])
      let second = layer.run(x[0..., 3..<6], initialState: first.state)
      for (a, b) in zip(try second.last.doubles(), try whole.doubles()) { #expect(abs(a - b) < 1e-6) }
    }
  }

  @Test("A masked step changes nothing, so padding does not matter")
  func padding() throws {
    let x = RandomSource(seed: 6).normal([2, 5, 3])
    let mask = sequenceMask(lengths: Tensor(Literal([2, 5] as [Int32], shape: [2])), time: 5)
    #expect(try mask.doubles() == [1, 1, 0, 0, 0, 1, 1, 1, 1, 1])
    let layer = GRU(4)
    let padded = try layer(x, mask: mask).doubles()
    let short = try layer(x[0..<1, 0..<2]).doubles()
    #expect(Array(padded.prefix(4)) == short)
  }

  @Test func bothDirections() throws {
    let x = RandomSource(seed: 7).normal([2, 5, 3])
    let both = Bidirectional { LSTM(4, returnSequences: true) }
    let result = both(x)
    #expect(result.shape == [2, 5, 8])
    let ahead = both.forward.run(x, reverse: false), back = both.backward.run(x, reverse: true)
    #expect(try result[0..., 0..., 0..<4].doubles() == ahead.sequence.doubles())
    #expect(try result[0..., 0..., 4..<8].doubles() == back.sequence.doubles())
    let last = Bidirectional(forward: LSTM(4), backward: LSTM(4), merge: .sum)
    #expect(last(x).shape == [2, 4])
    #expect(try both.parameters().map(\.name).first == "forward.kernel")
    #expect(try both.parameters().count == 6)
  }

  @Test("Keras's parameter counts and first values")
  func parameters() throws {
    let model = Sequential {
      LSTM(256, returnSequences: true)
      GRU(32, returnSequences: true)
      Bidirectional { SimpleRNN(8) }
      Dense(1)
    }
    let summary = try model.summary(inputShape: [10, 64])
    #expect(summary.rows.map(\.parameterCount) == [328_704, 27_840, 0, 328, 328, 17])
    #expect(summary.rows[0].outputShape?.dimensions.dropFirst() == [10, 256])
    let bias = try #require((model[0] as? LSTM)?.bias)
    let first = try bias.tensor.doubles()
    #expect(first[0..<256].allSatisfy { $0 == 0 } && first[256..<512].allSatisfy { $0 == 1 })
    #expect(first[512...].allSatisfy { $0 == 0 })
    #expect(try model.parameters().map(\.name)[1] == "0.recurrentKernel")
  }

  @Test("Dropout drops the same features and states in every step, in training only")
  func dropout() throws {
    let x = Tensor.ones([4, 3, 16])
    for layer in [
      LSTM(8, dropout: 0.5, recurrentDropout: 0.5), GRU(8, dropout: 0.5), SimpleRNN(8, recurrentDropout: 0.9),
    ] as [any RecurrentLayer] {
      let plain = try layer(x).doubles()
      #expect(try layer(x).doubles() == plain)
      #expect(try withPhase(.training) { layer(x) }.doubles() != plain)
    }
    // With weights of one, a step adds the features that were kept, scaled by 2: the same number in each.
    let sums = SimpleRNN(
      1, activation: .linear, useBias: false, dropout: 0.5, kernelInitializer: .ones,
      recurrentInitializer: .zeros)
    let result = withPhase(.training) { sums.run(x).sequence }
    let numbers = try result.doubles()
    for row in 0..<4 { #expect(Set(numbers[row * 3..<row * 3 + 3]).count == 1) }
  }

  @Test func wrongInputsSayWhatToDo() throws {
    func failure(_ tensor: Tensor) -> GraphError? { tensor.failure }
    let flat = failure(LSTM(4)(Tensor.ones([2, 3])))
    #expect(flat?.kind == .shape && flat?.problem.contains("[batch, time, features]") == true)
    #expect(failure(GRU(0)(Tensor.ones([2, 3, 4])))?.kind == .argument)
    #expect(failure(GRU(2)(Tensor.ones([2, 0, 4])))?.problem.contains("at least one step") == true)
    let mask = failure(GRU(2)(Tensor.ones([2, 3, 4]), mask: Tensor.ones([2, 3])))
    #expect(mask?.advice?.contains("sequenceMask") == true)
    let state = failure(LSTM(2).run(Tensor.ones([2, 3, 4]), initialState: [Tensor.ones([2, 2])]).last)
    #expect(state?.advice == "give [h, c]")
    let size = failure(SimpleRNN(2).run(Tensor.ones([2, 3, 4]), initialState: [Tensor.ones([2, 3])]).last)
    #expect(size?.problem.contains("float32[2, 2]") == true)
    let bytes = Tensor(Literal([1, 2] as [UInt8], shape: [1, 2, 1]))
    #expect(failure(SimpleRNN(2)(bytes))?.kind == .dtype)
    #expect(failure(SimpleRNN(2, dropout: 1)(Tensor.ones([2, 3, 4])))?.kind == .argument)
    #expect(sequenceMask(lengths: Tensor(2), time: 3).failure?.kind == .shape)
  }
}
