func unaryGradient(_ op: UnaryOp, _ context: GradientContext) -> Value? {
  let gradient = context.gradient(), x = context.inputs[0], y = context.output()
  switch op {
  case .negate: return -gradient
  case .absolute: return gradient * x.unary(.sign)
  case .exp: return gradient * y
  case .expm1: return gradient * (y + 1)
  case .log: return gradient / x
  case .log1p: return gradient / (x + 1)
  case .sqrt: return gradient * 0.5 / y
  case .rsqrt: return gradient * -0.5 * (y * y.squared())
  case .sin: return gradient * x.unary(.cos)
  case .cos: return -(gradient * x.unary(.sin))
  case .tanh: return gradient * (1 - y.squared())
  case .logistic: return gradient * y * (1 - y)
  // 2 / √π · e^(−x²)
  case .erf: return gradient * 1.1283791670955125739 * (-x.squared()).exp()
  case .sign, .floor, .ceil, .round, .isFinite, .not: return nil
  }
}

func binaryGradients(_ op: BinaryOp, _ context: GradientContext) -> [Value?] {
  let gradient = context.gradient(), a = context.inputs[0], b = context.inputs[1], y = context.output()
  switch op {
  case .add:
    return [gradient, gradient]
  case .subtract:
    return [gradient, context.when(1, -gradient)]
  case .multiply:
    return [context.when(0, gradient * b), context.when(1, gradient * a)]
  case .divide:
    let quotient = gradient / b
    return [quotient, context.when(1, -(quotient * y))]
  case .power:
    return [
      context.when(0, powerBaseGradient(gradient, a, b)),
      context.when(1, powerExponentGradient(gradient, a, y)),
    ]
  case .maximum:
    return [
      context.when(0, gradient * a.share(.greater, of: b)),
      context.when(1, gradient * b.share(.greater, of: a)),
    ]
  case .minimum:
    return [
      context.when(0, gradient * a.share(.less, of: b)), context.when(1, gradient * b.share(.less, of: a)),
    ]
  case .remainder:
    return [gradient, context.when(1, -(gradient * (a / b).unary(.floor)))]
  case .atan2:
    let scaled = gradient / (a.squared() + b.squared())
    return [context.when(0, scaled * b), context.when(1, -(scaled * a))]
  case .and, .or, .xor, .shiftLeft, .shiftRight:
    return context.none
  }
}

/// g · b · a^(b − 1), 0 where b is 0 so that 0^0 gives no NaN.
private func powerBaseGradient(_ gradient: Value, _ a: Value, _ b: Value) -> Value {
  let zero = b.splat(0)
  let slope = b * a.power(b - 1)
  return gradient * b.compare(.equal, zero).select(zero, slope)
}

/// g · y · log a, 0 where a is not positive and the power is no function of a real exponent.
private func powerExponentGradient(_ gradient: Value, _ a: Value, _ y: Value) -> Value {
  let isPositive = a.compare(.greater, a.splat(0))
  return gradient * y * isPositive.select(a, a.splat(1)).log()
}

extension Value {
  /// 1 where this operand was chosen, 1/2 where both are equal, 0 where the other was.
  fileprivate func share(_ direction: Comparison, of other: Value) -> Value {
    compare(direction, other).select(splat(1), compare(.equal, other).select(splat(0.5), splat(0)))
  }
}

func ternaryGradients(_ context: GradientContext) -> [Value?] {
  let gradient = context.gradient(), inputs = context.inputs, zero = gradient.splat(0)
  switch context.op {
  case .select:
    return [
      nil, context.when(1, inputs[0].select(gradient, zero)),
      context.when(2, inputs[0].select(zero, gradient)),
    ]
  case .clamp:
    let low = inputs[0], x = inputs[1], high = inputs[2]
    let isLow = x.compare(.less, low), isHigh = x.compare(.greater, high)
    return [
      context.when(0, isLow.select(gradient, zero)),
      context.when(1, isLow.binary(.or, isHigh).select(zero, gradient)),
      context.when(2, isHigh.select(gradient, zero)),
    ]
  default:
    return [gradient.cast(inputs[0].dtype)]
  }
}
