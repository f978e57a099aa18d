import Apus
import ArgumentParser
import Foundation

struct FitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Train a model on images, texts, a table or a dataset.",
    discussion: """
      The data are looked at first, and everything that is left out is counted and named. They are split into training, \
      validation and test set; every recipe that fits proposes itself, the best by validation loss wins, and the test set, \
      on which nothing was chosen, is looked at once. A model, a report and result.json are written.

      \(Registry.standard.sources.map { $0.usage }.joined(separator: "\n\n"))

      Training saves its state as it goes. After Ctrl-C, a crash or a power cut it goes on where it was, and ends with \
      the same weights, bit for bit, as if nothing had happened:

        apus fit --resume                   the newest run in runs/ that did not end
        apus fit --resume --output my-run   a run in a folder of your own

      The same seed, data and options give the same model on the same kind of machine: compare sha256 in result.json.
      """)

  @Argument(help: "A folder of images or texts, or a table.") var data: String?
  @OptionGroup(title: "Data and recipes") var task: TaskOptions
  @Option(help: ArgumentHelp("What all randomness depends on. (default: 0)", valueName: "number")) var seed:
    UInt64?
  @Option(
    help: ArgumentHelp(
      "How many recipes to try at most. (default: the most promising and those that are quick)",
      valueName: "count"))
  var recipes: Int?
  @Option(help: ArgumentHelp("The folder to write to. (default: runs/TIME)", valueName: "folder")) var output:
    String?
  @Flag(help: "Go on with a run that was interrupted.") var resume = false
  @Option(
    help: ArgumentHelp(
      "Do again what another run did, in a folder of its own, and say whether the same model came of it.",
      valueName: "run")) var replay: String?
  @OptionGroup var options: OutputOptions

  func validate() throws {
    if let recipes, recipes < 1 { throw ValidationError("--recipes is at least 1, \(recipes) came.") }
  }

  func run() async throws {
    let reporter: Reporter = options.json ? .silent : .standard
    let run =
      try resume ? resumedRun(reporter) : replay.map { try replayedRun($0, reporter) } ?? newRun(reporter)
    if resume, run.folder.isFinished { return try sayFinished(run.folder) }
    let outcome = try await Interruption.allowed { try await run.perform() }
    try Self.show(outcome, run.folder, asJSON: options.json)
    if let replay { try sayWhetherEqual(outcome, RunFolder(path: replay)) }
  }

  private func newRun(_ reporter: Reporter) throws -> Run {
    try Run(
      DataRequest(data, options: task.values), folder: output.map(RunFolder.init) ?? .new(), seed: seed ?? 0,
      budget: Budget(recipes: recipes), reporter: reporter, registry: .standard)
  }

  private func replayedRun(_ path: String, _ reporter: Reporter) throws -> Run {
    guard data == nil, task.values.values.isEmpty, seed == nil, recipes == nil else {
      throw Failure(
        .usage, "A run is repeated with its own data and options. Leave others out beside --replay.")
    }
    let other = RunFolder(path: path)
    guard other.isBegun else {
      throw Failure(.noInput, "\(path) holds no run to repeat: there is no settings.json in it.")
    }
    return try Run(
      replaying: other, folder: output.map(RunFolder.init) ?? .new(), reporter: reporter, registry: .standard)
  }

  private func sayWhetherEqual(_ outcome: Run.Outcome, _ other: RunFolder) throws {
    guard other.isFinished else {
      return Console.remark("\(other.path) did not end, so that its model cannot be compared.")
    }
    let file = try FileReader(path: other.resultPath)
    let result = try JSON(parsing: file.bytes(at: 0, count: file.byteCount))
    Console.remark(
      result["sha256"]?.stringValue == outcome.result.sha256
        ? "The same model as in \(other.path), bit for bit."
        : "Another model than in \(other.path): the machine, the version of Apus or a limit of time differs.")
  }

  private func resumedRun(_ reporter: Reporter) throws -> Run {
    guard data == nil, task.values.values.isEmpty, seed == nil, recipes == nil else {
      throw Failure(
        .usage,
        "A run goes on with the data and options that it was begun with. Leave others out beside --resume.")
    }
    guard let folder = output.map(RunFolder.init) ?? .newestUnfinished() else {
      throw Failure(.noInput, "There is no unfinished run in \(RunFolder.root)/. Name one by --output.")
    }
    guard folder.isBegun else {
      throw Failure(.noInput, "\(folder.path) holds no run to go on with: there is no settings.json in it.")
    }
    return try Run(resuming: folder, reporter: reporter, registry: .standard)
  }

  private func sayFinished(_ folder: RunFolder) throws {
    let file = try FileReader(path: folder.resultPath)
    let result = try JSON(parsing: file.bytes(at: 0, count: file.byteCount))
    Console.result(result, asJSON: options.json) {
      "The run in \(folder.path) has come to its end already: nothing is left to do."
    }
  }

  /// Shows what came of a run.
  static func show(_ outcome: Run.Outcome, _ folder: RunFolder, asJSON: Bool) throws {
    let result = outcome.result
    Console.result(try result.json(), asJSON: asJSON) {
      let target = (outcome.model as? any Predictor)?.problem.target
      let scores = result.test.flatMap { test in target.map { test.text(target: $0, of: "test example") } }
      let files = """
        Took \(Format.duration(result.seconds))
        Report   \(folder.reportPath)
        Model    \(folder.modelPath)
        Result   \(folder.resultPath)
        """
      let trial = result.example.map {
        "Try it:  \(Console.program) predict --model \(folder.path) \(shortPaths($0))"
      }
      return "\n" + [scores, files, trial].compactMap { $0 }.joined(separator: "\n\n")
    }
  }
}
