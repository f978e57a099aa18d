import ApusGraph

/// The learning rate as a function of the step.
///
/// A schedule is worked out inside the training step, from the optimizer's own step number: nothing is
/// written from the host, and a resumed run goes on where it was. `Schedule("mine", 0.1 / (1 + 0.01 *
/// .step))` makes your own.
public struct Schedule: Sendable, Hashable {
  /// The name in histories.
  public let name: String
  /// The learning rate by the number of updates made so far.
  public let formula: Formula

  /// A schedule of your own.
  public init(_ name: String, _ formula: Formula) {
    self.name = name
    self.formula = formula
  }

  /// The learning rate of the update after `step` updates.
  public func callAsFunction(at step: Int) -> Double { formula(at: Double(step)) }

  /// The learning rates of the first updates, to be plotted.
  public func values(steps: Int) -> [Double] { (0..<max(0, steps)).map { self(at: $0) } }
}

extension Schedule {
  /// Always the same.
  public static func constant(_ rate: Double) -> Schedule { Schedule("constant", .number(rate)) }

  /// `values[0]` up to and including step `boundaries[0]`, then `values[1]` and so on: one value more than
  /// boundaries.
  public static func piecewise(boundaries: [Int], values: [Double]) -> Schedule {
    var formula = Formula.number(values.last ?? .nan)
    for (boundary, value) in zip(boundaries, values).reversed() {
      formula = .ifLess(
        left: .number(Double(boundary)), right: .step, yes: formula, no: .number(value))
    }
    // Too few values would train at a wrong rate without a word.
    return Schedule("piecewise", values.count == boundaries.count + 1 ? formula : .number(.nan))
  }

  /// Multiplied by `factor` every `every` steps.
  public static func step(_ initial: Double, every: Int, factor: Double) -> Schedule {
    Schedule("step", exponential(initial, decaySteps: every, rate: factor, staircase: true).formula)
  }

  /// initial · rate^(step / decaySteps); in stairs when asked for.
  public static func exponential(
    _ initial: Double, decaySteps: Int, rate: Double, staircase: Bool = false
  ) -> Schedule {
    let progress = Formula.step / .number(Double(decaySteps))
    return Schedule(
      "exponential",
      .number(initial) * Formula.number(rate).power(staircase ? progress.applying(.floor) : progress))
  }

  /// initial / (1 + rate · step / decaySteps); in stairs when asked for.
  public static func inverseTime(
    _ initial: Double, decaySteps: Int, rate: Double, staircase: Bool = false
  ) -> Schedule {
    let progress = Formula.step / .number(Double(decaySteps))
    return Schedule(
      "inverseTime",
      .number(initial) / (1 + .number(rate) * (staircase ? progress.applying(.floor) : progress)))
  }

  /// From `initial` to `final` as (1 − step / decaySteps)^power, then constant, or with longer and longer
  /// cycles.
  public static func polynomial(
    _ initial: Double, decaySteps: Int, final: Double = 1e-4, power: Double = 1, cycle: Bool = false
  ) -> Schedule {
    let steps = Formula.number(Double(decaySteps))
    let period = cycle ? steps * .maximum(1, (.step / steps).applying(.ceil)) : steps
    let rest = 1 - Formula.minimum(.step, period) / period
    return Schedule(
      "polynomial", .number(initial - final) * rest.power(.number(power)) + .number(final))
  }

  /// Half a cosine from `initial` to `alpha · initial`. Loshchilov and Hutter, arXiv:1608.03983.
  /// - Parameters:
  ///   - warmupTarget: When given, the rate first climbs in a straight line from `initial` to this, which
  ///     the cosine then starts from.
  ///   - warmupSteps: Length of the climb; the cosine's `decaySteps` come after it.
  public static func cosine(
    _ initial: Double, decaySteps: Int, alpha: Double = 0, warmupTarget: Double? = nil, warmupSteps: Int = 0
  ) -> Schedule {
    let warmup = warmupTarget == nil ? 0 : Double(warmupSteps)
    let peak = warmupTarget ?? initial
    let progress = Formula.minimum(.step - .number(warmup), .number(Double(decaySteps)))
    let wave = (1 + (.number(.pi / Double(decaySteps)) * progress).applying(.cos)) * 0.5
    let fall = .number(peak) * (.number(1 - alpha) * wave + .number(alpha))
    guard warmup > 0 else { return Schedule("cosine", fall) }
    return Schedule(
      "cosine",
      .ifLess(
        left: .step, right: .number(warmup),
        yes: .number(initial) + .number((peak - initial) / warmup) * .step, no: fall))
  }

  /// Half cosines that start again at the top, each `periodFactor` times as long and `rateFactor` times as
  /// high as the one before: SGDR, arXiv:1608.03983.
  public static func cosineRestarts(
    _ initial: Double, firstDecaySteps: Int, periodFactor: Double = 2, rateFactor: Double = 1,
    alpha: Double = 0
  ) -> Schedule {
    let progress = Formula.step / .number(Double(firstDecaySteps))
    let restart: Formula, fraction: Formula
    // Rounding must not keep a restart from happening on its step.
    let slack = Formula.number(1e-9)
    if periodFactor == 1 {
      restart = (progress + slack).applying(.floor)
      fraction = progress - restart
    } else {
      let factor = Formula.number(periodFactor)
      let periods = (1 - progress * (1 - factor)).applying(.log) / factor.applying(.log)
      restart = (periods + slack).applying(.floor)
      let length = factor.power(restart)
      fraction = (progress - (1 - length) / (1 - factor)) / length
    }
    let wave =
      .number(rateFactor).power(restart) * (1 + (.number(.pi) * fraction).applying(.cos)) * 0.5
    return Schedule(
      "cosineRestarts", .number(initial) * (.number(1 - alpha) * wave + .number(alpha)))
  }

  /// One cycle: a cosine from peak / 25 up to the peak, then one down to nearly nothing. Smith and Topin,
  /// arXiv:1708.07120; fastai's defaults.
  /// - Parameters:
  ///   - steps: Length of the whole run in updates.
  ///   - warmupFraction: The part of it that climbs.
  ///   - initialDivisor: The first rate is `peak` divided by this.
  ///   - finalDivisor: The last rate is `peak` divided by this.
  public static func oneCycle(
    peak: Double, steps: Int, warmupFraction: Double = 0.25, initialDivisor: Double = 25,
    finalDivisor: Double = 1e5
  ) -> Schedule {
    let position = Formula.minimum(.step / .number(Double(steps)), 1)
    let turn = Formula.number(warmupFraction)
    func between(_ start: Double, _ end: Double, _ fraction: Formula) -> Formula {
      .number(end) + .number((start - end) / 2) * (1 + (.number(.pi) * fraction).applying(.cos))
    }
    return Schedule(
      "oneCycle",
      .ifLess(
        left: position, right: turn, yes: between(peak / initialDivisor, peak, position / turn),
        no: between(peak, peak / finalDivisor, (position - turn) / (1 - turn))))
  }

  /// This schedule after a climb in a straight line from `start` to its first rate.
  public func warmedUp(steps: Int, from start: Double = 0) -> Schedule {
    let first = self(at: 0)
    let climb =
      .number(start) + .number((first - start) / Double(max(1, steps))) * Formula.step
    return Schedule(
      name,
      .ifLess(
        left: .step, right: .number(Double(steps)), yes: climb,
        no: formula.shifted(by: Double(steps))))
  }

  /// This schedule times a number.
  public func scaled(by factor: Double) -> Schedule { Schedule(name, formula * .number(factor)) }
}

extension Formula {
  /// The formula that takes at `step` the value which this one has at `step - offset`.
  func shifted(by offset: Double) -> Formula {
    switch self {
    case .step: .step - .number(offset)
    case .number: self
    case .binary(let operation, let left, let right):
      .binary(operation, left.shifted(by: offset), right.shifted(by: offset))
    case .unary(let function, let argument): .unary(function, argument.shifted(by: offset))
    case .ifLess(let left, let right, let yes, let no):
      .ifLess(
        left: left.shifted(by: offset), right: right.shifted(by: offset), yes: yes.shifted(by: offset),
        no: no.shifted(by: offset))
    }
  }
}
