import Foundation
import Testing

/// Programs tuned through the built command.
@Suite struct StudyCommandTests {
  @Test func aSearchGoesOnAndShowsItsBest() throws {
    try withFolder { folder in
      let program = ["--", "sh", "-c", "echo \"objective: $(( ({x} - 5) * ({x} - 5) ))\""]
      func run(_ trials: String) throws -> CommandRun {
        try Command.run(
          ["study", "run", "s.jsonl", "--trials", trials, "--int", "x=0..20"] + program, in: folder)
      }
      let first = try run("6")
      #expect(first.status == 0 && first.output.contains("Best of 6 trials"), "\(first.errors)")
      let more = try run("12")
      #expect(more.status == 0 && more.output.contains("Best of 12 trials"), "\(more.errors)")
      #expect(!more.errors.contains("trial 3:") && more.errors.contains("trial 7:"), "\(more.errors)")
      let best = try Command.run(["study", "best", "s.jsonl", "--json"], in: folder).json()
      #expect((best["value"]?.doubleValue ?? 99) <= 9)
      let trials = try Command.run(["study", "trials", "s.jsonl"], in: folder)
      #expect(trials.output.split(separator: "\n").count == 13)
      #expect(try Command.run(["study", "best", "none.jsonl"], in: folder).status == 66)
      #expect(
        try Command.run(["study", "run", "t.jsonl", "--int", "x=9..1"] + program, in: folder).status == 64)
      #expect(try Command.run(["study", "run", "t.jsonl"] + program, in: folder).status == 64)
      let failing = try Command.run(
        ["study", "run", "f.jsonl", "--trials", "2", "--int", "x=1..9", "--", "false"], in: folder)
      #expect(failing.status == 65 && failing.errors.contains("ended with status 1"), "\(failing.errors)")
    }
  }
}
