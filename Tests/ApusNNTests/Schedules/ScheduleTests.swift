import ApusFixtures
import ApusGraph
import ApusTensor
import Testing

@testable import ApusNN

@Suite struct ScheduleTests {
  private static func schedule(_ test: FixtureCase) -> Schedule? {
    func number(_ name: String) -> Double { test[name].double ?? 0 }
    func count(_ name: String) -> Int { test[name].integer ?? 0 }
    let staircase = test["staircase"].bool ?? false
    switch test["schedule"].string {
    case "exponential":
      return .exponential(
        number("initial"), decaySteps: count("decay_steps"), rate: number("decay_rate"), staircase: staircase)
    case "inverse_time":
      return .inverseTime(
        number("initial"), decaySteps: count("decay_steps"), rate: number("decay_rate"), staircase: staircase)
    case "piecewise":
      guard case .array(let values) = test["values"] else { return nil }
      return .piecewise(
        boundaries: test["boundaries"].integers ?? [], values: values.compactMap(\.double))
    case "polynomial":
      return .polynomial(
        number("initial"), decaySteps: count("decay_steps"), final: number("final"), power: number("power"),
        cycle: test["cycle"].bool ?? false)
    case "cosine":
      return .cosine(
        number("initial"), decaySteps: count("decay_steps"), alpha: number("alpha"),
        warmupTarget: test["warmup_target"].double, warmupSteps: count("warmup_steps"))
    case "cosine_restarts":
      return .cosineRestarts(
        number("initial"), firstDecaySteps: count("first_decay_steps"),
        periodFactor: number("period_factor"), rateFactor: number("rate_factor"), alpha: number("alpha"))
    case "one_cycle":
      return .oneCycle(
        peak: number("peak"), steps: count("steps"), warmupFraction: number("warmup_fraction"))
    default: return nil
    }
  }

  // PyTorch's one-cycle turns at other steps; Apus's is fastai's.
  @Test(arguments: try Fixture("schedules").cases(startingWith: "").filter { $0.name != "one_cycle_torch" })
  func hostAndGraphAgreeWithTheReference(test: FixtureCase) throws {
    let schedule = try #require(Self.schedule(test))
    let expected = try test("output").doubles
    #expect(difference(schedule.values(steps: expected.count), from: expected, absolute: 1e-8) == nil)
    let steps = Value.constant(Literal((0..<expected.count).map(Double.init), shape: [expected.count]))
    let inGraph = Tensor(schedule.formula.value(steps).broadcast(to: [expected.count]))
    #expect(
      difference(try inGraph.doubles(), from: schedule.values(steps: expected.count), relative: 1e-12) == nil)
  }

  @Test func stepsAndWarmUps() {
    let step = Schedule.step(1, every: 10, factor: 0.1)
    #expect(step(at: 9) == 1)
    #expect(abs(step(at: 10) - 0.1) < 1e-12)
    let warm = Schedule.exponential(1, decaySteps: 10, rate: 0.5).warmedUp(steps: 4)
    #expect(warm.values(steps: 5) == [0, 0.25, 0.5, 0.75, 1])
    #expect(abs(warm(at: 14) - 0.5) < 1e-12)
    #expect(Schedule.constant(2).scaled(by: 3)(at: 100) == 6)
    #expect(Schedule("mine", 0.5 / (1 + .step))(at: 1) == 0.25)
    #expect(Schedule.piecewise(boundaries: [3], values: [1])(at: 0).isNaN)
  }
}
