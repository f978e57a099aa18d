import Apus
import ArgumentParser

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how good a model is on data whose targets are known.",
    discussion: """
        apus evaluate --model my-model photos
        apus evaluate --model my-tags photos --table labels.csv --target tags
        apus evaluate --model my-masks photos --masks masks
        apus evaluate --model my-table other-rows.csv
        apus evaluate --model runs/latest --dataset fashion-mnist

      The data are named as for `apus fit`. Of a folder or dataset with a test set that is measured on, else all of it: \
      where the model was trained on some of it, the scores flatter.
      """)

  @Option(help: ArgumentHelp("A model.safetensors, or the folder of a run.", valueName: "model")) var model:
    String
  @Argument(help: "A folder of images or texts, or a table.") var data: String?
  @OptionGroup(title: "Data") var task: TaskOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let predictor = try Registry.standard.predictor(model)
    guard let target = predictor.problem.target else {
      throw Failure(.usage, "\(model) predicts nothing that could be measured.")
    }
    let reporter: Reporter = output.json ? .silent : .standard
    let measured = try MeasuredExamples(data, task.values, for: predictor.problem, reporter)
    let (examples, notes) = (measured.examples, measured.notes)
    let (evaluator, skipped) = try predictor.evaluate(
      examples, rows: measured.rows, what: "examples", reporter: reporter)
    let evaluation = try evaluator.evaluation()
    for note in notes { Console.remark("note: \(note)") }
    for example in skipped + examples.skipped {
      Console.remark("skipped: \(example.name): \(example.problem)")
    }
    Console.result(
      .object([
        .init("model", .string(Registry.resolved(model))), .init("evaluation", try evaluation.json()),
        .init("notes", .array(notes.map { .string($0) })),
        .init(
          "skipped",
          .array(
            (skipped + examples.skipped).map {
              .object([.init("name", .string($0.name)), .init("problem", .string($0.problem))])
            })),
      ]), asJSON: output.json
    ) { evaluation.text(target: target, of: measured.rows == nil ? "example" : "test example") }
  }
}
