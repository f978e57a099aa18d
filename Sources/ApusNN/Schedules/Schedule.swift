import ApusGraph

/// The learning rate as a function of the step.
///
/// A schedule is worked out inside the training step, from the optimizer's own step number: nothing is
/// written from the host, and a resumed run goes on where it was. `Schedule("mine", 0.1 / (1 + 0.01 *
/// .step))` makes your own.
///
/// Arguments that make no sense, such as 0 steps or a negative rate, give NaN, and the optimizer's first update throws a
/// `GraphError` that names them.
public struct Schedule: Sendable, Hashable {
  /// The name in histories.
  public let name: String
  /// The learning rate by the number of updates made so far.
  public let formula: Formula
  /// What is wrong with the schedule's arguments; nil when they make sense.
  let problem: String?

  /// A schedule of your own.
  /// - Parameters:
  ///   - name: The name in histories and messages.
  ///   - formula: The learning rate by the number of updates made so far.
  public init(_ name: String, _ formula: Formula) {
    self.init(name, formula, problem: nil)
  }

  private init(_ name: String, _ formula: Formula, problem: String?) {
    self.name = name
    self.formula = problem == nil ? formula : .number(.nan)
    self.problem = problem
  }

  /// A schedule whose arguments must fulfill some conditions.
  fileprivate init(
    _ name: String, checks: [(holds: Bool, otherwise: String)], _ formula: @autoclosure () -> Formula
  ) {
    let problem = ArgumentCheck.firstProblem(checks)
    self.init(
      name, problem == nil ? formula() : .number(.nan), problem: problem.map { "makes no sense: \($0)" })
  }

  /// The same with something wrong with it.
  func failing(_ problem: String) -> Schedule { Schedule(name, formula, problem: problem) }

  /// The learning rate of the update after `step` updates.
  public func callAsFunction(at step: Int) -> Double { formula(at: Double(step)) }

  /// The learning rates of the first updates, to be plotted.
  public func values(steps: Int) -> [Double] { (0..<max(0, steps)).map { self(at: $0) } }
}

extension Schedule {
  /// Always the same.
  /// - Parameter rate: The learning rate, at least 0.
  /// - Returns: A schedule that always gives `rate`.
  public static func constant(_ rate: Double) -> Schedule {
    Schedule("constant", checks: [ArgumentCheck.isAtLeastZero(rate, "rate")], .number(rate))
  }

  /// `values[0]` up to and including step `boundaries[0]`, then `values[1]` and so on.
  /// - Parameters:
  ///   - boundaries: The last step of each value but the last, in ascending order.
  ///   - values: The learning rates, one more than boundaries.
  /// - Returns: A schedule of steps.
  public static func piecewise(boundaries: [Int], values: [Double]) -> Schedule {
    let checks: [(holds: Bool, otherwise: String)] =
      [
        (
          values.count == boundaries.count + 1,
          "\(boundaries.count) boundaries need \(boundaries.count + 1) values, got \(values.count)"
        ),
        (
          zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 },
          "boundaries \(boundaries) must ascend"
        ),
      ] + values.map { ArgumentCheck.isAtLeastZero($0, "value") }
    func formula() -> Formula {
      var formula = Formula.number(values.last ?? .nan)
      for (boundary, value) in zip(boundaries, values).reversed() {
        formula = .ifLess(
          left: .number(Double(boundary)), right: .step, yes: formula, no: .number(value))
      }
      return formula
    }
    return Schedule("piecewise", checks: checks, formula())
  }

  /// Multiplied by a factor again and again.
  /// - Parameters:
  ///   - initial: The first learning rate, at least 0.
  ///   - every: After how many steps it is multiplied, at least 1.
  ///   - factor: What it is multiplied with, at least 0.
  /// - Returns: A schedule that falls in steps.
  public static func step(_ initial: Double, every: Int, factor: Double) -> Schedule {
    exponential("step", initial, decaySteps: every, rate: factor, staircase: true)
  }

  /// initial · rate^(step / decaySteps).
  /// - Parameters:
  ///   - initial: The first learning rate, at least 0.
  ///   - decaySteps: After how many steps it has been multiplied with `rate`, at least 1.
  ///   - rate: At least 0; below 1 the learning rate falls.
  ///   - staircase: Whether it changes only every `decaySteps` steps.
  /// - Returns: A schedule that falls by a factor.
  public static func exponential(
    _ initial: Double, decaySteps: Int, rate: Double, staircase: Bool = false
  ) -> Schedule {
    exponential("exponential", initial, decaySteps: decaySteps, rate: rate, staircase: staircase)
  }

  private static func exponential(
    _ name: String, _ initial: Double, decaySteps: Int, rate: Double, staircase: Bool
  ) -> Schedule {
    let progress = Formula.step / .number(Double(decaySteps))
    return Schedule(
      name,
      checks: [
        ArgumentCheck.isAtLeastZero(initial, "initial rate"),
        ArgumentCheck.isCount(decaySteps, "number of steps"),
        ArgumentCheck.isAtLeastZero(rate, "factor"),
      ],
      .number(initial) * Formula.number(rate).power(staircase ? progress.applying(.floor) : progress))
  }

  /// initial / (1 + rate · step / decaySteps).
  /// - Parameters:
  ///   - initial: The first learning rate, at least 0.
  ///   - decaySteps: After how many steps the divisor has grown by `rate`, at least 1.
  ///   - rate: At least 0.
  ///   - staircase: Whether it changes only every `decaySteps` steps.
  /// - Returns: A schedule that falls as 1 / step.
  public static func inverseTime(
    _ initial: Double, decaySteps: Int, rate: Double, staircase: Bool = false
  ) -> Schedule {
    let progress = Formula.step / .number(Double(decaySteps))
    return Schedule(
      "inverseTime",
      checks: [
        ArgumentCheck.isAtLeastZero(initial, "initial rate"),
        ArgumentCheck.isCount(decaySteps, "number of steps"),
        ArgumentCheck.isAtLeastZero(rate, "rate"),
      ],
      .number(initial) / (1 + .number(rate) * (staircase ? progress.applying(.floor) : progress)))
  }

  /// From `initial` to `final` as (1 − step / decaySteps)^power.
  /// - Parameters:
  ///   - initial: The first learning rate, at least 0.
  ///   - decaySteps: After how many steps the final one is reached, at least 1.
  ///   - final: The last learning rate, at least 0.
  ///   - power: 1 for a straight line; at least 0.
  ///   - cycle: Whether the fall starts over, longer each time; otherwise the rate stays at `final`.
  /// - Returns: A schedule that falls as a power.
  public static func polynomial(
    _ initial: Double, decaySteps: Int, final: Double = 1e-4, power: Double = 1, cycle: Bool = false
  ) -> Schedule {
    let steps = Formula.number(Double(decaySteps))
    let period = cycle ? steps * .maximum(1, (.step / steps).applying(.ceil)) : steps
    let rest = 1 - Formula.minimum(.step, period) / period
    return Schedule(
      "polynomial",
      checks: [
        ArgumentCheck.isAtLeastZero(initial, "initial rate"),
        ArgumentCheck.isCount(decaySteps, "number of steps"),
        ArgumentCheck.isAtLeastZero(final, "final rate"), ArgumentCheck.isAtLeastZero(power, "power"),
      ],
      .number(initial - final) * rest.power(.number(power)) + .number(final))
  }

  /// Half a cosine from `initial` to `alpha · initial`. Loshchilov and Hutter, arXiv:1608.03983.
  /// - Parameters:
  ///   - initial: The first learning rate, at least 0.
  ///   - decaySteps: Length of the fall, at least 1; the rate stays at its end.
  ///   - alpha: The part of the highest rate that it ends at, at least 0.
  ///   - warmupTarget: When given, the rate first climbs in a straight line from `initial` to this, which the
  ///     cosine then starts from.
  ///   - warmupSteps: Length of the climb, at least 0; the cosine's `decaySteps` come after it.
  /// - Returns: A schedule that falls as half a cosine.
  public static func cosine(
    _ initial: Double, decaySteps: Int, alpha: Double = 0, warmupTarget: Double? = nil, warmupSteps: Int = 0
  ) -> Schedule {
    let warmup = warmupTarget == nil ? 0 : Double(warmupSteps)
    let peak = warmupTarget ?? initial
    let progress = Formula.minimum(.step - .number(warmup), .number(Double(decaySteps)))
    let wave = (1 + (.number(.pi / Double(decaySteps)) * progress).applying(.cos)) * 0.5
    let fall = .number(peak) * (.number(1 - alpha) * wave + .number(alpha))
    let checks = [
      ArgumentCheck.isAtLeastZero(initial, "initial rate"),
      ArgumentCheck.isCount(decaySteps, "number of steps"),
      ArgumentCheck.isAtLeastZero(alpha, "alpha"), ArgumentCheck.isAtLeastZero(peak, "target of the warm-up"),
      (warmupSteps >= 0, "number of warm-up steps \(warmupSteps) must be at least 0"),
    ]
    guard warmup > 0 else { return Schedule("cosine", checks: checks, fall) }
    return Schedule(
      "cosine", checks: checks,
      .ifLess(
        left: .step, right: .number(warmup),
        yes: .number(initial) + .number((peak - initial) / warmup) * .step, no: fall))
  }

  /// Half cosines that start again at the top: SGDR, arXiv:1608.03983.
  /// - Parameters:
  ///   - initial: The first learning rate, at least 0.
  ///   - firstDecaySteps: Length of the first half cosine, at least 1.
  ///   - periodFactor: How many times as long each is as the one before, above 0.
  ///   - rateFactor: How many times as high each is as the one before, at least 0.
  ///   - alpha: The part of its top that each ends at, at least 0.
  /// - Returns: A schedule of cosines.
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
      "cosineRestarts",
      checks: [
        ArgumentCheck.isAtLeastZero(initial, "initial rate"),
        ArgumentCheck.isCount(firstDecaySteps, "number of steps"),
        // Shorter and shorter periods would come to an end after firstDecaySteps / (1 − factor) steps.
        (
          periodFactor >= 1 && periodFactor.isFinite,
          "factor on the period \(periodFactor) must be a finite number of at least 1"
        ),
        ArgumentCheck.isAtLeastZero(rateFactor, "factor on the rate"),
        ArgumentCheck.isAtLeastZero(alpha, "alpha"),
      ],
      .number(initial) * (.number(1 - alpha) * wave + .number(alpha)))
  }

  /// One cycle: a cosine from peak / 25 up to the peak, then one down to nearly nothing. Smith and Topin,
  /// arXiv:1708.07120; fastai's defaults.
  /// - Parameters:
  ///   - peak: The highest learning rate, at least 0.
  ///   - steps: Length of the whole run in updates, at least 1.
  ///   - warmupFraction: The part of it that climbs, in 0…1.
  ///   - initialDivisor: The first rate is `peak` divided by this; above 0.
  ///   - finalDivisor: The last rate is `peak` divided by this; above 0.
  /// - Returns: A schedule of one cycle.
  public static func oneCycle(
    peak: Double, steps: Int, warmupFraction: Double = 0.25, initialDivisor: Double = 25,
    finalDivisor: Double = 1e5
  ) -> Schedule {
    let position = Formula.minimum(.step / .number(Double(steps)), 1)
    let turn = Formula.number(warmupFraction)
    func between(_ start: Double, _ end: Double, _ fraction: Formula) -> Formula {
      .number(end) + .number((start - end) / 2) * (1 + (.number(.pi) * fraction).applying(.cos))
    }
    let climb = between(peak / initialDivisor, peak, position / turn)
    let fall = between(peak, peak / finalDivisor, (position - turn) / (1 - turn))
    return Schedule(
      "oneCycle",
      checks: [
        ArgumentCheck.isAtLeastZero(peak, "peak"), ArgumentCheck.isCount(steps, "number of steps"),
        ArgumentCheck.isFraction(warmupFraction, "part that climbs"),
        ArgumentCheck.isPositive(initialDivisor, "initial divisor"),
        ArgumentCheck.isPositive(finalDivisor, "final divisor"),
      ],
      // With nothing of one part its formula would divide by zero.
      warmupFraction == 0
        ? fall
        : warmupFraction == 1
          ? climb : .ifLess(left: position, right: turn, yes: climb, no: fall))
  }

  /// This schedule after a climb in a straight line from `start` to its first rate.
  /// - Parameters:
  ///   - steps: Length of the climb, at least 0.
  ///   - start: The rate at its beginning, at least 0.
  /// - Returns: The schedule with the climb before it.
  public func warmedUp(steps: Int, from start: Double = 0) -> Schedule {
    let first = self(at: 0)
    let climb =
      .number(start) + .number((first - start) / Double(max(1, steps))) * Formula.step
    let result = Schedule(
      name,
      checks: [
        (steps >= 0, "number of warm-up steps \(steps) must be at least 0"),
        ArgumentCheck.isAtLeastZero(start, "start of the warm-up"),
      ],
      .ifLess(
        left: .step, right: .number(Double(steps)), yes: climb,
        no: formula.shifted(by: Double(steps))))
    return problem.map { result.failing($0) } ?? result
  }

  /// This schedule times a number.
  /// - Parameter factor: At least 0.
  /// - Returns: The scaled schedule.
  public func scaled(by factor: Double) -> Schedule {
    let result = Schedule(
      name, checks: [ArgumentCheck.isAtLeastZero(factor, "factor")], formula * .number(factor))
    return problem.map { result.failing($0) } ?? result
  }
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
