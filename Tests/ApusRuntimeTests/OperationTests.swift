import ApusGraph
import Testing

@testable import ApusRuntime

/// Every operation on the CPU against its reference meaning, in the types that it takes.
@Suite struct OperationTests {
  /// An operation with operands to try it on.
  struct Sample: CustomTestStringConvertible, Sendable {
    let op: Op
    let inputs: [Literal]
    var tolerance = 1e-5
    var testDescription: String { "\(op.name) \(inputs.map { TensorType($0.dtype, $0.shape).description })" }
  }

  /// Numbers that look random and are the same in every run.
  static func numbers(_ count: Int, _ seed: Int, _ range: ClosedRange<Double> = -3...3) -> [Double] {
    var state = UInt64(seed &+ 1) &* 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + (range.upperBound - range.lowerBound) * Double(state >> 11)
        / Double(UInt64(1) << 53)
    }
  }

  static func literal(
    _ dtype: DType, _ shape: Shape, seed: Int = 0, _ range: ClosedRange<Double> = -3...3
  ) -> Literal {
    let values = numbers(shape.elementCount, seed, range)
    return switch dtype {
    case .float32: Literal(values.map { Float($0) }, shape: shape)
    case .float64: Literal(values, shape: shape)
    case .int32: Literal(values.map { Int32($0.rounded()) }, shape: shape)
    case .int64: Literal(values.map { Int64($0.rounded()) }, shape: shape)
    case .uint8: Literal(values.map { UInt8(abs($0).rounded()) }, shape: shape)
    case .uint32: Literal(values.map { UInt32(abs($0).rounded()) }, shape: shape)
    case .bool: Literal(values.map { $0 > 0 }, shape: shape)
    case .bfloat16:
      Literal(dtype: .bfloat16, shape: shape, copying: values.map { BFloat16.bits(Float($0)) })
    }
  }

  static func check(_ sample: Sample) throws {
    let values = sample.inputs.map { Value.input($0.dtype, $0.shape) }
    let outputs = try Node.applyChecked(sample.op, values)
    let graph = Graph(inputs: values, outputs: outputs)
    let expected = try reference(sample, graph)
    let program = try Program(graph)
    let results = try outputs.map { try Literal.zeros($0.type) }
    try Engine.shared.run {
      try program.run(inputs: sample.inputs.map(\.buffer.pointer), outputs: results.map(\.buffer.pointer))
    }
    for (result, wanted) in zip(results, expected) {
      #expect(result.dtype == wanted.dtype && result.shape == wanted.shape)
      let scale = wanted.dtype == .bfloat16 ? 1e-2 : wanted.dtype == .float64 ? 1e-11 : sample.tolerance
      for (index, pair) in zip(result.doubles, wanted.doubles).enumerated() {
        let isClose =
          pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN)
          || abs(pair.0 - pair.1) <= scale * max(1, abs(pair.1))
        if !isClose {
          Issue.record("\(sample.testDescription): element \(index) is \(pair.0), should be \(pair.1)")
          break
        }
      }
    }
  }

  /// A composite on bfloat16 is computed in float32 as a whole, not rounded after each of its parts.
  private static func reference(_ sample: Sample, _ graph: Graph) throws -> [Literal] {
    guard decompose(sample.op, graph.inputs) != nil, sample.inputs.contains(where: { $0.dtype == .bfloat16 })
    else {
      return try Reference.evaluate(graph, inputs: sample.inputs)
    }
    let results = Node.apply(sample.op, graph.inputs.map { $0.dtype == .bfloat16 ? $0.cast(.float32) : $0 })
    let rounded = zip(results, graph.outputs).map { $0.cast($1.dtype) }
    return try Reference.evaluate(Graph(inputs: graph.inputs, outputs: rounded), inputs: sample.inputs)
  }

  static let floating: [DType] = [.float32, .float64, .bfloat16]
  static let whole: [DType] = [.int32, .int64, .uint8, .uint32]

  static let elementwise: [Sample] = {
    var samples: [Sample] = []
    for shape in [[], [0], [1], [37], [3, 5]] as [Shape] {
      for op in UnaryOp.allCases {
        let isLogarithm = op == .log || op == .sqrt || op == .rsqrt || op == .log1p
        let types: [DType]
        switch op {
        case .not: types = whole + [.bool]
        case .negate, .absolute, .sign: types = floating + whole
        default: types = floating
        }
        for dtype in types {
          samples.append(
            Sample(op: .unary(op), inputs: [literal(dtype, shape, seed: 1, isLogarithm ? 0.1...4 : -3...3)]))
        }
      }
      for op in BinaryOp.allCases {
        let types: [DType]
        switch op {
        case .and, .or, .xor: types = whole + [.bool]
        case .shiftLeft, .shiftRight: types = whole
        case .atan2: types = floating
        case .maximum, .minimum: types = floating + whole + [.bool]
        default: types = floating + whole
        }
        for dtype in types {
          let right = op == .shiftLeft || op == .shiftRight ? 0.0...4 : -3...3
          let left = op == .power ? 0.1...3 : -3.0...3
          samples.append(
            Sample(
              op: .binary(op),
              inputs: [literal(dtype, shape, seed: 2, left), literal(dtype, shape, seed: 3, right)],
              tolerance: 1e-5))
        }
      }
      for direction in Comparison.allCases {
        for dtype in floating + whole + [.bool] {
          samples.append(
            Sample(
              op: .compare(direction),
              inputs: [literal(dtype, shape, seed: 4), literal(dtype, shape, seed: 5)]))
        }
      }
      for dtype in DType.allCases {
        samples.append(
          Sample(
            op: .select,
            inputs: [literal(.bool, shape), literal(dtype, shape, seed: 6), literal(dtype, shape, seed: 7)]))
        for target in DType.allCases {
          samples.append(Sample(op: .cast(target), inputs: [literal(dtype, shape, seed: 8)]))
        }
      }
      for dtype in floating + whole {
        samples.append(
          Sample(
            op: .clamp,
            inputs: [
              literal(dtype, shape, seed: 9, 0...1), literal(dtype, shape, seed: 10),
              literal(dtype, shape, seed: 11, 1...2),
            ]))
      }
      samples.append(Sample(op: .bitcast(.uint32), inputs: [literal(.float32, shape)]))
      for kind in ActivationKind.allCases {
        for dtype in floating {
          samples.append(Sample(op: .activation(kind, alpha: 0.3), inputs: [literal(dtype, shape, seed: 12)]))
          samples.append(
            Sample(
              op: .activationGradient(kind, alpha: 0.3),
              inputs: [literal(dtype, shape, seed: 13), literal(dtype, shape, seed: 14, 0.01...0.99)]))
        }
      }
    }
    return samples
  }()

  @Test func elementwiseOperations() throws { for sample in Self.elementwise { try Self.check(sample) } }

  @Test func shapeOperations() throws {
    for dtype in DType.allCases {
      let x = Self.literal(dtype, [3, 4, 5])
      let scalar = Self.literal(dtype, [], seed: 3)
      let ops: [Op] = [
        .reshape([12, 5]), .transpose([2, 0, 1]), .broadcast([2, 3, 4, 5], axes: [1, 2, 3]),
        .slice(starts: [1, 0, 2], limits: [3, 4, 5], strides: [1, 2, 2]), .reverse([0, 2]), .reverse([]),
        .slice(starts: [1, 4, 2], limits: [1, 4, 5], strides: [1, 1, 1]),
      ]
      for op in ops { try Self.check(Sample(op: op, inputs: [x])) }
      try Self.check(
        Sample(op: .pad(low: [1, -1, 0], high: [0, 2, -2], interior: [0, 1, 2]), inputs: [x, scalar]))
      try Self.check(
        Sample(
          op: .concatenate(axis: 1),
          inputs: [x, Self.literal(dtype, [3, 1, 5], seed: 9), x, Self.literal(dtype, [3, 0, 5])]))
      let starts = Literal([2, -1, 3] as [Int32], shape: [3])
      try Self.check(Sample(op: .dynamicSlice(sizes: [2, 3, 1]), inputs: [x, starts]))
      try Self.check(
        Sample(op: .dynamicUpdateSlice, inputs: [x, Self.literal(dtype, [2, 3, 1], seed: 5), starts]))
    }
    for dtype in DType.allCases where dtype != .bool && dtype != .bfloat16 {
      try Self.check(Sample(op: .iota(axis: 1, shape: [2, 3], dtype: dtype), inputs: []))
    }
  }

  @Test func indexing() throws {
    for dtype in DType.allCases {
      for indexType in [DType.int32, .int64] {
        let x = Self.literal(dtype, [4, 5, 3])
        let indices = Self.literal(indexType, [2, 3], seed: 4, 0...4)
        try Self.check(Sample(op: .gather(axis: 1, mode: .checked), inputs: [x, indices]))
        let wild = Self.literal(indexType, [7], seed: 4, -9...9)
        try Self.check(Sample(op: .gather(axis: 1, mode: .clamped), inputs: [x, wild]))
        let along = Self.literal(indexType, [4, 2, 3], seed: 5, 0...4)
        try Self.check(Sample(op: .gatherAlong(axis: 1, mode: .checked), inputs: [x, along]))
        guard dtype != .bool else { continue }
        for kind in ScatterKind.allCases {
          let places =
            indexType == .int32
            ? Literal([3, 0, 2] as [Int32], shape: [3]) : Literal([3, 0, 2] as [Int64], shape: [3])
          try Self.check(
            Sample(
              op: .scatter(axis: 1, kind: kind),
              inputs: [x, places, Self.literal(dtype, [4, 3, 3], seed: 6)]))
          try Self.check(
            Sample(
              op: .scatterAlong(axis: 1, kind: kind == .set ? .add : kind),
              inputs: [x, along, Self.literal(dtype, [4, 2, 3], seed: 7)]))
        }
      }
    }
  }

  @Test func anIndexOutOfRangeIsNamed() throws {
    let x = Value.constant(Self.literal(.float32, [4, 3]))
    let indices = Value.constant(Literal((0..<20).map { Int32($0 == 7 ? 9 : 1) }, shape: [20]))
    let y = x.gather(indices, axis: 0)
    let error = #expect(throws: GraphError.self) { try Evaluator.evaluate([y], required: [y]) }
    #expect(error?.kind == .index)
    #expect(error?.problem.contains("index 9 at position 7") == true)
  }

  @Test func reductions() throws {
    for dtype in DType.allCases {
      for shape in [[], [0], [7], [4, 5, 6], [300, 40], [3, 0, 2]] as [Shape] {
        let x = Self.literal(dtype, shape, seed: 1, -2...2)
        for kind in ReduceKind.allCases {
          if dtype == .bool ? (kind == .sum || kind == .product) : (kind == .and || kind == .or) { continue }
          var choices: [[Int]] = [Array(0..<shape.rank)]
          if shape.rank > 0 { choices += [[0], [shape.rank - 1]] }
          if shape.rank == 3 { choices += [[0, 2], [1], [0, 1]] }
          for axes in choices {
            try Self.check(Sample(op: .reduce(kind, axes: axes), inputs: [x], tolerance: 1e-4))
          }
        }
        guard shape.rank > 0, dtype != .bool else { continue }
        for kind in [ReduceKind.sum, .product, .maximum, .minimum] {
          for reverse in [false, true] {
            try Self.check(
              Sample(
                op: .cumulate(kind, axis: shape.rank - 1, reverse: reverse, exclusive: reverse), inputs: [x],
                tolerance: 1e-4))
          }
        }
        try Self.check(Sample(op: .sort(axis: 0, descending: false), inputs: [x]))
        try Self.check(Sample(op: .sort(axis: shape.rank - 1, descending: true), inputs: [x]))
        if !shape.dimensions.contains(0) {
          try Self.check(Sample(op: .argReduce(maximum: true, axis: shape.rank - 1), inputs: [x]))
          try Self.check(Sample(op: .argReduce(maximum: false, axis: 0), inputs: [x]))
        }
      }
    }
  }

  @Test func contractions() throws {
    for dtype in [DType.float32, .float64, .int32, .int64, .bfloat16] {
      let cases: [(DotSpec, Shape, Shape)] = [
        (DotSpec(leftContract: [1], rightContract: [0]), [5, 7], [7, 3]),
        (DotSpec(leftContract: [0], rightContract: [1]), [7, 5], [3, 7]),
        (DotSpec(leftContract: [0], rightContract: [0]), [7], [7]),
        (DotSpec(leftContract: [], rightContract: []), [3], [4]),
        (
          DotSpec(leftBatch: [0], rightBatch: [0], leftContract: [2], rightContract: [1]), [2, 5, 7],
          [2, 7, 3]
        ),
        (
          DotSpec(leftBatch: [1], rightBatch: [2], leftContract: [0, 2], rightContract: [1, 0]), [4, 2, 3],
          [3, 4, 2, 5]
        ),
        (DotSpec(leftContract: [1], rightContract: [0]), [5, 0], [0, 3]),
        (DotSpec(leftContract: [1], rightContract: [0]), [0, 4], [4, 3]),
        (DotSpec(leftContract: [1], rightContract: [0]), [1, 4], [4, 1]),
      ]
      for (spec, left, right) in cases {
        try Self.check(
          Sample(
            op: .dot(spec, .none), inputs: [Self.literal(dtype, left), Self.literal(dtype, right, seed: 2)],
            tolerance: 1e-4))
      }
      let spec = ConvolutionSpec(
        strides: [2, 1], padsLow: [1, 0], padsHigh: [0, 2], dilations: [1, 2], groups: 2)
      let x = Self.literal(dtype, [2, 7, 6, 4]), w = Self.literal(dtype, [3, 2, 2, 6], seed: 3)
      let result = try Node.applyChecked(
        .convolution(spec, .none), [.input(dtype, x.shape), .input(dtype, w.shape)])[0]
      let g = Self.literal(dtype, result.shape, seed: 4)
      try Self.check(Sample(op: .convolution(spec, .none), inputs: [x, w], tolerance: 1e-4))
      try Self.check(
        Sample(op: .convolutionInputGradient(spec, inputSpatial: [7, 6]), inputs: [g, w], tolerance: 1e-4))
      try Self.check(
        Sample(op: .convolutionFilterGradient(spec, kernelSpatial: [3, 2]), inputs: [x, g], tolerance: 1e-4))
    }
  }

  @Test func pooling() throws {
    for dtype in OperationTests.floating {
      for kind in [PoolSpec.Kind.maximum, .average] {
        for countsPadding in [false, true] {
          let spec = PoolSpec(
            kind: kind, window: [3, 2], strides: [2, 2], padsLow: [1, 0], padsHigh: [1, 1],
            countsPadding: countsPadding)
          let x = Self.literal(dtype, [2, 7, 6, 3])
          let result = try Node.applyChecked(.pool(spec), [.input(dtype, x.shape)])[0]
          let g = Self.literal(dtype, result.shape, seed: 4)
          try Self.check(Sample(op: .pool(spec), inputs: [x]))
          if kind == .maximum {
            try Self.check(Sample(op: .maxPoolGradient(spec), inputs: [x, g]))
          } else {
            try Self.check(Sample(op: .averagePoolGradient(spec, inputSpatial: [7, 6]), inputs: [g]))
          }
        }
      }
    }
  }

  @Test func composites() throws {
    for dtype in OperationTests.floating {
      for shape in [[6], [5, 8], [2, 3, 20]] as [Shape] {
        let rows = Shape(Array(shape.dimensions.dropLast()))
        let columns = Shape([shape[shape.rank - 1]])
        let x = Self.literal(dtype, shape), y = Self.literal(dtype, shape, seed: 2, 0.1...0.9)
        for op in [Op.softmax, .logSoftmax] { try Self.check(Sample(op: op, inputs: [x])) }
        for op in [Op.softmaxGradient, .logSoftmaxGradient] {
          try Self.check(Sample(op: op, inputs: [x, y]))
        }
        let labels = Self.literal(.int32, rows, seed: 3, 0...5)
        for smoothing in [0, 0.1] {
          try Self.check(Sample(op: .softmaxCrossEntropy(labelSmoothing: smoothing), inputs: [x, labels]))
          try Self.check(
            Sample(
              op: .softmaxCrossEntropyGradient(labelSmoothing: smoothing),
              inputs: [
                x, labels, Self.literal(dtype, rows, seed: 5, 2...4), Self.literal(dtype, rows, seed: 6),
              ]))
        }
        let gamma = Self.literal(dtype, columns, seed: 7), beta = Self.literal(dtype, columns, seed: 8)
        try Self.check(Sample(op: .layerNorm(epsilon: 1e-3), inputs: [x, gamma, beta], tolerance: 1e-4))
        try Self.check(
          Sample(
            op: .layerNormGradient(epsilon: 1e-3),
            inputs: [
              x, gamma, Self.literal(dtype, rows, seed: 9), Self.literal(dtype, rows, seed: 10, 0.5...1.5),
              Self.literal(dtype, shape, seed: 11),
            ], tolerance: 1e-4))
        try Self.check(Sample(op: .batchNorm(epsilon: 1e-3), inputs: [x, gamma, beta], tolerance: 1e-4))
        try Self.check(
          Sample(
            op: .batchNormGradient(epsilon: 1e-3),
            inputs: [
              x, gamma, Self.literal(dtype, columns, seed: 9),
              Self.literal(dtype, columns, seed: 10, 0.5...1.5),
              Self.literal(dtype, shape, seed: 11),
            ], tolerance: 1e-4))
        let key = Literal([0x1234_5678_9abc] as [Int64], shape: []),
          counter = Literal([77] as [Int64], shape: [])
        try Self.check(Sample(op: .dropout(rate: 0.3), inputs: [x, key, counter]))
        try Self.check(Sample(op: .randomBits(shape: shape), inputs: [key, counter]))
      }
    }
  }

  @Test func loops() throws {
    // Running products of a sequence and a constant, both ways round.
    let carry = Value.input(.float32, [3]), slice = Value.input(.float32, [3]),
      factor = Value.input(.float32, [])
    let next = (carry * factor + slice).tanh()
    let body = Graph(inputs: [carry, slice, factor], outputs: [next, next * 2.0])
    for reverse in [false, true] {
      for length in [0, 1, 5] {
        let spec = ScanSpec(body: body, length: length, carryCount: 1, sequenceCount: 1, reverse: reverse)
        try Self.check(
          Sample(
            op: .scan(spec),
            inputs: [
              Self.literal(.float32, [3]), Self.literal(.float32, [length, 3], seed: 1),
              Self.literal(.float32, [], seed: 2),
            ]))
      }
    }
    let count = Value.input(.int32, []), sum = Value.input(.float32, [2])
    let condition = Graph(inputs: [count, sum], outputs: [count.compare(.less, count.splat(6))])
    let step = Graph(inputs: [count, sum], outputs: [count + 1.0, sum * 2.0])
    try Self.check(
      Sample(
        op: .whileLoop(condition: condition, body: step),
        inputs: [Literal([0] as [Int32], shape: []), Self.literal(.float32, [2])]))
  }

  @Test func hostFunctions() throws {
    let call = CustomCall(name: "double", results: [TensorType(.float32, [3])]) { arguments in
      [Literal(arguments[0].scalars(as: Float.self).map { $0 * 2 }, shape: [3])]
    }
    try Self.check(Sample(op: .customCall(call), inputs: [Self.literal(.float32, [3])]))
    let x = Value.constant(Self.literal(.float32, [20]))
    let wrong = CustomCall(name: "wrong", results: [TensorType(.float32, [20])]) { _ in [] }
    let y = Value.apply(.customCall(wrong), [x])
    #expect(throws: GraphError.self) { try Evaluator.evaluate([y], required: [y]) }
  }
}
