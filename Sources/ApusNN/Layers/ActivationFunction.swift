import ApusGraph
import ApusTensor

/// A named function from tensor to tensor that layers apply to their result: `.relu`, `.gelu`.
///
/// `ActivationFunction("mine") { … }` makes your own.
public struct ActivationFunction: Sendable {
  /// The name in summaries.
  public let name: String
  /// Which of the graph's activations it is, where recurrent layers have a loop for it.
  let kind: ActivationKind?
  private let body: @Sendable (Tensor) -> Tensor

  /// An activation of your own.
  public init(_ name: String, _ body: @escaping @Sendable (Tensor) -> Tensor) {
    self.init(name, kind: nil, body)
  }

  private init(_ name: String, kind: ActivationKind?, _ body: @escaping @Sendable (Tensor) -> Tensor) {
    self.name = name
    self.kind = kind
    self.body = body
  }

  /// The activation of a tensor.
  public func callAsFunction(_ x: Tensor) -> Tensor { body(x) }
}

// Keras's thirty, with its defaults. What each computes stands at the function of the same name.
extension ActivationFunction {
  /// max(x, 0)
  public static let relu = ActivationFunction("relu") { ApusTensor.relu($0) }
  /// min(max(x, 0), 6)
  public static let relu6 = ActivationFunction("relu6") { ApusTensor.relu6($0) }
  /// x where positive, `negativeSlope` · x elsewhere.
  public static func leakyRelu(negativeSlope: Double = 0.2) -> ActivationFunction {
    ActivationFunction("leakyRelu") { ApusTensor.leakyRelu($0, negativeSlope: negativeSlope) }
  }
  /// x where positive, α (e^x − 1) elsewhere.
  public static func elu(alpha: Double = 1) -> ActivationFunction {
    ActivationFunction("elu") { ApusTensor.elu($0, alpha: alpha) }
  }
  /// The self-normalizing scaled `elu`.
  public static let selu = ActivationFunction("selu") { ApusTensor.selu($0) }
  /// The `elu` with a continuous slope.
  public static func celu(alpha: Double = 1) -> ActivationFunction {
    ActivationFunction("celu") { ApusTensor.celu($0, alpha: alpha) }
  }
  /// x Φ(x), exact or by tanh.
  public static func gelu(approximate: Bool) -> ActivationFunction {
    ActivationFunction("gelu") { ApusTensor.gelu($0, approximate: approximate) }
  }
  /// x · sigmoid(x), also called swish.
  public static let silu = ActivationFunction("silu") { ApusTensor.silu($0) }
  /// Another name of `silu`.
  public static let swish = silu
  /// x · tanh(softplus(x))
  public static let mish = ActivationFunction("mish") { ApusTensor.mish($0) }
  /// The first half of the last axis times the sigmoid of the second.
  public static let glu = ActivationFunction("glu") { ApusTensor.glu($0) }
  /// log(1 + e^x)
  public static let softplus = ActivationFunction("softplus") { ApusTensor.softplus($0) }
  /// x / (1 + |x|)
  public static let softsign = ActivationFunction("softsign") { ApusTensor.softsign($0) }
  /// (x + √(x² + b)) / 2
  public static func squareplus(b: Double) -> ActivationFunction {
    ActivationFunction("squareplus") { ApusTensor.squareplus($0, b: b) }
  }
  /// e^x
  public static let exponential = ActivationFunction("exponential") { ApusTensor.exponential($0) }
  /// x itself.
  public static let linear = ActivationFunction("linear") { $0 }
  /// 1 / (1 + e^−x)
  public static let sigmoid = ActivationFunction("sigmoid", kind: .sigmoid) { ApusTensor.sigmoid($0) }
  /// relu6(x + 3) / 6
  public static let hardSigmoid = ActivationFunction("hardSigmoid") { ApusTensor.hardSigmoid($0) }
  /// log(sigmoid(x))
  public static let logSigmoid = ActivationFunction("logSigmoid") { ApusTensor.logSigmoid($0) }
  /// x · hardSigmoid(x), also called hard swish.
  public static let hardSilu = ActivationFunction("hardSilu") { ApusTensor.hardSilu($0) }
  /// Another name of `hardSilu`.
  public static let hardSwish = hardSilu
  /// The hyperbolic tangent.
  public static let tanh = ActivationFunction("tanh", kind: .tanh) { ApusTensor.tanh($0) }
  /// x limited to −1…1.
  public static let hardTanh = ActivationFunction("hardTanh") { ApusTensor.hardTanh($0) }
  /// x − tanh(x)
  public static let tanhShrink = ActivationFunction("tanhShrink") { ApusTensor.tanhShrink($0) }
  /// x moved towards 0 by `threshold`, and 0 within it.
  public static func softShrink(threshold: Double) -> ActivationFunction {
    ActivationFunction("softShrink") { ApusTensor.softShrink($0, threshold: threshold) }
  }
  /// x where |x| is above `threshold`, 0 elsewhere.
  public static func hardShrink(threshold: Double) -> ActivationFunction {
    ActivationFunction("hardShrink") { ApusTensor.hardShrink($0, threshold: threshold) }
  }
  /// x where above `limit`, `value` elsewhere.
  public static func threshold(_ limit: Double, _ value: Double) -> ActivationFunction {
    ActivationFunction("threshold") { ApusTensor.threshold($0, limit, value) }
  }
  /// e^x / Σ e^x along an axis.
  public static func softmax(axis: Int) -> ActivationFunction {
    ActivationFunction("softmax") { ApusTensor.softmax($0, axis: axis) }
  }
  /// log(softmax(x)) along an axis.
  public static func logSoftmax(axis: Int) -> ActivationFunction {
    ActivationFunction("logSoftmax") { ApusTensor.logSoftmax($0, axis: axis) }
  }
  /// The nearest point of the probability simplex, with exact zeros.
  public static func sparsemax(axis: Int) -> ActivationFunction {
    ActivationFunction("sparsemax") { ApusTensor.sparsemax($0, axis: axis) }
  }
  /// 0 up to −1, x from 1 on, a parabola between.
  public static let sparsePlus = ActivationFunction("sparsePlus") { ApusTensor.sparsePlus($0) }
  /// (x + 1) / 2 limited to 0…1.
  public static let sparseSigmoid = ActivationFunction("sparseSigmoid") { ApusTensor.sparseSigmoid($0) }
}

// The usual parameters need no parentheses: `activation: .gelu`.
extension ActivationFunction {
  /// `leakyRelu(negativeSlope: 0.2)`
  public static let leakyRelu = leakyRelu(negativeSlope: 0.2)
  /// `elu(alpha: 1)`
  public static let elu = elu(alpha: 1)
  /// `celu(alpha: 1)`
  public static let celu = celu(alpha: 1)
  /// The exact form, as in Keras: `gelu(approximate: false)`.
  public static let gelu = gelu(approximate: false)
  /// `squareplus(b: 4)`
  public static let squareplus = squareplus(b: 4)
  /// `softShrink(threshold: 0.5)`
  public static let softShrink = softShrink(threshold: 0.5)
  /// `hardShrink(threshold: 0.5)`
  public static let hardShrink = hardShrink(threshold: 0.5)
  /// `softmax(axis: -1)`
  public static let softmax = softmax(axis: -1)
  /// `logSoftmax(axis: -1)`
  public static let logSoftmax = logSoftmax(axis: -1)
  /// `sparsemax(axis: -1)`
  public static let sparsemax = sparsemax(axis: -1)
}
