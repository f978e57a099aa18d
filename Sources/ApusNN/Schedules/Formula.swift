import ApusGraph

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A formula of the step number, which can be worked out on the host and in a graph.
///
/// Written with the usual operators: `0.1 / (1 + 0.01 * .step)`.
public indirect enum Formula: Sendable, Hashable {
  /// The number of updates made so far, from 0.
  case step
  /// A number.
  case number(Double)
  /// Two formulas combined.
  case binary(Operation, Formula, Formula)
  /// A function of a formula.
  case unary(Function, Formula)
  /// `yes` where `left` is below `right`, `no` elsewhere.
  case ifLess(left: Formula, right: Formula, yes: Formula, no: Formula)

  /// Combinations of two numbers.
  public enum Operation: String, Sendable { case add, subtract, multiply, divide, minimum, maximum, power }
  /// Functions of one number.
  public enum Function: String, Sendable { case floor, ceil, exp, log, cos, squareRoot }

  /// The value at a step, on the host.
  public func callAsFunction(at step: Double) -> Double {
    switch self {
    case .step: return step
    case .number(let number): return number
    case .binary(let operation, let left, let right):
      let a = left(at: step), b = right(at: step)
      switch operation {
      case .add: return a + b
      case .subtract: return a - b
      case .multiply: return a * b
      case .divide: return a / b
      case .minimum: return Swift.min(a, b)
      case .maximum: return Swift.max(a, b)
      case .power: return pow(a, b)
      }
    case .unary(let function, let argument):
      let x = argument(at: step)
      switch function {
      case .floor: return x.rounded(.down)
      case .ceil: return x.rounded(.up)
      case .exp: return exponential(x)
      case .log: return logarithm(x)
      case .cos: return cosine(x)
      case .squareRoot: return x.squareRoot()
      }
    case .ifLess(let left, let right, let yes, let no):
      return left(at: step) < right(at: step) ? yes(at: step) : no(at: step)
    }
  }

  /// The value in a graph.
  /// - Parameter step: A `float64` scalar.
  /// - Returns: A `float64` scalar.
  func value(_ step: Value) -> Value {
    switch self {
    case .step: return step
    case .number(let number): return .scalar(number, .float64)
    case .binary(let operation, let left, let right):
      let a = left.value(step), b = right.value(step)
      switch operation {
      case .add: return a + b
      case .subtract: return a - b
      case .multiply: return a * b
      case .divide: return a / b
      case .minimum: return a.minimum(b)
      case .maximum: return a.maximum(b)
      case .power: return a.power(b)
      }
    case .unary(let function, let argument):
      let x = argument.value(step)
      switch function {
      case .floor: return x.unary(.floor)
      case .ceil: return x.unary(.ceil)
      case .exp: return x.exp()
      case .log: return x.log()
      case .cos: return x.unary(.cos)
      case .squareRoot: return x.sqrt()
      }
    case .ifLess(let left, let right, let yes, let no):
      return left.value(step).compare(.less, right.value(step)).select(yes.value(step), no.value(step))
    }
  }
}

private func exponential(_ x: Double) -> Double { exp(x) }
private func logarithm(_ x: Double) -> Double { log(x) }
private func cosine(_ x: Double) -> Double { cos(x) }

extension Formula: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }

  /// Sum.
  public static func + (left: Formula, right: Formula) -> Formula { .binary(.add, left, right) }
  /// Difference.
  public static func - (left: Formula, right: Formula) -> Formula { .binary(.subtract, left, right) }
  /// Product.
  public static func * (left: Formula, right: Formula) -> Formula { .binary(.multiply, left, right) }
  /// Quotient.
  public static func / (left: Formula, right: Formula) -> Formula { .binary(.divide, left, right) }
  /// The smaller of two.
  public static func minimum(_ left: Formula, _ right: Formula) -> Formula { .binary(.minimum, left, right) }
  /// The larger of two.
  public static func maximum(_ left: Formula, _ right: Formula) -> Formula { .binary(.maximum, left, right) }
  /// This to the power of another.
  public func power(_ exponent: Formula) -> Formula { .binary(.power, self, exponent) }
  /// A function of this.
  public func applying(_ function: Function) -> Formula { .unary(function, self) }
}
