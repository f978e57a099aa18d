import ApusTestSupport
import Foundation
import Testing

@testable import ApusStudy

@Suite struct ProgramObjectiveTests {
  @Test func spacesAreReadAsWritten() throws {
    #expect(try ParameterSpace.parsed("rate=1e-4..0.3:log", kind: "float").space == .float(1e-4...0.3, .log))
    #expect(try ParameterSpace.parsed("depth=2..10", kind: "int").space == .int(2...10, .linear))
    #expect(
      try ParameterSpace.parsed("act=relu,gelu", kind: "choice").space == .categorical(["relu", "gelu"]))
    for (text, kind) in [
      ("rate", "float"), ("rate=1", "float"), ("rate=2..1", "float"), ("rate=1..2:cubic", "float"),
      ("depth=1.5..3", "int"), ("act=relu", "choice"), ("act=a,a", "choice"), ("=1..2", "float"),
    ] {
      #expect(throws: StudyError.self, "\(text)") { try ParameterSpace.parsed(text, kind: kind) }
    }
  }

  @Test func aProgramIsTunedByItsOutput() async throws {
    let objective = try ProgramObjective(
      [
        "sh", "-c", "echo warming up 7; echo \"objective: $(( ({x} - 12) * ({x} - 12) ))\"; echo done in 3 s",
      ],
      parameters: [("x", .int(0...40, .linear))])
    let study = try Study("squares", sampler: .tpe(seed: 1))
    try await study.run(upTo: 30, workers: 2) { try await objective.value($0) }
    let best = try #require(try study.best())
    #expect((best.value ?? .infinity) <= 4)
    #expect(try study.trials().count == 30)
  }

  @Test func valuesAreInTheEnvironmentAndTheLastNumberCounts() async throws {
    let objective = try ProgramObjective(
      ["sh", "-c", "echo start; echo \"loss $LEARNING_RATE\""],
      parameters: [("learning-rate", .float(0.5...0.5, .linear))])
    let study = try Study("environment", sampler: .random(seed: 1))
    try await study.run(upTo: 1) { try await objective.value($0) }
    #expect(try study.best()?.value == 0.5)
  }

  @Test func programsThatFailAreFailedTrials() async throws {
    for (script, problem) in [
      ("exit 3", "status 3"), ("echo nothing", "printed no number"), ("echo objective: nan", "nan"),
    ] {
      let objective = try ProgramObjective(["sh", "-c", script], parameters: [("x", .int(0...4, .linear))])
      let study = try Study("failing", sampler: .random(seed: 1))
      try await study.run(upTo: 2) { try await objective.value($0) }
      let trials = try study.trials()
      #expect(
        trials.allSatisfy { $0.state == .failed && $0.problem?.contains(problem) ?? false }, "\(trials)")
    }
    #expect(throws: StudyError.self) { try ProgramObjective([], parameters: [("x", .int(0...4, .linear))]) }
    // What is the shell's own is no parameter.
    _ = try ProgramObjective(
      ["sh", "-c", "echo ${HOME} {x}; awk '{print $1}'"], parameters: [("x", .int(0...4, .linear))])
    #expect(throws: StudyError.self) {
      try ProgramObjective(["run", "{y}"], parameters: [("x", .int(0...4, .linear))])
    }
  }

  @Test func aTrialThatLagsIsEnded() async throws {
    // Trials with a large x report a loss that is never good, and would sleep for long.
    let script = "for i in 0 1 2 3; do echo step $i: {x}; [ {x} -gt 50 ] && sleep 1; done; echo {x}"
    let objective = try ProgramObjective(["sh", "-c", script], parameters: [("x", .int(0...100, .linear))])
    let study = try Study("lagging", sampler: .random(seed: 3), pruner: .median(startupTrials: 2))
    try await study.run(upTo: 8) { try await objective.value($0) }
    #expect(try study.trials().contains { $0.state == .pruned })
  }
}
