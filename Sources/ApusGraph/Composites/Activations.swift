/// The scaled exponential linear unit's constants (Klambauer et al., 2017).
enum SELU {
  static let alpha = 1.6732632423543772848170429916717
  static let scale = 1.0507009873554804934193349852946
}

private let reciprocalRootOfTwo = 0.70710678118654752440
private let reciprocalRootOfTwoPi = 0.39894228040143267794
private let rootOfTwoOverPi = 0.79788456080286535588
/// The cubic term of the tanh approximation of GELU (Hendrycks and Gimpel, 2016).
private let geluCubic = 0.044715

/// An activation in primitives. `alpha` is the negative slope of leakyRelu and the scale of elu.
func activation(_ kind: ActivationKind, _ alpha: Double, _ x: Value) -> Value {
  switch kind {
  case .relu:
    return x.maximum(x.splat(0))
  case .leakyRelu:
    return x.isPositive.select(x, x * alpha)
  case .elu:
    return x.isPositive.select(x, x.minimum(x.splat(0)).unary(.expm1) * alpha)
  case .selu:
    return x.isPositive.select(
      x * SELU.scale, x.minimum(x.splat(0)).unary(.expm1) * (SELU.scale * SELU.alpha))
  case .gelu:
    return x * 0.5 * ((x * reciprocalRootOfTwo).unary(.erf) + 1)
  case .geluTanh:
    return x * 0.5 * (geluAngle(x).tanh() + 1)
  case .silu:
    return x * x.logistic()
  case .mish:
    return x * softplus(x).tanh()
  case .softplus:
    return softplus(x)
  case .hardSigmoid:
    return hardSigmoid(x)
  case .hardSwish:
    return x * hardSigmoid(x)
  case .relu6:
    return x.clamped(x.splat(0), x.splat(6))
  case .sigmoid:
    return x.logistic()
  case .tanh:
    return x.tanh()
  }
}

/// An activation's gradient in primitives. `saved` is the output or the input, as `gradientUsesOutput` says.
func activationGradient(_ kind: ActivationKind, _ alpha: Double, _ gradient: Value, _ saved: Value) -> Value {
  let zero = saved.splat(0)
  switch kind {
  case .relu:
    return saved.isPositive.select(gradient, zero)
  case .leakyRelu:
    return saved.isPositive.select(gradient, gradient * alpha)
  case .elu:
    return saved.isPositive.select(gradient, gradient * (saved + alpha))
  case .selu:
    return saved.isPositive.select(gradient * SELU.scale, gradient * (saved + SELU.scale * SELU.alpha))
  case .gelu:
    let cumulative = ((saved * reciprocalRootOfTwo).unary(.erf) + 1) * 0.5
    let density = (saved.squared() * -0.5).exp() * reciprocalRootOfTwoPi
    return gradient * (cumulative + saved * density)
  case .geluTanh:
    let tanh = geluAngle(saved).tanh()
    let slope = (saved.squared() * (3 * geluCubic) + 1) * rootOfTwoOverPi
    return gradient * ((tanh + 1) * 0.5 + saved * 0.5 * (1 - tanh.squared()) * slope)
  case .silu:
    let logistic = saved.logistic()
    return gradient * (logistic * (saved * (1 - logistic) + 1))
  case .mish:
    let tanh = softplus(saved).tanh()
    return gradient * (tanh + saved * (1 - tanh.squared()) * saved.logistic())
  case .softplus:
    return gradient * saved.logistic()
  case .hardSigmoid:
    return saved.lies(between: -3, and: 3).select(gradient * (1.0 / 6), zero)
  case .hardSwish:
    let slope = saved.lies(between: -3, and: 3).select(
      saved * (1.0 / 3) + 0.5, saved.isPositive.cast(saved.dtype))
    return gradient * slope
  case .relu6:
    return saved.lies(between: 0, and: 6).select(gradient, zero)
  case .sigmoid:
    return gradient * saved * (1 - saved)
  case .tanh:
    return gradient * (1 - saved.squared())
  }
}

/// log(1 + e^x) without overflow.
private func softplus(_ x: Value) -> Value {
  x.maximum(x.splat(0)) + (-x.unary(.absolute)).exp().unary(.log1p)
}

/// relu6(x + 3) / 6, as in Keras 3 and PyTorch.
private func hardSigmoid(_ x: Value) -> Value {
  (x + 3).clamped(x.splat(0), x.splat(6)) * (1.0 / 6)
}

private func geluAngle(_ x: Value) -> Value { (x + x * x.squared() * geluCubic) * rootOfTwoOverPi }

extension Value {
  fileprivate var isPositive: Value { compare(.greater, splat(0)) }
  fileprivate func lies(between low: Double, and high: Double) -> Value {
    compare(.greater, splat(low)).binary(.and, compare(.less, splat(high)))
  }
}
