import Apus
import ApusRuntime
import ArgumentParser
import Foundation

struct ProfileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Show where a model's time goes, kernel by kernel.",
    discussion: """
        apus profile runs/latest                    predictions of a trained model
        apus profile runs/latest --train            steps of training
        apus profile --architecture convolutional --train --trace trace.json
        apus profile trace.json --by layer          a trace that was written before

      The data is made up: only its shapes matter here. A trace can be looked at in Perfetto (ui.perfetto.dev) or \
      chrome://tracing; every program that uses Apus writes one with APUS_PROFILE=trace.json in its environment.

      "of roofline" says how near a kernel comes to what this machine can do at best with so many operations and so \
      many bytes from memory, both measured before. It can exceed 100 % where bytes come from a cache.
      """)

  @Argument(help: "A model.safetensors, the folder of a run, or a trace (a .json file).") var subject: String?
  @Option(
    help: ArgumentHelp(
      "An untrained network instead: convolutional or perceptron, for images of 28 by 28 in 10 classes.",
      valueName: "kind")) var architecture: String?
  @Option(help: ArgumentHelp("Units of each hidden layer of --architecture.", valueName: "units"))
  var hidden: String?
  @Flag(help: "Profile training instead of predictions.") var train = false
  @Option(help: ArgumentHelp("Samples in each step. (default: 128)", valueName: "count")) var batchSize: Int?
  @Option(help: ArgumentHelp("Steps to run. (default: 10)", valueName: "count")) var steps: Int?
  @Option(help: ArgumentHelp("Also write a trace.", valueName: "file")) var trace: String?
  @Option(help: ArgumentHelp("Rows to show.", valueName: "count")) var top = 20
  @Option(help: ArgumentHelp("What a row is: step, kernel or layer.", valueName: "what")) var by = "step"
  @OptionGroup var output: OutputOptions

  func run() async throws {
    guard let grouping = ProfileTable.Grouping(rawValue: by) else {
      throw Failure(.usage, "--by is step, kernel or layer, \"\(by)\" came.")
    }
    guard top >= 1 else { throw Failure(.usage, "--top is at least 1, \(top) came.") }
    if let subject, subject.hasSuffix(".json") {
      guard architecture == nil, !train, batchSize == nil, steps == nil, trace == nil, hidden == nil else {
        throw Failure(.usage, "\(subject) was recorded before: only --top, --by and --json go with a trace.")
      }
      return show(try TraceFile.read(subject), grouping, heading: subject, [])
    }
    let work = try work()
    let profile = try await train ? work.training() : work.inference()
    if let trace { try AtomicFile.write(profile.chromeTrace, to: trace) }
    let first = profile.events.first?.start ?? 0
    let last = profile.events.last.map { $0.start + $0.duration } ?? 0
    let each = Double(last - first) / 1e9 / Double(work.stepCount)
    let heading =
      "\(work.model.blueprint.summary): \(work.stepCount) \(train ? "training steps" : "predictions") of "
      + "\(work.batchSize) samples, \(ProfileTable.time(each)) each, "
      + "\(Format.grouped(Int((Double(work.batchSize) / each).rounded()))) samples/s"
    show(
      profile, grouping, heading: heading,
      [
        JSON.Member("mode", .string(train ? "train" : "predict")),
        JSON.Member("steps", .integer(work.stepCount)), JSON.Member("batch_size", .integer(work.batchSize)),
        JSON.Member("seconds_per_step", .number(each)),
      ])
  }

  private func show(
    _ profile: Profile, _ grouping: ProfileTable.Grouping, heading: String, _ facts: [JSON.Member]
  ) {
    let table = ProfileTable(profile, by: grouping, limit: top)
    Console.result(.object(facts + (table.json.members ?? [])), asJSON: output.json) {
      heading + "\n\n" + table.text
    }
  }

  /// What the options ask for.
  private func work() throws -> ProfiledWork {
    let batchSize = self.batchSize ?? 128, stepCount = steps ?? 10
    guard (1...65_536).contains(batchSize) else {
      throw Failure(.usage, "--batch-size is a number from 1 to 65536, \(batchSize) came.")
    }
    guard (1...10_000).contains(stepCount) else {
      throw Failure(.usage, "--steps is a number from 1 to 10000, \(stepCount) came.")
    }
    let model: NetworkModel
    switch (subject, architecture) {
    case (.some, .some): throw Failure(.usage, "Give a model or --architecture, not both.")
    case (nil, nil):
      throw Failure(
        .usage,
        "Nothing to profile: name a model, a trace, or a network by --architecture. `apus help profile` has "
          + "examples.")
    case (let path?, nil):
      guard hidden == nil else { throw Failure(.usage, "--hidden goes with --architecture.") }
      guard let found = try Registry.standard.open(path) as? NetworkModel else {
        throw Failure(.usage, "\(path) is no network: there are no kernels to profile.")
      }
      model = found
    case (nil, let name?):
      model = try Self.untrained(name, hidden: Options(hidden.map { ["hidden": $0] } ?? [:]).units("hidden"))
    }
    return ProfiledWork(
      model: model, learner: try model.learner(seed: 0), batchSize: batchSize, stepCount: stepCount)
  }

  /// An untrained network for images of 28 by 28 in 10 classes.
  private static func untrained(_ name: String, hidden: [Int]?) throws -> NetworkModel {
    let network: SmallNetwork
    switch name {
    case "convolutional": network = SmallNetwork(filters: [32, 64], hidden: hidden ?? [128], dropout: 0.2)
    case "perceptron": network = SmallNetwork(hidden: hidden ?? [50, 50, 50, 50, 50])
    default: throw Failure(.usage, "--architecture is convolutional or perceptron, \"\(name)\" came.")
    }
    let problem = Problem(
      input: try ImageInput(size: ImageSize(28), channels: 1),
      target: try Classification((0..<10).map { "class \($0)" }))
    return try NetworkModel(network, for: problem, seed: 0)
  }
}
