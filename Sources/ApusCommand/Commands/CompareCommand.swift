import Apus
import ApusReport
import ArgumentParser

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Find out whether one of two models is better than chance explains.",
    discussion: """
        apus compare runs/a runs/b other-rows.csv
        apus compare my-model new-model photos

      Both models are measured on the same examples, which are named as for `apus evaluate`, and compared example by example: \
      that tells far smaller differences from chance than two scores with their intervals do. Use examples that neither was \
      trained on; of data with a test set that is measured on.
      """)

  @Argument(help: "The first model, or the folder of a run.") var first: String
  @Argument(help: "The second model, or the folder of a run.") var second: String
  @Argument(help: "A folder of images or texts, or a table.") var data: String?
  @OptionGroup(title: "Data") var task: TaskOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let models = try [first, second].map { try Registry.standard.predictor($0) }
    let targets = models.map { $0.problem.target }
    guard let target = targets[0], let other = targets[1], type(of: target).kind == type(of: other).kind,
      target.names == other.names
    else {
      throw Failure(.usage, "Two models of the same targets were expected: these predict different things.")
    }
    let reporter: Reporter = output.json ? .silent : .standard
    let measured = try MeasuredExamples(data, task.values, for: models[0].problem, reporter)
    let evaluators = try models.map { model in
      try model.evaluate(measured.examples, rows: measured.rows, what: "examples", reporter: reporter)
        .evaluator
    }
    let found = try ModelComparison(evaluators[0], evaluators[1])
    for note in measured.notes { Console.remark("note: \(note)") }
    Console.result(try json(found), asJSON: output.json) { text(found) }
  }

  private func text(_ found: ModelComparison) -> String {
    let names = [first, second]
    let scores = zip(names, found.evaluations).map { "\($0): \($1.headline())" }
    let ends = "\(Format.number(found.interval.lower)) to \(Format.number(found.interval.upper))"
    return
      (scores + [
        "Loss of \(first) minus loss of \(second): \(Format.number(found.difference)) (95 % confidence interval \(ends))",
        "Lower loss on \(Format.grouped(found.wins.first)) examples: \(first); on \(Format.grouped(found.wins.second)): "
          + "\(second) (sign test: p = \(Format.number(found.signTest, digits: 2)))",
        found.verdict(names),
      ]).joined(separator: "\n")
  }

  private func json(_ found: ModelComparison) throws -> JSON {
    .object([
      .init("models", .array([.string(first), .string(second)])),
      .init("evaluations", .array(try found.evaluations.map { try $0.json() })),
      .init("examples", .integer(found.count)), .init("loss_difference", .number(found.difference)),
      .init("interval", .array([.number(found.interval.lower), .number(found.interval.upper)])),
      .init("first_better", .integer(found.wins.first)), .init("second_better", .integer(found.wins.second)),
      .init("sign_test", .number(found.signTest)), .init("verdict", .string(found.verdict([first, second]))),
    ])
  }
}
