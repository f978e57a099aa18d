import ApusFixtures
import ApusGraph
import Testing

/// The reference interpreter and the gradient rules against PyTorch's numbers, all in float64.
struct FixtureTests {
  /// Evaluates a case and its gradients. Returns what differs, nil if nothing does.
  private func difference(_ test: FixtureCase, _ build: ([Value]) -> Value) throws -> String? {
    let literals = test.inputs.map(Self.literal)
    let inputs = literals.map { Value.input($0.dtype, $0.shape) }
    let output = build(inputs)
    let expected = try test("output")
    var outputs = [output]
    var expectations = [("output", expected)]
    if let weights = test.tensors["grad_output"] {
      let wanted = inputs.indices.filter { test.tensors["grad_input\($0)"] != nil }
      outputs += gradients(
        of: [output], seeds: [.constant(Self.literal(weights))], withRespectTo: wanted.map { inputs[$0] })
      expectations += try wanted.map { ("gradient of input \($0)", try test("grad_input\($0)")) }
    }
    let results = try Reference.evaluate(Graph(inputs: inputs, outputs: outputs), inputs: literals)
    for ((what, expected), result) in zip(expectations, results) {
      guard result.shape.dimensions == expected.shape else {
        return "\(what) has shape \(result.shape), not \(expected.shape)"
      }
      if let found = ApusFixtures.difference(
        result.doubles, from: expected.doubles, relative: 2e-7, absolute: 1e-9)
      {
        return "\(what): \(found)"
      }
    }
    return nil
  }

  private static func literal(_ tensor: FixtureTensor) -> Literal {
    tensor.isFloatingPoint
      ? Literal(tensor.doubles, shape: Shape(tensor.shape))
      : Literal(tensor.integers, shape: Shape(tensor.shape))
  }

  @Test func elementwise() throws {
    let unary: [String: UnaryOp] = [
      "neg": .negate, "abs": .absolute, "exp": .exp, "expm1": .expm1, "log": .log, "log1p": .log1p,
      "sqrt": .sqrt,
      "rsqrt": .rsqrt, "sin": .sin, "cos": .cos, "tanh": .tanh, "logistic": .logistic, "erf": .erf,
      "sign": .sign,
      "floor": .floor, "ceil": .ceil, "round": .round, "erf_range": .erf, "expm1_small": .expm1,
      "log1p_small": .log1p,
    ]
    let binary: [String: BinaryOp] = [
      "add": .add, "sub": .subtract, "mul": .multiply, "div": .divide, "pow": .power, "maximum": .maximum,
      "minimum": .minimum, "atan2": .atan2,
    ]
    let fixture = try Fixture("elementwise")
    for (name, op) in unary { #expect(try difference(fixture(name)) { $0[0].unary(op) } == nil, "\(name)") }
    for (name, op) in binary {
      let cases = fixture.cases(startingWith: name + "_")
      #expect(cases.count >= 9)
      for test in cases { #expect(try difference(test) { $0[0].binary(op, $0[1]) } == nil, "\(test)") }
    }
    #expect(try difference(fixture("floor_remainder")) { $0[0].binary(.remainder, $0[1]) } == nil)
    #expect(try difference(fixture("clamp")) { $0[0].clamped($0[0].splat(-1), $0[0].splat(1.5)) } == nil)
  }

  @Test func activations() throws {
    let kinds: [String: ActivationKind] = [
      "relu": .relu, "relu6": .relu6, "leaky_relu": .leakyRelu, "elu": .elu, "selu": .selu, "gelu": .gelu,
      "gelu_tanh": .geluTanh, "silu": .silu, "mish": .mish, "softplus": .softplus, "sigmoid": .sigmoid,
      "hard_sigmoid": .hardSigmoid, "hard_silu": .hardSwish, "tanh": .tanh,
    ]
    #expect(kinds.count == ActivationKind.allCases.count)
    let fixture = try Fixture("activations")
    for (name, kind) in kinds {
      for suffix in ["", "_extremes"] {
        let test = try fixture(name + suffix)
        let alpha = (test["alpha"].double ?? test["negative_slope"].double) ?? 0
        #expect(
          try difference(test) { .apply(.activation(kind, alpha: alpha), [$0[0]]) } == nil, "\(test)")
      }
    }
    for (name, op) in [("softmax_", Op.softmax), ("log_softmax_", .logSoftmax)] {
      let cases = fixture.cases(startingWith: name).filter { $0["axis"].integer == -1 }
      #expect(cases.count >= 5)
      for test in cases { #expect(try difference(test) { .apply(op, [$0[0]]) } == nil, "\(test)") }
    }
  }

  /// Padding before and after each axis, from a fixture's attribute.
  private func pads(_ test: FixtureCase, input: [Int], window: [Int], strides: [Int], dilations: [Int])
    -> (low: [Int], high: [Int])
  {
    if let rows = test["padding"].integerRows { return (rows.map { $0[0] }, rows.map { $0[1] }) }
    guard test["padding"].string == "same" else {
      return (input.map { _ in 0 }, input.map { _ in 0 })
    }
    let total = input.indices.map { axis in
      let count = (input[axis] + strides[axis] - 1) / strides[axis]
      return max(0, (count - 1) * strides[axis] + dilations[axis] * (window[axis] - 1) + 1 - input[axis])
    }
    return (total.map { $0 / 2 }, total.map { $0 - $0 / 2 })
  }

  @Test func convolutions() throws {
    let cases = try Fixture("convolution").cases.values.filter {
      !$0.name.hasPrefix("transposed") && $0.inputs[0].count < 1200
    }
    #expect(cases.count >= 24)
    for test in cases {
      let input = Array(test.inputs[0].shape.dropFirst().dropLast())
      let strides = try #require(test["strides"].integers),
        dilations = try #require(test["dilations"].integers)
      let window = Array(test.inputs[1].shape.dropLast(2))
      let (low, high) = pads(test, input: input, window: window, strides: strides, dilations: dilations)
      let spec = ConvolutionSpec(
        strides: strides, padsLow: low, padsHigh: high, dilations: dilations,
        groups: try #require(test["groups"].integer))
      let found = try difference(test) { inputs in
        let result = Value.apply(.convolution(spec, .none), Array(inputs.prefix(2)))
        return inputs.count == 3 ? result + inputs[2] : result
      }
      #expect(found == nil, "\(test)")
    }
  }

  @Test func pools() throws {
    let cases = try Fixture("pooling").cases.values.filter { !$0.name.hasPrefix("global") }
    #expect(cases.count >= 30)
    for test in cases {
      let input = Array(test.inputs[0].shape.dropFirst().dropLast())
      let strides = try #require(test["strides"].integers), window = try #require(test["window"].integers)
      let (low, high) = pads(
        test, input: input, window: window, strides: strides, dilations: window.map { _ in 1 })
      let spec = PoolSpec(
        kind: test.name.hasPrefix("max") ? .maximum : .average, window: window, strides: strides,
        padsLow: low,
        padsHigh: high, countsPadding: test["count_padding"].bool ?? false)
      #expect(try difference(test) { .apply(.pool(spec), [$0[0]]) } == nil, "\(test)")
    }
  }

  @Test func reductions() throws {
    let fixture = try Fixture("reductions")
    let kinds: [String: ReduceKind] = ["sum": .sum, "product": .product, "max": .maximum, "min": .minimum]
    for (name, kind) in kinds {
      let cases = fixture.cases(startingWith: name + "_")
      #expect(cases.count >= 9)
      for test in cases {
        let found = try difference(test) { inputs in
          let axes = test["axes"].integers?.map { $0 < 0 ? $0 + inputs[0].rank : $0 }
          return inputs[0].reduced(kind, axes: axes, keepAxes: test["keep_dimensions"].bool ?? false)
        }
        #expect(found == nil, "\(test)")
      }
    }
    for (name, kind) in [("sum", ReduceKind.sum), ("product", .product), ("max", .maximum)] {
      for test in fixture.cases(startingWith: "cumulative_\(name)") {
        let found = try difference(test) {
          $0[0].cumulative(
            kind, axis: test["axis"].integer ?? 0, reverse: test["reverse"].bool ?? false,
            exclusive: test["exclusive"].bool ?? false)
        }
        #expect(found == nil, "\(test)")
      }
    }
    for test in fixture.cases(startingWith: "sort_") {
      let x = Value.constant(Self.literal(test.inputs[0]))
      let named = try #require(test["axis"].integer)
      let axis = try #require(x.shape.normalized(axis: named))
      let descending = test["descending"].bool == true
      #expect(
        try difference(test) { $0[0].sorted(axis: axis, descending: descending).values } == nil, "\(test)")
      let order = try evaluate(x.sorted(axis: axis, descending: descending).order)[0]
      #expect(order.scalars(as: Int32.self) == (try test("indices").integers), "\(test)")
    }
  }

  @Test func normalization() throws {
    let fixture = try Fixture("normalization")
    let batches = fixture.cases(startingWith: "batch_norm_").filter { !$0.name.contains("inference") }
    #expect(batches.count >= 6)
    for test in batches where test.inputs.count == 3 {
      let epsilon = try #require(test["epsilon"].double)
      #expect(try difference(test) { Node.apply(.batchNorm(epsilon: epsilon), $0)[0] } == nil, "\(test)")
      let inputs = test.inputs.map { Value.constant(Self.literal($0)) }
      let results = Node.apply(.batchNorm(epsilon: epsilon), inputs)
      let statistics = try evaluate(results[1], results[2])
      for (name, result) in zip(["batch_mean", "batch_variance"], statistics) {
        let expected = try test(name).doubles
        #expect(
          ApusFixtures.difference(result.doubles, from: expected, relative: 2e-7, absolute: 1e-9) == nil)
      }
    }
    let layers = fixture.cases(startingWith: "layer_norm_").filter { test in
      test.inputs.count == 3 && test["axes"].integers ?? [-1] == [-1] && test.inputs[1].shape.count == 1
    }
    #expect(!layers.isEmpty)
    for test in layers {
      let epsilon = try #require(test["epsilon"].double)
      #expect(try difference(test) { Node.apply(.layerNorm(epsilon: epsilon), $0)[0] } == nil, "\(test)")
    }
  }

  @Test func crossEntropy() throws {
    let cases = try Fixture("losses").cases(startingWith: "sparse_cross_entropy_").filter {
      $0["reduction"].string == "mean" && $0["class_weights"] == .null
    }
    #expect(cases.count >= 6)
    for test in cases {
      let labels = Value.constant(Self.literal(try test("target")))
      let smoothing = test["label_smoothing"].double ?? 0
      let found = try difference(test) {
        Node.apply(.softmaxCrossEntropy(labelSmoothing: smoothing), [$0[0], labels])[0].mean()
      }
      #expect(found == nil, "\(test)")
    }
  }

  @Test func indexing() throws {
    let fixture = try Fixture("indexing")
    for name in ["take_rows", "take_columns", "take_matrix_of_rows", "take_middle", "take_none"] {
      let test = try fixture(name)
      #expect(try difference(test) { $0[0].gather($0[1], axis: test["axis"].integer ?? 0) } == nil, "\(test)")
    }
    for name in ["take_along_last", "take_along_first", "take_along_deep"] {
      let test = try fixture(name)
      let found = try difference(test) { inputs in
        inputs[0].gatherAlong(
          inputs[1], axis: inputs[0].shape.normalized(axis: test["axis"].integer ?? 0) ?? 0)
      }
      #expect(found == nil, "\(test)")
    }
  }
}
