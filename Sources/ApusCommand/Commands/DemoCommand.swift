import Apus
import ArgumentParser

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Watch a convolutional network learn Fashion-MNIST.",
    discussion: """
      Trains a network of two convolutions on 60,000 pictures of clothes, tests it on 10,000 others, and writes the \
      model and a report. It is the same as

        apus fit --dataset fashion-mnist

      and needs the Debian package dataset-fashion-mnist, which `make setup` installs.
      """)

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let run = TrainingRun(
      folder: try .new(), settings: .usual(for: .dataset("fashion-mnist")), isQuiet: output.json)
    let outcome = try await Interruption.allowed { try await run.perform() }
    Console.result(outcome.result, asJSON: output.json) { outcome.text }
  }
}
