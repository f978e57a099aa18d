import Apus
import ArgumentParser

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Watch a convolutional network learn Fashion-MNIST.",
    discussion: """
      Trains a network of two convolutions on 60,000 images of clothes, measures it on 10,000 others, and writes the \
      model and a report. It is the same as

        apus fit --dataset fashion-mnist

      and needs the Debian package dataset-fashion-mnist, which `make setup` installs.
      """)

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let run = try Run(
      DataRequest(options: Options(["dataset": "fashion-mnist"])),
      reporter: output.json ? .silent : .standard,
      registry: .standard)
    let outcome = try await Interruption.allowed { try await run.perform() }
    try FitCommand.show(outcome, run.folder, asJSON: output.json)
  }
}
