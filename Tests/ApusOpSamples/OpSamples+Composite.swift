import ApusGraph

extension OpSample {
  static let dots: [OpSample] = {
    var numbers = Numbers(seed: 12)
    return [
      OpSample(
        .dot(DotSpec(leftContract: [1], rightContract: [0]), .none),
        [numbers.uniform([3, 4]), numbers.uniform([4, 2])]
      ),
      OpSample(
        .dot(
          DotSpec(leftBatch: [2, 0], rightBatch: [0, 3], leftContract: [1, 4], rightContract: [4, 1]), .none),
        [numbers.uniform([2, 3, 1, 2, 2]), numbers.uniform([1, 2, 2, 2, 3])], "with everything"),
      OpSample(
        .dot(DotSpec(leftContract: [], rightContract: []), .none),
        [numbers.uniform([2]), numbers.uniform([3])]),
      OpSample(
        .dot(DotSpec(leftContract: [0], rightContract: [0]), .none),
        [numbers.uniform([3]), numbers.uniform([3])],
        "of vectors"),
      OpSample(
        .dot(DotSpec(leftContract: [1], rightContract: [0]), .none),
        [numbers.uniform([2, 0]), numbers.uniform([0, 3])],
        "over nothing"),
      OpSample(
        .dot(DotSpec(leftContract: [1], rightContract: [0]), Epilogue(bias: true, activation: .tanh)),
        [numbers.uniform([3, 4]), numbers.uniform([4, 2]), numbers.uniform([2])], "with an epilogue"),
    ]
  }()

  static let convolutions: [OpSample] = {
    var numbers = Numbers(seed: 13)
    let plain = ConvolutionSpec(strides: [2], padsLow: [1], padsHigh: [2], dilations: [2])
    let grouped = ConvolutionSpec(
      strides: [1, 2], padsLow: [0, 1], padsHigh: [1, 0], dilations: [1, 1], groups: 2)
    let x = numbers.uniform([2, 3, 4, 4]), kernel = numbers.uniform([2, 3, 2, 2]),
      y = numbers.uniform([2, 3, 2, 2])
    return [
      OpSample(.convolution(plain, .none), [numbers.uniform([1, 7, 2]), numbers.uniform([3, 2, 3])]),
      OpSample(.convolution(grouped, .none), [x, kernel], "in groups"),
      OpSample(
        .convolution(plain, Epilogue(bias: true)),
        [numbers.uniform([1, 7, 2]), numbers.uniform([3, 2, 3]), numbers.uniform([3])], "with a bias"),
      OpSample(.convolutionInputGradient(grouped, inputSpatial: [3, 4]), [y, kernel]),
      OpSample(.convolutionFilterGradient(grouped, kernelSpatial: [2, 3]), [x, y]),
    ]
  }()

  static let pools: [OpSample] = {
    var numbers = Numbers(seed: 14)
    func spec(_ kind: PoolSpec.Kind, countsPadding: Bool = false) -> PoolSpec {
      PoolSpec(
        kind: kind, window: [2, 3], strides: [1, 2], padsLow: [1, 0], padsHigh: [0, 2],
        countsPadding: countsPadding)
    }
    let x = numbers.spread([1, 3, 5, 2]), y = numbers.uniform([1, 3, 3, 2])
    return [
      OpSample(.pool(spec(.maximum)), [x], order: 1),
      OpSample(.pool(spec(.average)), [x]),
      OpSample(.pool(spec(.average, countsPadding: true)), [x], "counting the padding"),
      OpSample(.maxPoolGradient(spec(.maximum)), [x, y]),
      OpSample(.averagePoolGradient(spec(.average), inputSpatial: [3, 5]), [y]),
    ]
  }()

  static let control: [OpSample] = {
    var numbers = Numbers(seed: 15)
    let state = Value.input(.float64, [2]), element = Value.input(.float64, [2])
    let weight = Value.input(.float64, [2, 2])
    let next = (state.expanded(axis: 0).matmul(weight).reshaped([2]) + element).tanh()
    let body = Graph(inputs: [state, element, weight], outputs: [next, next * element])
    let counter = Value.input(.float64, .scalar)
    let loop = Op.whileLoop(
      condition: Graph(inputs: [counter], outputs: [counter.compare(.less, counter.splat(9))]),
      body: Graph(inputs: [counter], outputs: [counter * 2]))
    let cube = CustomGradient(argumentCount: 1) { arguments, _, gradients in
      [gradients[0] * arguments[0].squared() * 3]
    }
    let call = CustomCall(name: "double", results: [TensorType(.float64, [2])]) { inputs in
      [Literal(inputs[0].doubles.map { $0 * 2 }, shape: [2])]
    }
    return [
      OpSample(
        .scan(ScanSpec(body: body, length: 3, carryCount: 1, sequenceCount: 1)),
        [numbers.uniform([2]), numbers.uniform([3, 2]), numbers.uniform([2, 2])]),
      OpSample(
        .scan(ScanSpec(body: body, length: 3, carryCount: 1, sequenceCount: 1, reverse: true)),
        [numbers.uniform([2]), numbers.uniform([3, 2]), numbers.uniform([2, 2])], "in reverse"),
      OpSample(
        .scan(ScanSpec(body: body, length: 0, carryCount: 1, sequenceCount: 1)),
        [numbers.uniform([2]), numbers.uniform([0, 2]), numbers.uniform([2, 2])], "of no steps"),
      OpSample(
        .recomputation(body), [numbers.uniform([2]), numbers.uniform([2]), numbers.uniform([2, 2])]),
      OpSample(loop, [numbers.uniform(.scalar, 1...1)], order: 0),
      OpSample(.customGradient(cube), [numbers.uniform([2]), numbers.uniform([2])], order: 0),
      OpSample(.customCall(call), [numbers.uniform([2])], order: 0),
    ]
  }()

  static let activations: [OpSample] = ActivationKind.allCases.flatMap { kind -> [OpSample] in
    var numbers = Numbers(seed: 16)
    let smooth: Set<ActivationKind> = [.gelu, .geluTanh, .silu, .mish, .softplus, .sigmoid, .tanh]
    let order = smooth.contains(kind) ? 2 : 1
    let x = numbers.spread([4, 3])
    return [
      OpSample(.activation(kind, alpha: 0.2), [x], order: order),
      OpSample(.activationGradient(kind, alpha: 0.2), [numbers.uniform([4, 3]), x], order: order),
    ]
  }

  static let softmaxes: [OpSample] = {
    var numbers = Numbers(seed: 17)
    let x = numbers.uniform([2, 3, 4]), g = numbers.uniform([2, 3, 4])
    let labels = indices([0, 3, 1, 1, 2, 0], [2, 3])
    let rows = numbers.uniform([2, 3])
    return [
      OpSample(.softmax, [x]), OpSample(.softmax, [numbers.uniform([3])], "of a vector"),
      OpSample(.softmaxGradient, [g, x]),
      OpSample(.logSoftmax, [x]), OpSample(.logSoftmaxGradient, [g, x]),
      OpSample(.softmaxCrossEntropy(labelSmoothing: 0), [x, labels]),
      OpSample(.softmaxCrossEntropy(labelSmoothing: 0.1), [x, labels], "smoothed"),
      OpSample(.softmaxCrossEntropyGradient(labelSmoothing: 0), [x, labels, rows, rows]),
      OpSample(.softmaxCrossEntropyGradient(labelSmoothing: 0.1), [x, labels, rows, rows], "smoothed"),
    ]
  }()

  static let normalizations: [OpSample] = {
    var numbers = Numbers(seed: 18)
    let x = numbers.uniform([5, 2, 3]), vector = numbers.uniform([3], 0.5...2), beta = numbers.uniform([3])
    let rows = numbers.uniform([5, 2], 0.5...2), g = numbers.uniform([5, 2, 3])
    return [
      OpSample(.batchNorm(epsilon: 1e-3), [x, vector, beta]),
      OpSample(.batchNormalize(epsilon: 1e-3, relu: false), [x, vector, beta, beta, vector]),
      OpSample(
        .batchNormalize(epsilon: 1e-3, relu: true), [x, vector, beta, beta, vector, g], "with a residual"),
      OpSample(.batchNormGradient(epsilon: 1e-3), [x, vector, beta, vector, g]),
      OpSample(
        .batchNormGradient(epsilon: 1e-3, relu: true), [x, vector, beta, vector, g, beta], "through relu"),
      OpSample(.layerNorm(epsilon: 1e-3), [x, vector, beta]),
      OpSample(.layerNormGradient(epsilon: 1e-3), [x, vector, rows, rows, g]),
      OpSample(.dropout(rate: 0.4), [x, int64(11), int64(5)]),
    ]
  }()

  static let attentions: [OpSample] = {
    var numbers = Numbers(seed: 19)
    let scale = 0.7
    let query = numbers.uniform([2, 3, 2, 4]), key = numbers.uniform([2, 5, 2, 4])
    let value = numbers.uniform([2, 5, 2, 3])
    let sharedKey = numbers.uniform([2, 5, 1, 4]), sharedValue = numbers.uniform([2, 5, 1, 3])
    let mask = numbers.uniform([2, 2, 3, 5]), lengths = indices([5, 3])
    let visible = Literal((0..<60).map { $0 % 7 != 2 }, shape: [2, 2, 3, 5])
    let output = numbers.uniform([2, 3, 2, 3]), logSumExp = numbers.uniform([2, 2, 3], 1...2)
    let gradient = numbers.uniform([2, 3, 2, 3])
    func both(_ spec: AttentionSpec, _ inputs: [Literal], _ note: String) -> [OpSample] {
      [
        OpSample(.attention(spec), inputs, note),
        OpSample(.attentionGradient(spec), inputs + [output, logSumExp, gradient], note),
      ]
    }
    return both(AttentionSpec(scale: scale), [query, key, value], "of everything")
      + both(
        AttentionSpec(scale: scale, isCausal: true), [query, sharedKey, sharedValue], "causal, shared keys")
      + both(AttentionSpec(scale: scale, hasMask: true), [query, key, value, mask], "with a bias")
      + both(
        AttentionSpec(scale: scale, isCausal: true, hasMask: true, hasLengths: true),
        [query, key, value, visible, lengths], "with a mask and lengths")
  }()
}
