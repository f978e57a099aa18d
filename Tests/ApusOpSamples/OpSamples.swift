import ApusGraph

/// An operation with operands to try it on.
public struct OpSample: Sendable, CustomStringConvertible {
  /// The operation.
  public let op: Op
  /// Its operands.
  public let inputs: [Literal]
  /// How many times it can be differentiated: 0 where there is no gradient, 1 where the second derivative is zero
  /// or has kinks everywhere, 2 where it is worth checking.
  public var order = 2
  /// Tells samples of one operation apart.
  public var note = ""

  /// What a parameterised test prints.
  public var description: String { note.isEmpty ? op.name : "\(op.name) \(note)" }

  init(_ op: Op, _ inputs: [Literal], order: Int = 2, _ note: String = "") {
    self.op = op
    self.inputs = inputs
    self.order = order
    self.note = note
  }

  /// Samples of every operation and every kind.
  public static let all: [OpSample] =
    leaves + unary + binary + choices + shapes + indexing + reductions + orders + dots + convolutions + pools
    + control + activations + softmaxes + normalizations + attentions + recurrences

  static let leaves: [OpSample] = [
    OpSample(.iota(axis: 1, shape: [2, 3], dtype: .float64), [], order: 0),
    OpSample(.randomBits(shape: [5]), [int64(3), int64(9)], order: 0),
  ]

  static let unary: [OpSample] = UnaryOp.allCases.flatMap { op -> [OpSample] in
    var numbers = Numbers(seed: 3)
    let order =
      switch op {
      case .isFinite, .not: 0
      case .absolute, .sign, .floor, .ceil, .round, .negate: 1
      default: 2
      }
    let range: ClosedRange<Double> =
      switch op {
      case .log, .sqrt, .rsqrt: 0.3...3
      case .log1p: -0.6...2
      default: -2...2
      }
    if op == .not { return [OpSample(.unary(op), [indices([0, 5, -3])], order: 0)] }
    let main = order == 1 ? numbers.spread([3, 5]) : numbers.uniform([3, 5], range)
    return [
      OpSample(.unary(op), [main], order: order),
      OpSample(.unary(op), [numbers.uniform(.scalar, 0.3...0.4)], order: order, "of a scalar"),
      OpSample(.unary(op), [numbers.uniform([2, 0, 3], range)], order: order, "of nothing"),
    ]
  }

  static let binary: [OpSample] = BinaryOp.allCases.flatMap { op -> [OpSample] in
    var numbers = Numbers(seed: 4)
    switch op {
    case .and, .or, .xor, .shiftLeft, .shiftRight:
      return [OpSample(.binary(op), [indices([0, 5, -3]), indices([1, 2, 4])], order: 0)]
    case .maximum, .minimum, .remainder:
      return [OpSample(.binary(op), [numbers.spread([7]), numbers.uniform([7], 0.61...0.64)], order: 1)]
    case .power:
      return [
        OpSample(.binary(op), [numbers.uniform([7], 0.3...2), numbers.uniform([7])]),
        OpSample(.binary(op), [reals([-1.5, -0.5, 2]), reals([2, 3, 2])], order: 0, "of negatives"),
      ]
    default:
      return [
        OpSample(.binary(op), [numbers.uniform([3, 5]), numbers.uniform([3, 5], 0.5...2)]),
        OpSample(.binary(op), [numbers.uniform(.scalar), numbers.uniform(.scalar, 0.5...2)], "of scalars"),
        OpSample(.binary(op), [numbers.uniform([0, 4]), numbers.uniform([0, 4])], "of nothing"),
      ]
    }
  }

  static let choices: [OpSample] = {
    var numbers = Numbers(seed: 5)
    let x = numbers.spread([3, 4])
    return Comparison.allCases.map {
      OpSample(.compare($0), [numbers.uniform([4]), numbers.uniform([4])], order: 0)
    } + [
      OpSample(
        .select,
        [Literal([true, false, true, false], shape: [4]), numbers.uniform([4]), numbers.uniform([4])]),
      OpSample(
        .clamp, [numbers.uniform([3, 4], -0.41 ... -0.39), x, numbers.uniform([3, 4], 0.39...0.41)], order: 1),
      OpSample(.cast(.float64), [x], order: 1),
      OpSample(.bitcast(.int64), [x], order: 0),
      OpSample(.stopGradient, [x], order: 0),
      OpSample(.barrier, [x, numbers.uniform([2])], order: 1),
      OpSample(.shardConstraint(["data", nil]), [x], order: 1),
    ]
  }()

  static let shapes: [OpSample] = {
    var numbers = Numbers(seed: 6)
    let x = numbers.uniform([3, 4, 5]), fill = numbers.uniform(.scalar)
    let bare = OpSample(.reshape([1, 1]), [fill], "of a scalar")
    return [
      OpSample(.reshape([5, 12]), [x]), bare,
      OpSample(.transpose([2, 0, 1]), [x]), OpSample(.transpose([]), [fill], "of a scalar"),
      OpSample(.broadcast([2, 3, 4], axes: [1]), [numbers.uniform([3])]),
      OpSample(.broadcast([3, 4], axes: [0, 1]), [numbers.uniform([3, 1])], "of size 1"),
      OpSample(.broadcast([2, 2], axes: []), [fill], "of a scalar"),
      OpSample(.broadcast([2, 0], axes: [0]), [numbers.uniform([2])], "to nothing"),
      OpSample(.slice(starts: [0, 1, 0], limits: [3, 4, 5], strides: [1, 1, 2]), [x]),
      OpSample(.slice(starts: [1, 2, 0], limits: [2, 2, 5], strides: [1, 3, 4]), [x], "of nothing"),
      OpSample(.pad(low: [1, 0, 2], high: [0, 0, 1], interior: [0, 2, 1]), [x, fill]),
      OpSample(.pad(low: [-1, 0, -2], high: [0, -1, 1], interior: [0, 1, 1]), [x, fill], "that crops"),
      OpSample(.pad(low: [1], high: [2], interior: [3]), [numbers.uniform([0]), fill], "of nothing"),
      OpSample(.concatenate(axis: 1), [x, numbers.uniform([3, 1, 5]), numbers.uniform([3, 0, 5])]),
      OpSample(.reverse([0, 2]), [x]),
      OpSample(.dynamicSlice(sizes: [2, 4, 1]), [x, indices([1, 0, 3])]),
      OpSample(.dynamicSlice(sizes: [2, 4, 2]), [x, indices([7, -3, 4])], "out of range"),
      OpSample(.dynamicUpdateSlice, [x, numbers.uniform([2, 3, 1]), indices([1, 9, 2])]),
    ]
  }()

  static let indexing: [OpSample] = {
    var numbers = Numbers(seed: 8)
    let x = numbers.uniform([4, 3]), deep = numbers.uniform([2, 4, 3])
    let twice = indices([0, 2, 2])
    var samples = [
      OpSample(.gather(axis: 0, mode: .checked), [x, indices([0, 2, 2, 1], [2, 2])]),
      OpSample(.gather(axis: 1, mode: .clamped), [deep, indices([-4, 9, 1])]),
      OpSample(.gather(axis: 0, mode: .checked), [x, indices([3], .scalar)], "of a scalar"),
      OpSample(.gather(axis: 0, mode: .checked), [x, indices([])], "of nothing"),
      OpSample(
        .gatherAlong(axis: 1, mode: .checked),
        [deep, indices([0, 3, 1, 1, 1, 2, 3, 0, 0, 2, 2, 2], [2, 2, 3])]),
      OpSample(.gatherAlong(axis: 0, mode: .clamped), [x, indices([-1, 9, 1], [1, 3])]),
    ]
    for kind in ScatterKind.allCases {
      let order = kind == .minimum || kind == .maximum ? 1 : 2
      samples += [
        OpSample(
          .scatter(axis: 0, kind: kind), [numbers.spread([4, 3]), twice, numbers.spread([3, 3])], order: order
        ),
        OpSample(
          .scatter(axis: 1, kind: kind),
          [numbers.spread([2, 4]), indices([3, 1]), numbers.spread([2, 2])],
          order: order, "\(kind) in the last axis"),
        OpSample(
          .scatterAlong(axis: 0, kind: kind),
          [numbers.spread([4, 2]), indices([0, 3, 0, 1, 2, 1], [3, 2]), numbers.spread([3, 2])], order: order),
      ]
    }
    return samples
  }()

  static let reductions: [OpSample] = {
    var numbers = Numbers(seed: 9)
    let x = numbers.spread([2, 3, 4])
    var samples: [OpSample] = []
    for kind in [ReduceKind.sum, .product, .maximum, .minimum] {
      let order = kind == .maximum || kind == .minimum ? 1 : 2
      samples += [
        OpSample(.reduce(kind, axes: [1]), [x], order: order),
        OpSample(.reduce(kind, axes: [2, 0]), [x], order: order, "over two axes"),
        OpSample(.reduce(kind, axes: [0, 1, 2]), [x], order: order, "over all"),
        OpSample(.reduce(kind, axes: [1]), [numbers.uniform([2, 0])], order: order, "over nothing"),
      ]
      for (reverse, exclusive) in [(false, false), (true, false), (false, true), (true, true)] {
        samples.append(
          OpSample(
            .cumulate(kind, axis: 1, reverse: reverse, exclusive: exclusive), [x], order: order,
            "\(reverse ? "reverse" : "forward") \(exclusive ? "exclusive" : "inclusive")"))
      }
    }
    let zeros = reals([2, 0, 3, 0, 0, 4, 1.5, 2, 0], [3, 3])
    samples += [
      OpSample(.reduce(.product, axes: [1]), [zeros], "with zeros"),
      OpSample(.cumulate(.product, axis: 1, reverse: false, exclusive: false), [zeros], "with zeros"),
    ]
    for kind in [ReduceKind.and, .or] {
      samples.append(OpSample(.reduce(kind, axes: [0]), [Literal([true, false], shape: [2])], order: 0))
    }
    return samples
  }()

  static let orders: [OpSample] = {
    var numbers = Numbers(seed: 10)
    let x = numbers.spread([3, 4])
    return [
      OpSample(.argReduce(maximum: true, axis: 1), [x], order: 0),
      OpSample(.argReduce(maximum: false, axis: 0), [x], order: 0),
      OpSample(.sort(axis: 1, descending: false), [x], order: 1),
      OpSample(.sort(axis: 0, descending: true), [x], order: 1),
    ]
  }()
}

/// An int64 scalar.
public func int64(_ number: Int64) -> Literal { Literal([number], shape: .scalar) }
