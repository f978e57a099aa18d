import Apus
import Foundation

/// One training from data to report, in a folder.
struct TrainingRun: Sendable {
  let folder: RunFolder
  let settings: RunSettings
  /// Whether a checkpoint is taken up where there is one.
  var resumes = false
  /// Whether nothing is said on the way.
  var isQuiet = false

  /// What came of it.
  struct Outcome: Sendable {
    let result: JSON
    /// What a person wants to read at the end.
    let text: String
  }

  /// Trains, evaluates and writes the model, the report and the result.
  func perform() async throws -> Outcome {
    let data = try TrainingData(settings)
    for warning in data.warnings { Console.remark("warning: \(warning)") }
    try folder.create()
    let ownsCheckpoints = resumes || !folder.hasCheckpoints
    try settings.save(to: folder.settingsPath)
    folder.linkAsLatest()

    let outputs = data.task.outputCount
    let card = ModelCard(
      source: settings.source,
      architecture: Architecture(settings.architecture, hidden: settings.hidden, outputs: outputs),
      input: data.input, task: data.task)
    try card.architecture.check()
    let stepCount =
      settings.epochs * DataLoader.batchCount(samples: data.train.count, batchSize: settings.batchSize)
    let schedule = Schedule.oneCycle(peak: settings.learningRate, steps: max(1, stepCount))
    let optimizer =
      settings.weightDecay > 0
      ? Optimizer.adamW(
        schedule: schedule, weightDecay: settings.weightDecay, decays: OptimizerOptions.kernelsOnly)
      : .adam(schedule: schedule)
    let learner = card.learner(optimizer: optimizer, seed: settings.seed)
    learner.preprocessing[ModelCard.key] = try card.text()
    try learner.build(inputShape: card.inputShape)
    let weightCount = try learner.model.parameterCount()
    remark(
      """
      \(data.title): \(Format.grouped(data.train.count)) samples to learn from, \(Format.grouped(data.test.count)) to \
      test with
      \(card.architecture.line), \(Format.grouped(weightCount)) weights

      """)

    let trace = LossTrace()
    let history = try await train(learner, data, trace)
    let evaluation = try Evaluation(learner, card, on: data.test)
    try learner.save(to: folder.modelPath)
    let record = RunRecord(
      settings: settings, card: card, history: history, evaluation: evaluation, weightCount: weightCount,
      trainingCount: data.train.count, weightsDigest: try SHA256.hash(ofFile: folder.modelPath),
      summary: try learner.summary())
    let report = try RunReport(record, data: data, trace: trace, schedule: schedule, stepCount: stepCount)
    try report.page().write(to: folder.reportPath)
    let examples = try report.writeExamples(to: folder)
    let result = record.json(folder: folder)
    // The result comes last: where it is, the run is finished.
    try AtomicFile.write(result.text(indented: true) + "\n", to: folder.resultPath)
    folder.removeCheckpoint(andFolder: ownsCheckpoints)
    return Outcome(result: result, text: text(record, examples: examples))
  }

  private func train(_ learner: Learner, _ data: TrainingData, _ trace: LossTrace) async throws -> History {
    do {
      return try await learner.fit(
        data.train, validation: data.test, epochs: settings.epochs, batchSize: settings.batchSize,
        callbacks: [trace, CSVLogger(path: folder.logPath)],
        options: FitOptions(
          checkpointing: Checkpointing(
            directory: folder.checkpointPath, everySteps: settings.checkpointInterval),
          resume: resumes ? .automatic : .never, progress: isQuiet ? .none : .automatic))
    } catch is CancellationError {
      throw Failure(
        .interrupted,
        "Stopped after \(Format.grouped(learner.stepCount)) steps. Go on with: \(Self.program) fit --resume --output "
          + folder.path)
    }
  }

  private func text(_ record: RunRecord, examples: [String]) -> String {
    var parts = [record.evaluation.headline]
    if let table = record.evaluation.matrixTable {
      parts.append("Confusion matrix (rows: what it is, columns: what the model says)\n\(table)")
    }
    parts.append(
      """
      Trained for \(Format.duration(record.trainingSeconds)), \(record.history.epochs.count) epochs
      Report   \(folder.reportPath)
      Model    \(folder.modelPath)
      Result   \(folder.resultPath)
      """)
    if let example = examples.first {
      parts.append("Try it:  \(Self.program) predict --model \(folder.path) \(example)")
    }
    return "\n" + parts.joined(separator: "\n\n")
  }

  private func remark(_ text: String) { if !isQuiet { Console.remark(text) } }

  /// How the user called this program.
  static var program: String {
    let name = CommandLine.arguments.first ?? "apus"
    let here = FileManager.default.currentDirectoryPath + "/"
    return name.hasPrefix(here) ? String(name.dropFirst(here.count)) : name
  }
}

extension ModelCard.Task {
  /// Numbers that a network for it puts out.
  var outputCount: Int {
    if case .classification(let names) = self { names.count } else { 1 }
  }
}
