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
        apus evaluate --model my-model photos
        apus evaluate --model my-tags photos --table labels.csv
        apus evaluate --model my-masks photos --masks masks

      A model of a data set is tested on that set's test part. For a model of a table, name a CSV file with the same \
      columns; rows that training saw would flatter it. For a model of photos, name a folder with a folder for each \
      class, called as those of the training, or with a test folder of such; for one that learned from a table, name \
      the table too, for one of masks their folder.
      """)

  @Option(help: ArgumentHelp("A model.safetensors, or the folder of a run.", valueName: "model")) var model:
    String
  @Argument(help: "A folder of photos, in folders of their classes.") var photos: String?
  @Option(
    help: ArgumentHelp(
      "A CSV file that says what the photos show, in columns of the training.", valueName: "file"))
  var table: String?
  @Option(help: ArgumentHelp("The column of --table with the photos' files.", valueName: "column"))
  var files: String?
  @Option(help: ArgumentHelp("The column of --table with the classes.", valueName: "column")) var target:
    String?
  @Option(help: ArgumentHelp("A folder of the photos' masks.", valueName: "folder")) var masks: String?
  @Option(help: "A data set by name; the one of the training if left out.") var dataset: String?
  @Option(help: ArgumentHelp("A CSV file with the columns of the training.", valueName: "file")) var data:
    String?
  @OptionGroup var output: OutputOptions

  func run() throws {
    guard dataset == nil || data == nil else { throw Failure(.usage, "Give --dataset or --data, not both.") }
    if PhotoClassifier.isClassifier(at: model) { return try evaluatePhotos() }
    if PhotoSegmenter.isSegmenter(at: model) { return try evaluateMasks() }
    guard masks == nil else { throw Failure(.usage, "The model knows no masks: leave --masks out.") }
    if TargetPredictor.isPredictor(at: model) { return try evaluateTargets() }
    if let photos {
      throw Failure(
        .usage, "The model was not trained on photos, so that \(photos) cannot be used: leave it out.")
    }
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

  private func evaluatePhotos() throws {
    guard let photos, dataset == nil, data == nil else {
      throw Failure(
        .usage,
        "The model was trained on photos: name a folder of photos, as in `apus evaluate --model \(model) PHOTOS`."
      )
    }
    guard (table == nil) == (target == nil) else {
      throw Failure(
        .usage, "--table names a file and --target its column of the classes: give both or neither.")
    }
    let source = table.map {
      TableSource(path: $0, targets: [target ?? ""], files: files, task: .classes)
    }
    let measured = try PhotoEvaluation(model: model, photos: photos, table: source, isQuiet: output.json)
    for note in measured.notes { Console.remark("note: \(note)") }
    Console.result(measured.json, asJSON: output.json) { measured.text }
  }

  private func evaluateTargets() throws {
    guard target == nil else {
      throw Failure(.usage, "The model knows which columns it learned from: leave --target out.")
    }
    guard let photos, let table, dataset == nil, data == nil else {
      throw Failure(
        .usage,
        "The model learned from a table of photos: name a folder of photos and a table with the same columns, as in "
          + "`apus evaluate --model \(model) PHOTOS --table FILE`.")
    }
    let measured = try TargetEvaluation(
      model: model, photos: photos, table: table, files: files, isQuiet: output.json)
    for note in measured.notes { Console.remark("note: \(note)") }
    Console.result(measured.json, asJSON: output.json) { measured.text }
  }

  private func evaluateMasks() throws {
    guard let photos, let masks, dataset == nil, data == nil, table == nil, target == nil else {
      throw Failure(
        .usage,
        "The model learned from masks: name a folder of photos and one of masks, as in "
          + "`apus evaluate --model \(model) PHOTOS --masks MASKS`.")
    }
    let (measured, notes) = try SegmentationEvaluation.measured(
      model: model, photos: photos, masks: masks, isQuiet: output.json)
    for note in notes { Console.remark("note: \(note)") }
    Console.result(
      .object([JSON.Member("model", .string(model))] + measured.members), asJSON: output.json
    ) { measured.text }
  }
}
