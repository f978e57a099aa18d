import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import Testing

/// What an error about weights advises really helps.
@Suite struct LoadErrorTests {
  private struct Own: Layer {
    let first = Dense(2)
    let second = Dense(1)
    func callAsFunction(_ x: Tensor) -> Tensor { second(first(x)) }
  }

  private func zeros(_ shape: Shape) -> Literal {
    Literal([Float](repeating: 0, count: shape.elementCount), shape: shape)
  }

  private func failure(_ model: any Layer, _ tensors: [String: Literal], strict: Bool) -> LoadError? {
    #expect(throws: LoadError.self) { try model.load(pyTorch: tensors, strict: strict) }
  }

  @Test(arguments: [true, false])
  func nothingLoadedAlwaysThrows(strict: Bool) throws {
    let model = Own()
    try model.build(inputShape: [3])
    let torch = failure(model, ["fc1.weight": zeros([2, 3]), "fc1.bias": zeros([2])], strict: strict)
    #expect(torch?.report.loaded.isEmpty == true)
    #expect(torch?.advice?.contains("PyTorch's (fc1.bias, fc1.weight)") == true)
    #expect(torch?.advice?.contains("strict: false") == false)
    let unknown = failure(model, ["w1": zeros([2, 3])], strict: strict)
    #expect(unknown?.advice?.contains("load(named:)") == true)
    let sizes = failure(model, ["first.weight": zeros([7, 3])], strict: strict)
    #expect(sizes?.advice?.contains("other sizes") == true)
    #expect(failure(model, [:], strict: strict)?.advice?.contains("no tensors") == true)
    let keras = #expect(throws: LoadError.self) {
      try model.load(
        keras: [KerasVariable(layers: ["conv"], name: "kernel", value: zeros([1]))], strict: strict)
    }
    #expect(keras?.advice?.contains("Keras's (conv/kernel)") == true)
  }

  @Test func partsThatFitAreTakenAsTheAdviceSays() throws {
    let model = Own()
    try model.build(inputShape: [3])
    let tensors = [
      "first.weight": zeros([2, 3]), "first.bias": zeros([2]), "second.weight": zeros([9, 2]),
      "third.weight": zeros([1]),
    ]
    let error = failure(model, tensors, strict: true)
    #expect(error?.advice?.contains("strict: false to take the 2 that fit") == true)
    #expect(error?.advice?.contains("second.kernel") == true)
    #expect(error?.advice?.contains("third.weight") == true)
    #expect(try model.load(pyTorch: tensors, strict: false).loaded == ["first.kernel", "first.bias"])
  }

  @Test func namesOfOnesOwnStayWhatTheyAre() throws {
    struct Weighted: Layer {
      let weight = Parameter(Tensor(numbers: [0, 0, 0, 0], [2, 2]))
      func callAsFunction(_ x: Tensor) -> Tensor { matmul(x, weight.tensor) }
    }
    let model = Weighted()
    try model.load(pyTorch: ["weight": Literal([1, 2, 3, 4] as [Float], shape: [2, 2])])
    #expect(try model.weight.tensor.doubles() == [1, 2, 3, 4])
  }

  @Test func transposedKernelsOfKerasDoNotFit() throws {
    let model = Sequential { Dense(2) }
    try model.build(inputShape: [3])
    let error = #expect(throws: LoadError.self) {
      try model.load(keras: [
        KerasVariable(layers: ["dense"], name: "kernel", value: zeros([2, 3])),
        KerasVariable(layers: ["dense"], name: "bias", value: zeros([2])),
      ])
    }
    #expect(error?.report.mismatched.map(\.name) == ["0.kernel"])
  }
}
