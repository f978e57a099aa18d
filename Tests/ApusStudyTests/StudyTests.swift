import ApusTestSupport
import Foundation
import Testing

@testable import ApusStudy

@Suite struct StudyTests {
  /// A bowl with its least value, 0, at x = 2, rate = 0.01, depth = 4, kind = b.
  @Sendable static func bowl(_ trial: Trial) throws -> Double {
    let x = try trial.float("x", in: -10...10)
    let rate = try trial.float("rate", in: 1e-5...1, scale: .log)
    let depth = try trial.int("depth", in: 1...9)
    let kind = try trial.categorical("kind", in: ["a", "b", "c"])
    return (x - 2) * (x - 2) + abs(log10(rate) + 2) + Double(abs(depth - 4)) + (kind == "b" ? 0 : 2)
  }

  static func bests(_ sampler: (UInt64) -> any ParameterSampler) async throws -> [Double] {
    var values: [Double] = []
    for seed in 0..<9 {
      let study = try Study("bowl", sampler: sampler(UInt64(seed)))
      try await study.run(trials: 80) { try Self.bowl($0) }
      values.append(try #require(try study.best()?.value))
    }
    return values.sorted()
  }

  @Test func tpeIsBetterThanChance() async throws {
    let tpe = try await Self.bests { .tpe(seed: $0) }
    let random = try await Self.bests { .random(seed: $0) }
    #expect(tpe[4] < random[4] / 2)
  }

  @Test func aStudyGoesOnAsIfItHadNotStopped() async throws {
    try await withTemporaryFolder { folder in
      let whole = try Study("bowl", sampler: .tpe(seed: 3))
      try await whole.run(trials: 50) { try Self.bowl($0) }
      for _ in 0..<2 {
        let part = try Study("bowl", storage: .journal(folder + "/j"), sampler: .tpe(seed: 3))
        try await part.run(trials: 25) { try Self.bowl($0) }
      }
      let again = try Study("bowl", storage: .journal(folder + "/j"), sampler: .tpe(seed: 3))
      let trials = try again.trials()
      #expect(trials.count == 50)
      #expect(try trials == whole.trials())
    }
  }

  @Test func aGridIsTriedOnce() async throws {
    let study = try Study(
      "grid", sampler: .grid(["a": [.int(1), .int(2)], "b": [.choice("x"), .choice("y"), .choice("z")]]))
    try await study.run(trials: 100) { trial in
      _ = try trial.categorical("b", in: ["x", "y", "z"])
      return Double(try trial.int("a", in: 1...2))
    }
    let cells = try study.trials().map { "\($0.parameters["a"]!)\($0.parameters["b"]!)" }
    #expect(cells == ["1x", "1y", "1z", "2x", "2y", "2z"])
  }

  @Test func haltonFillsEachPart() async throws {
    let study = try Study("halton", sampler: .halton(seed: 1))
    try await study.run(trials: 16) { try $0.float("x", in: 0...16) }
    let cells = try study.trials().compactMap(\.value).map { Int($0) }
    #expect(Set(cells).count == 16)
  }

  @Test func anotherSpaceIsAnError() async throws {
    let study = try Study("s", sampler: .random(seed: 1))
    try await study.run(trials: 1) { try $0.float("x", in: 0...1) }
    await #expect(throws: StudyError.self) {
      try await study.run(trials: 1) { try $0.float("x", in: 0...2) }
    }
    await #expect(throws: StudyError.self) {
      try await study.run(trials: 1) { try $0.float("y", in: 0...2, scale: .log) }
    }
  }

  @Test func whatIsNoNumberFailsItsTrial() async throws {
    let study = try Study("s", sampler: .random(seed: 1))
    try await study.run(trials: 2) { $0.number == 0 ? .nan : 1 }
    let trials = try study.trials()
    #expect(trials.map(\.state) == [.failed, .complete])
    #expect(trials[0].problem == "the objective returned nan")
    #expect(try study.best()?.number == 1)
  }

  @Test func fixedParametersComeFirst() async throws {
    let study = try Study("s", sampler: .random(seed: 1), direction: .maximize)
    try study.enqueue(["x": .float(0.25)])
    try await study.run(trials: 2) { try $0.float("x", in: 0...1) }
    #expect(try study.trials()[0].value == 0.25)
    #expect(try study.trials()[1].value != 0.25)
  }

  @Test(arguments: [0, 1]) func badTrialsAreEndedEarly(pruner: Int) async throws {
    let pruners: [any TrialPruner] = [.median(), .asha(reduction: 2)]
    let study = try Study("s", sampler: .random(seed: 1), pruner: pruners[pruner])
    try await study.run(trials: 12) { trial in
      let value = trial.number < 10 ? Double(trial.number % 5) : trial.number == 10 ? -1 : 9
      for step in 1...4 { try trial.report(value, at: step) }
      return value
    }
    let trials = try study.trials()
    #expect(trials[10].state == .complete)
    #expect(trials[11].state == .pruned)
    #expect(trials[11].steps.keys.max() == 1)
  }
}
