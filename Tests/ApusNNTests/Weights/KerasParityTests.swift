import ApusFixtures
import ApusNN
import ApusTensor
import Testing

/// Sequentials with weights of Keras's give Keras's outputs; scripts/fixtures/keras_sequential.py makes both.
@Suite struct KerasParityTests {
  @Test(arguments: ["keras-sequential.weights.h5", "keras-sequential.h5", "keras-sequential.keras"])
  func layersAreMatchedByTypeAndOrder(name: String) throws {
    let model = Sequential {
      Conv2D(3, kernel: 3)
      BatchNorm()
      ReLU()
      Conv2D(2, kernel: [1, 2], useBias: false)
      Flatten()
      Dropout(0.5)
      for _ in 0..<11 { Dense(3, activation: .tanh) }
      Sequential {
        Dense(4)
        Dense(2)
      }
    }
    try model.build(inputShape: [4, 6, 2])
    let report = try model.loadWeights(from: PyTorchParityTests.file(name))
    #expect(report.isComplete && report.loaded.count == 33)
    #expect(report.notes.contains { $0.contains("order") })
    let test = try Fixture("keras_sequential")("cnn")
    #expect(try test.mismatch("output", model(test.inputs[0].tensor)) == nil)
  }

  @Test func cellsAndDirectionsOfRecurrentLayers() throws {
    let model = Sequential {
      Embedding(7, 3)
      LSTM(4, returnSequences: true)
      Bidirectional { GRU(3) }
      Dense(2)
    }
    try model.build(inputShape: [5], dtype: .int32)
    #expect(try model.loadWeights(from: PyTorchParityTests.file("keras-recurrent.weights.h5")).isComplete)
    let test = try Fixture("keras_sequential")("recurrent")
    #expect(try test.mismatch("output", model(test.inputs[0].tensor)) == nil)
  }
}
