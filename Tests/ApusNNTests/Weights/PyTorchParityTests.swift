import ApusFixtures
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor
import ApusTestSupport
import Foundation
import Testing

/// Networks of one's own with weights of PyTorch give PyTorch's outputs; scripts/fixtures/torch_weights.py makes both.
@Suite struct PyTorchParityTests {
  static func file(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
      .appending(path: "Fixtures/files/\(name)").path
  }

  /// The layers of the script's network, numbered alike.
  private func cnn(epsilon: Double? = 1e-5) -> Sequential {
    Sequential {
      Conv2D(3, kernel: 3, padding: .explicit([.init(before: 1, after: 1), .init(before: 1, after: 1)]))
      BatchNorm(momentum: 0.9, epsilon: epsilon)
      ReLU()
      MaxPool2D(2)
      Flatten()
      Dropout(0.5)
      Dense(5)
      PReLU()
      Dense(4)
    }
  }

  @Test(arguments: [("torch-cnn.safetensors", "module."), ("torch-cnn.pt", "_orig_mod.module.")])
  func aConvolutionNetwork(name: String, prefix: String) throws {
    let model = cnn()
    try model.build(inputShape: [4, 6, 2])
    let report = try model.loadWeights(from: Self.file(name))
    #expect(report.loaded.count == 11 && report.isComplete)
    #expect(report.notes == ["the prefix '\(prefix)' was taken off the file's names"])
    let test = try Fixture("foreign")("cnn")
    #expect(try test.mismatch("output", model(test.inputs[0].tensor)) == nil)
  }

  @Test func aFunctionalModelKnowsWhatItFlattens() throws {
    let model = try FunctionalModel(inputShape: [4, 6, 2]) { net, image in
      var x = net.add(Conv2D(3, kernel: 3, padding: .same), to: image, name: "0")
      x = net.add(BatchNorm(momentum: 0.9, epsilon: 1e-5), to: x, name: "1")
      x = net.add(MaxPool2D(2), to: net.add(ReLU(), to: x), name: "3")
      x = net.add(Dropout(0.5), to: net.add(Flatten(), to: x))
      x = net.add(PReLU(), to: net.add(Dense(5), to: x, name: "6"), name: "7")
      return net.add(Dense(4), to: x, name: "8")
    }
    #expect(try model.loadWeights(from: Self.file("torch-cnn.pt")).isComplete)
    let test = try Fixture("foreign")("cnn")
    #expect(try test.mismatch("output", model(test.inputs[0].tensor)) == nil)
  }

  @Test func numbersOfASequentialMayDiffer() throws {
    let model = Sequential {
      Conv2D(3, kernel: 3, padding: .same)
      BatchNorm(momentum: 0.9, epsilon: 1e-5)
      Sequential {
        ReLU()
        MaxPool2D(2)
        Flatten()
        Dense(5)
      }
      PReLU()
      Dense(4)
    }
    try model.build(inputShape: [4, 6, 2])
    let report = try model.loadWeights(from: Self.file("torch-cnn.safetensors"))
    #expect(report.isComplete && report.notes.contains { $0.contains("order") })
    let test = try Fixture("foreign")("cnn")
    #expect(try test.mismatch("output", model(test.inputs[0].tensor)) == nil)
  }

  @Test(arguments: [true, false])
  func anEpsilonThatNobodyChoseIsRefused(strict: Bool) throws {
    let model = cnn(epsilon: nil)
    try model.build(inputShape: [4, 6, 2])
    let before = try model.namedLiterals()["8.kernel"]?.doubles
    let error = #expect(throws: LoadError.self) {
      try model.loadWeights(from: Self.file("torch-cnn.pt"), strict: strict)
    }
    #expect(error?.problem.contains("layer '1' has Keras's default epsilon") == true)
    #expect(error?.advice?.contains("epsilon: 1e-5") == true)
    #expect(try model.namedLiterals()["8.kernel"]?.doubles == before)
    // Whoever names one is believed.
    let chosen = cnn(epsilon: 1e-3)
    try chosen.build(inputShape: [4, 6, 2])
    #expect(try chosen.loadWeights(from: Self.file("torch-cnn.pt")).isComplete)
    // One's own files have no such doubts.
    let path = temporaryPath("own.safetensors")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.saveWeights(to: path)
    #expect(try model.loadWeights(from: path).notes.isEmpty)
  }

  @Test func aFlattenedImageMustBeKnown() throws {
    let error = #expect(throws: LoadError.self) { try cnn().loadWeights(from: Self.file("torch-cnn.pt")) }
    #expect(error?.advice?.contains("model.build(inputShape:)") == true)
  }

  @Test func layersOnTopOfEachOtherInBothDirections() throws {
    struct Tagger: Layer {
      let embedding = Embedding(11, 5)
      let rnn = (0..<2).map { _ in Bidirectional { LSTM(4, returnSequences: true) } }
      let head = Dense(3)
      func callAsFunction(_ x: Tensor) -> Tensor { head(rnn.reduce(embedding(x)) { $1($0) }) }
    }
    try check(Tagger(), "lstm", parameters: 15)
  }

  @Test func gatesAndBiasesOfARecurrentUnit() throws {
    struct Tagger: Layer {
      let embedding = Embedding(11, 5)
      let rnn = GRU(4, returnSequences: true)
      let head = Dense(3)
      func callAsFunction(_ x: Tensor) -> Tensor { head(rnn(embedding(x))) }
    }
    try check(Tagger(), "gru", parameters: 6)
    struct Before: Layer {
      let embedding = Embedding(11, 5)
      let rnn = GRU(4, resetAfter: false, returnSequences: true)
      let head = Dense(3)
      func callAsFunction(_ x: Tensor) -> Tensor { head(rnn(embedding(x))) }
    }
    let error = #expect(throws: LoadError.self) {
      try Before().loadWeights(from: Self.file("torch-gru.safetensors"), strict: false)
    }
    #expect(error?.advice?.contains("resetAfter: true") == true)
  }

  @Test func aSimpleRecurrentLayer() throws {
    struct Tagger: Layer {
      let embedding = Embedding(11, 5)
      let rnn = SimpleRNN(4, returnSequences: true)
      let head = Dense(3)
      func callAsFunction(_ x: Tensor) -> Tensor { head(rnn(embedding(x))) }
    }
    try check(Tagger(), "rnn", parameters: 6)
  }

  private func check(_ model: some Layer, _ name: String, parameters: Int) throws {
    let report = try model.loadWeights(from: Self.file("torch-\(name).safetensors"))
    #expect(report.loaded.count == parameters && report.isComplete)
    #expect(report.notes == ["the prefix 'model.' was taken off the file's names"])
    let test = try Fixture("foreign")(name)
    #expect(try test.mismatch("output", model(test.inputs[0].tensor)) == nil)
  }

  @Test func attentionInEitherLayer() throws {
    struct Joint: Layer {
      let norm = LayerNorm(epsilon: 1e-5), attention = SelfAttention(8, heads: 2)
      func callAsFunction(_ x: Tensor) -> Tensor { attention(norm(x)) }
    }
    struct Split: Layer {
      let norm = LayerNorm(epsilon: 1e-5), attention = MultiHeadAttention(heads: 2, keySize: 4)
      func callAsFunction(_ x: Tensor) -> Tensor { attention(norm(x)) }
    }
    let test = try Fixture("foreign")("attention")
    for model in [Joint(), Split()] as [any Layer] {
      #expect(try model.loadWeights(from: Self.file("torch-attention.safetensors")).isComplete)
      #expect(try test.mismatch("output", model(test.inputs[0].tensor)) == nil)
    }
  }
}
