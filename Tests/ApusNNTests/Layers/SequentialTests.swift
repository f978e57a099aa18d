import ApusNN
import ApusTensor
import Testing

@Suite struct SequentialTests {
  private func kinds(_ model: Sequential) -> [String] {
    model.layers.map { $0 is Dropout ? "Dropout" : "\(type(of: $0))" }
  }

  @Test(arguments: [false, true]) func optionalParts(include: Bool) {
    let model = Sequential {
      Dense(2)
      if include { Dropout(0.5) }
      Flatten()
    }
    #expect(kinds(model) == (include ? ["Dense", "Dropout", "Flatten"] : ["Dense", "Flatten"]))
  }

  @Test(arguments: [0, 1, 2]) func choices(choice: Int) {
    let model = Sequential {
      if choice == 0 { Dense(2) } else { Flatten() }
      switch choice {
      case 0: ReLU()
      case 1:
        ELU()
        Dropout(0.1)
      default: Softmax()
      }
    }
    let expected = [["Dense", "ReLU"], ["Flatten", "ELU", "Dropout"], ["Flatten", "Softmax"]]
    #expect(kinds(model) == expected[choice])
  }

  @Test func loopsAndLists() {
    let tail: [any Layer] = [ReLU(), Dropout(0.1)]
    let absent: Dense? = nil
    let model = Sequential {
      for width in [8, 4] {
        Dense(width)
        BatchNorm()
      }
      tail
      absent
      if #available(macOS 15, *) { Flatten() }
    }
    #expect(kinds(model) == ["Dense", "BatchNorm", "Dense", "BatchNorm", "ReLU", "Dropout", "Flatten"])
  }

  @Test func anyLength() {
    let model = Sequential {
      Dense(1); Dense(1); Dense(1); Dense(1); Dense(1); Dense(1); Dense(1)
      Dense(1); Dense(1); Dense(1); Dense(1); Dense(1); Dense(1); Dense(1)
    }
    #expect(model.count == 14)
    #expect(Sequential {}.count == 0)
    let x = Tensor(numbers: [1, 2], [1, 2])
    #expect(Sequential {}(x).shape == [1, 2])
  }

  @Test func partsShareParameters() throws {
    let model = Sequential {
      Dense(3)
      ReLU()
      Dense(2)
    }
    try model.build(inputShape: [4])
    let body = model[..<2]
    #expect(body.count == 2)
    #expect(try body.parameters()[0].parameter === model.parameters()[0].parameter)
    #expect(model[1] is ReLU)
  }

  @Test func sequencesNest() throws {
    let model = Sequential {
      Sequential { Dense(2, useBias: false) }
      Dense(1, useBias: false)
    }
    #expect(try model.parameters().map(\.name) == ["0.0.kernel", "1.kernel"])
  }
}
