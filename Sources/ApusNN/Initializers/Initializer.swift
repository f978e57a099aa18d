import ApusGraph
import ApusTensor

/// Numbers of inputs and outputs of one unit, by which initializers scale.
public struct Fans: Sendable, Hashable {
  /// Inputs that one output is summed from.
  public var input: Double
  /// Outputs that one input goes to.
  public var output: Double

  /// Given numbers.
  public init(input: Double, output: Double) {
    self.input = input
    self.output = output
  }

  /// Those of a kernel `[spatial…, inputs, outputs]`; a vector counts as both.
  public init(_ shape: Shape) {
    let receptive = Double(Shape.product(shape.dimensions.dropLast(2)))
    switch shape.rank {
    case 0: self.init(input: 1, output: 1)
    case 1: self.init(input: Double(shape[0]), output: Double(shape[0]))
    default:
      self.init(
        input: receptive * Double(shape[shape.rank - 2]), output: receptive * Double(shape[shape.rank - 1]))
    }
  }
}

/// Where the first value of a parameter comes from.
///
/// `Initializer("mine") { shape, fans, dtype, source in … }` makes your own.
public struct Initializer: Sendable {
  /// What makes a first value: shape, fans, element type, source of random numbers.
  public typealias Body = @Sendable (Shape, Fans, DType, RandomSource) -> Tensor

  /// The name in summaries.
  public let name: String
  private let body: Body

  /// An initializer of your own.
  public init(_ name: String, _ body: @escaping Body) {
    self.name = name
    self.body = body
  }

  /// A first value.
  public func callAsFunction(
    _ shape: Shape, fans: Fans? = nil, dtype: DType = .float32, from source: RandomSource = .current
  ) -> Tensor {
    body(shape, fans ?? Fans(shape), dtype, source)
  }
}

extension Initializer {
  /// All 0.
  public static let zeros = constant(0)
  /// All 1.
  public static let ones = constant(1)

  /// All the same number.
  public static func constant(_ number: Double) -> Initializer {
    Initializer("constant(\(number))") { shape, _, dtype, _ in
      Tensor(Value.scalar(number, dtype).broadcast(to: shape))
    }
  }

  /// `gain` times the identity matrix; the shape must have two axes.
  public static func identity(gain: Double = 1) -> Initializer {
    Initializer("identity") { shape, _, dtype, _ in
      guard shape.rank == 2 else {
        return Tensor(
          .failed(
            GraphError(.shape, "identity initializer", "needs a matrix, got shape \(shape)"),
            type: TensorType(dtype, shape)))
      }
      return Tensor(Value.iota([shape[0]]).oneHot(depth: shape[1], dtype: dtype) * gain)
    }
  }

  /// From the normal distribution. Keras's default deviation.
  public static func randomNormal(mean: Double = 0, standardDeviation: Double = 0.05) -> Initializer {
    Initializer("randomNormal") { shape, _, dtype, source in
      source.normal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
  }

  /// From `low` to `high`, all equally likely. Keras's default range.
  public static func randomUniform(_ low: Double = -0.05, _ high: Double = 0.05) -> Initializer {
    Initializer("randomUniform") { shape, _, dtype, source in source.uniform(shape, low, high, dtype: dtype) }
  }

  /// From the normal distribution within two deviations of the mean.
  public static func truncatedNormal(mean: Double = 0, standardDeviation: Double = 0.05) -> Initializer {
    Initializer("truncatedNormal") { shape, _, dtype, source in
      source.truncatedNormal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
  }
}
