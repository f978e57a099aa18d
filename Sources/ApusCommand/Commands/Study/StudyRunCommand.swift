import Apus
import ApusReport
import ArgumentParser
import Foundation

struct StudyRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a program in trials until there are so many.")

  @Argument(help: "The journal; it is made where it is missing.") var journal: String
  @Option(help: ArgumentHelp("Trials in the end, those that there are included.", valueName: "count"))
  var trials = 50
  @Option(help: ArgumentHelp("Programs that run at the same time.", valueName: "count")) var jobs = 1
  @Option(help: ArgumentHelp("A number to search; :log for equal ratios.", valueName: "name=from..to"))
  var float: [String] = []
  @Option(help: ArgumentHelp("A whole number to search.", valueName: "name=from..to")) var int: [String] = []
  @Option(help: ArgumentHelp("Choices to search.", valueName: "name=a,b,c")) var choice: [String] = []
  @Flag(help: "More is better.") var maximize = false
  @Flag(help: "Let every trial run to its end.") var noPruning = false
  @Option(help: ArgumentHelp("What suggestions depend on. (default: 0)", valueName: "number")) var seed:
    UInt64 = 0
  @OptionGroup var output: OutputOptions
  @Argument(parsing: .postTerminator, help: "The program and its arguments, behind --.") var command:
    [String] = []

  func validate() throws {
    guard trials >= 1, jobs >= 1 else { throw ValidationError("--trials and --jobs are at least 1.") }
  }

  func run() async throws {
    let parameters = try [("float", float), ("int", int), ("choice", choice)].flatMap { kind, texts in
      try texts.map { try ParameterSpace.parsed($0, kind: kind) }
    }
    let objective = try ProgramObjective(command, parameters: parameters)
    let study = try Study(
      StudyFile.name, storage: .journal(journal), sampler: .tpe(seed: seed),
      pruner: noPruning ? .none : .median(), direction: maximize ? .maximize : .minimize)
    for note in study.notes { Console.remark("note: \(note)") }
    let isQuiet = output.json
    do {
      try await Interruption.allowed {
        try await study.run(upTo: trials, workers: jobs) { trial in
          defer {
            if !isQuiet { Console.remark("trial \(trial.number + 1): \(StudyFile.settings(trial.record))") }
          }
          return try await objective.value(trial)
        }
      }
    } catch is CancellationError {
      throw Failure(.interrupted, "Stopped. The same command goes on.")
    }
    try StudyFile.showBest(study, asJSON: output.json)
  }
}

struct StudyBestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "best", abstract: "Show the best trial of a journal.")

  @Argument(help: "The journal.") var journal: String
  @Flag(help: "More is better.") var maximize = false
  @OptionGroup var output: OutputOptions

  func run() throws {
    try StudyFile.showBest(StudyFile.open(journal, maximize: maximize), asJSON: output.json)
  }
}

struct StudyTrialsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trials", abstract: "List the trials of a journal.")

  @Argument(help: "The journal.") var journal: String
  @Flag(help: "More is better.") var maximize = false
  @OptionGroup var output: OutputOptions

  func run() throws {
    let trials = try StudyFile.open(journal, maximize: maximize).trials()
    Console.result(.object([.init("trials", .array(trials.map(\.json)))]), asJSON: output.json) {
      Format.table(
        [["trial", "state", "value", "parameters"]]
          + trials.map { trial in
            [
              "\(trial.number + 1)", trial.state.rawValue,
              trial.value.map { Format.number($0) } ?? Format.unknown,
              StudyFile.settings(trial) + (trial.problem.map { " (\($0))" } ?? ""),
            ]
          }, leading: [1, 3])
    }
  }
}

/// The journal of a study as the command uses it.
enum StudyFile {
  /// The study's name in the journal, on which suggestions depend.
  static let name = "apus study"

  static func open(_ path: String, maximize: Bool) throws -> Study {
    guard FileManager.default.fileExists(atPath: path) else {
      throw FileError(
        path: path, reason: .missing, problem: "there is no such file", advice: "Check the path.")
    }
    return try Study(
      name, storage: .journal(path), sampler: .random(seed: 0), direction: maximize ? .maximize : .minimize)
  }

  /// The parameters in one line.
  static func settings(_ trial: TrialRecord) -> String {
    trial.parameters.sorted { $0.key < $1.key }.map { name, value in
      if case .float(let number) = value { return "\(name)=\(Format.number(number))" }
      return "\(name)=\(value)"
    }.joined(separator: " ")
  }

  static func showBest(_ study: Study, asJSON: Bool) throws {
    let trials = try study.trials()
    guard let best = try study.best() else {
      let problem = trials.compactMap(\.problem).first
      throw Failure(.data, "No trial has a value" + (problem.map { ": \($0)." } ?? "."))
    }
    Console.result(best.json, asJSON: asJSON) {
      "Best of \(Format.count(trials.count, "trial")): \(Format.number(best.value ?? .nan, digits: 6)) in trial "
        + "\(best.number + 1) with\n"
        + best.parameters.sorted { $0.key < $1.key }.map { "  \($0.key) = \($0.value)" }.joined(
          separator: "\n")
    }
  }
}
