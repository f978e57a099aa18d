import ApusGraph
import ApusNN
import ApusTensor
import Testing

/// Losses that take logits tell of models that give probabilities, before anything is computed.
@Suite struct LogitsWarningTests {
  private struct Own: Layer {
    let dense = Dense(3)
    func callAsFunction(_ x: Tensor) -> Tensor { softmax(dense(x)).reshaped([-1, 3]) }
  }

  static let models: [(name: String, model: any Layer, function: String?)] = [
    ("dense", Sequential { Dense(1, activation: .sigmoid) }, "sigmoid"),
    (
      "layer",
      Sequential {
        Dense(3); Softmax()
      }, "softmax"
    ),
    (
      "activation",
      Sequential {
        Dense(3); Activation(.softmax)
      }, "softmax"
    ),
    (
      "nested",
      Sequential {
        Dense(3);
        Sequential {
          Dense(3); Sequential { Dense(2, activation: .softmax) }
        }
      },
      "softmax"
    ),
    (
      "behind",
      Sequential {
        Dense(4, activation: .hardSigmoid); Dropout(0.5); Reshape([2, 2]); Flatten()
      },
      "hardSigmoid"
    ),
    ("own", Own(), "softmax"),
    (
      "logits",
      Sequential {
        Dense(3, activation: .sigmoid); Dense(3)
      }, nil
    ),
    ("no bias", Sequential { Dense(3, useBias: false) }, nil),
    ("log", Sequential { Dense(3, activation: .logSoftmax) }, nil),
    ("tanh", Sequential { Dense(3, activation: .tanh) }, nil),
  ]

  @Test(arguments: models.indices)
  func lastOperationsTell(index: Int) throws {
    let (name, model, function) = Self.models[index]
    try model.build(inputShape: [5])
    let output = model(Tensor(Value.input(.float32, [4, 5])))
    let losses: [Loss] = [
      .crossEntropy, .categoricalCrossEntropy, .mixedCrossEntropy, .binaryCrossEntropy, .dice(), .tversky(),
      .focal(), .sum([(.crossEntropy, 1), (.dice(), 1)]),
    ]
    for loss in losses {
      let warnings = loss.diagnose(output: output)
      #expect(warnings.count == (function == nil ? 0 : 1), "\(name) \(loss.name)")
      if let function { #expect(warnings.first?.message.contains(function) == true) }
    }
    #expect(Loss.meanSquaredError.diagnose(output: output).isEmpty)
  }

  @Test func theLayerIsNamed() throws {
    let model = Sequential {
      Dense(3); Sequential { Dense(1, activation: .sigmoid) }
    }
    try model.build(inputShape: [5])
    let warning = Loss.binaryCrossEntropy.diagnose(output: model(Tensor(Value.input(.float32, [4, 5]))))
    #expect(warning.first?.message.contains("'1.0'") == true)
  }
}
