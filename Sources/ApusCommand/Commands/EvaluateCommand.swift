import Apus
import ArgumentParser
import Foundation

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how good a model is on test data.",
    discussion: """
        apus evaluate --model runs/latest
        apus evaluate --model runs/latest --data other-rows.csv

      A model of a data set is tested on that set's test part. For a model of a table, name a CSV file with the same \
      columns; rows that training saw would flatter it.
      """)

  @Option(help: ArgumentHelp("A model.safetensors, or the folder of a run.", valueName: "model")) var model:
    String
  @Option(help: "A data set by name; the one of the training if left out.") var dataset: String?
  @Option(help: ArgumentHelp("A CSV file with the columns of the training.", valueName: "file")) var data:
    String?
  @OptionGroup var output: OutputOptions

  func run() throws {
    guard dataset == nil || data == nil else { throw Failure(.usage, "Give --dataset or --data, not both.") }
    let saved = try SavedModel(path: model)
    let source: RunSettings.Source
    if let dataset {
      source = .dataset(dataset)
    } else if let data {
      source = .table(path: data, target: saved.card.targetName, task: nil, ignored: [], testFraction: 0)
    } else if case .dataset = saved.card.source {
      source = saved.card.source
    } else {
      throw Failure(
        .usage, "The model was trained on a table: name a CSV file with the same columns by --data.")
    }
    let test = try TrainingData.evaluationData(for: saved.card, source: source)
    let evaluation = try Evaluation(saved.learner, saved.card, on: test)
    var members = [JSON.Member("model", .string(saved.path)), JSON.Member("metrics", evaluation.json)]
    if let classes = evaluation.classesJSON { members.append(JSON.Member("classes", classes)) }
    if let matrix = evaluation.matrixJSON { members.append(JSON.Member("confusion_matrix", matrix)) }
    Console.result(.object(members), asJSON: output.json) {
      [evaluation.headline, evaluation.classTable, evaluation.matrixTable].compactMap { $0 }
        .joined(separator: "\n\n")
    }
  }
}
