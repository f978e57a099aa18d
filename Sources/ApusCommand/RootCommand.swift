import Apus
import ArgumentParser
import Foundation

/// The `apus` command.
@main
struct RootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus",
    abstract: "Train neural networks, look at them, and use them.",
    discussion: """
      A first look, with the images of Fashion-MNIST:

        apus demo                                   learn, test, write a report
        apus predict --model runs/latest coat.png   ask the model about an image

      Your own photos, in a folder for each class:

        apus fit photos --output my-model           learn to tell the classes apart
        apus predict --model my-model dog.jpg       ask about another photo

      Other data of your own is a CSV file with a line of column names:

        apus fit --data homes.csv --target price    predict one column from others
        apus predict --model runs/latest new.csv    predict it for other rows

      What training makes is in a folder of its own, runs/TIME: the model (model.safetensors), a page to read \
      (report.html) and the numbers (result.json). runs/latest is the newest. Wherever a model is asked for, such a \
      folder will do.

      Every command takes --json, which puts one JSON document on standard output; if something is wrong, it is \
      {"error": {"kind": …, "code": …, "message": …}}.

      Exit status:
      \(ExitStatus.allCases.map { "  \($0.rawValue)\($0.rawValue < 10 ? "  " : $0.rawValue < 100 ? " " : "")  \($0.meaning)" }.joined(separator: "\n"))
      """,
    version: Environment.version,
    subcommands: [
      DemoCommand.self, FitCommand.self, EvaluateCommand.self, CompareCommand.self, PredictCommand.self,
      ExplainCommand.self,
      SummaryCommand.self, ProfileCommand.self, DatasetsCommand.self, ModelsCommand.self,
      CheckImagesCommand.self, InspectCommand.self, ClusterCommand.self, StudyCommand.self,
      SimilarCommand.self, StyleCommand.self,
    ])

  static func main() async {
    let asJSON = CommandLine.arguments.contains("--json")
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      end(error, asJSON: asJSON)
    }
  }

  /// Says what is wrong, once and without a trace of the program's own workings, and ends.
  private static func end(_ error: any Error, asJSON: Bool) -> Never {
    // The command has said what it found.
    if let status = error as? ExitCode { Foundation.exit(status.rawValue) }
    let parserStatus = exitCode(for: error)
    // What the parser throws for --help and --version is no failure.
    if parserStatus == .success { exit(withError: error) }
    let failure =
      parserStatus == .validationFailure
      ? Failure(.usage, asJSON ? message(for: error) : fullMessage(for: error)) : Failure(error)
    if asJSON {
      Console.say(failure.json.text(indented: true))
    } else {
      Console.remark(
        failure.status == .usage && parserStatus == .validationFailure
          ? failure.message : "apus: \(failure.message)")
    }
    Foundation.exit(failure.status.rawValue)
  }
}
