import ApusGraph
import ApusNN
import ApusTensor
import Testing

/// Models of layers connected by name.
@Suite struct FunctionalModelTests {
  func residual() throws -> FunctionalModel {
    try FunctionalModel(inputShape: [4, 4, 2]) { net, image in
      let x = net.add(Conv2D(3, kernel: 3, padding: .same), to: image, name: "first")
      let y = net.add(Conv2D(3, kernel: 1), to: x, name: "second")
      let sum = net.add(Add(), to: [x, y])
      #expect(net.shape(of: sum) == [4, 4, 3])
      return net.add(GlobalAveragePool2D(), to: sum)
    }
  }

  @Test func shapesAreKnownWithoutValues() throws {
    let model = try residual()
    let parameters = try model.parameters()
    #expect(parameters.map(\.name) == ["first.kernel", "first.bias", "second.kernel", "second.bias"])
    #expect(parameters.map { $0.parameter.shape } == [[3, 3, 2, 3], [3], [1, 1, 3, 3], [3]])
    #expect(parameters.allSatisfy { $0.parameter.variable == nil })
    #expect(try model.parameterCount() == 57 + 12)
    #expect(model.outputShape == [3])
  }

  @Test func computesWhatTheLayersDo() throws {
    let model = try residual()
    let x = Tensor(numbers: (0..<32).map { Float($0 % 7) }, [1, 4, 4, 2])
    let first = try #require(model["first"] as? Conv2D), second = try #require(model["second"] as? Conv2D)
    let y = first(x)
    let expected = (y + second(y)).mean(axes: [1, 2])
    #expect(try model(x).doubles() == expected.doubles())
    let features = model.features(["second", "first"], of: x)
    #expect(try features[0].doubles() == second(y).doubles())
    #expect(try features[1].doubles() == y.doubles())
    #expect(model.features(["third"], of: x)[0].failure?.problem.contains("'third'") == true)
  }

  @Test func namesAreKerasNames() throws {
    let model = try residual()
    #expect(model.nodes.map(\.name) == ["first", "second", "add", "global_average_pooling2d"])
    let twins = try FunctionalModel(inputShape: [2]) { net, x in
      let a = net.add(Dense(2), to: x), b = net.add(Dense(2), to: a),
        c = net.add(Dense(2), to: b, name: "head")
      let d = net.add(ReLU(), to: net.add(Dense(2), to: c, name: "head"))
      return net.add(LayerNorm(), to: net.add(BatchNorm(), to: d))
    }
    #expect(
      twins.nodes.map(\.name) == [
        "dense", "dense_1", "head", "head_1", "re_lu", "batch_normalization", "layer_normalization",
      ])
  }

  @Test func depthInBothSenses() throws {
    let model = try residual()
    #expect(try model.weightedLayerCount() == 2)
    #expect(model.pathLength == 5)
  }

  @Test func aPartSharesParametersAndDropsTheRest() throws {
    let model = try FunctionalModel(inputShape: [2]) { net, x in
      let side = net.add(Dense(3), to: x, name: "side")
      let main = net.add(Dense(3), to: x, name: "main")
      let top = net.add(Dense(1), to: main, name: "top")
      return net.add(Concatenate(), to: [side, top])
    }
    let part = try model.part(upTo: "top")
    #expect(part.nodes.map(\.name) == ["main", "top"])
    #expect(part.outputShape == [1])
    let x = Tensor(numbers: [1, 2], [1, 2])
    #expect(try part(x).doubles() == model.features(["top"], of: x)[0].doubles())
    #expect(try part.parameters()[0].parameter === model.parameters()[2].parameter)
    #expect(throws: GraphError.self) { try model.part(upTo: "nothing") }
  }

  @Test func aPartAfterALayerGoesOnFromItsResult() throws {
    let model = try FunctionalModel(inputShape: [2]) { net, x in
      let body = net.add(Dense(3), to: x, name: "body")
      let left = net.add(Dense(4), to: body, name: "left")
      let right = net.add(Dense(4), to: body, name: "right")
      return net.add(Add(), to: [left, right], name: "sum")
    }
    let body = try model.part(upTo: "body"), head = try model.part(after: "body")
    #expect(head.nodes.map(\.name) == ["left", "right", "sum"])
    #expect(head.inputShape == [3] && head.outputShape == [4])
    let x = Tensor(numbers: [1, -2], [1, 2])
    #expect(try head(body(x)).doubles() == model(x).doubles())
    #expect(try head.parameters()[0].parameter === model.parameters()[2].parameter)
    // The sum also needs the left branch.
    #expect(throws: GraphError.self) { try model.part(after: "right") }
    #expect(throws: GraphError.self) { try model.part(after: "nothing") }
  }

  @Test func theFirstLayerThatDoesNotFitIsNamed() {
    let error = #expect(throws: GraphError.self) {
      try FunctionalModel(inputShape: [4, 4, 1]) { net, image in
        let x = net.add(Conv2D(2, kernel: 7), to: image, name: "wide")
        return net.add(Conv2D(2, kernel: 9), to: x, name: "wider")
      }
    }
    #expect(error?.origin.layerPath == "wide")
    #expect(error?.problem.contains("larger") == true)
  }

  @Test func nestedModelsKeepTheirNames() throws {
    let model = try FunctionalModel(inputShape: [2]) { net, x in
      let inner = try FunctionalModel(inputShape: net.shape(of: x)) { part, x in
        part.add(Dense(3), to: x, name: "dense")
      }
      return net.add(inner, to: x, name: "stem")
    }
    #expect(try model.parameters().map(\.name) == ["stem.dense.kernel", "stem.dense.bias"])
    #expect(try model.weightedLayerCount() == 1)
  }

  @Test func planningLeavesNoValuesAndBuildingMakesThem() throws {
    let model = Sequential {
      Dense(4)
      BatchNorm()
      Dropout(0.5)
      Dense(1)
    }
    #expect(try model.plan(inputShape: [3]) == [1])
    #expect(try model.parameterCount() == 16 + 16 + 5)
    #expect(try model.parameters().allSatisfy { $0.parameter.variable == nil })
    #expect(throws: GraphError.self) { try model.plan(inputShape: [5]) }
    try model.build(inputShape: [3], seed: 1)
    #expect(try model.parameters().allSatisfy { $0.parameter.variable != nil })
    #expect(try model.plan(inputShape: [3]) == [1])
  }

  @Test func aFileIsComparedWithPlannedShapes() throws {
    let model = try residual()
    let wrong = ["first.kernel": Literal([Float](repeating: 0, count: 3), shape: [3])]
    let error = #expect(throws: LoadError.self) { try model.load(named: wrong, strict: false) }
    #expect(error?.report.mismatched.map(\.expected) == [[3, 3, 2, 3]])
    #expect(error?.report.missing.count == 3)
  }
}
