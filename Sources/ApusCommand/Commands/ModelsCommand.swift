import Apus
import ArgumentParser

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List the networks for images: parameters, depth, size and input.",
    discussion: """
      Depth is counted in two ways: the layers that hold parameters, and the layers on the longest way from the input to \
      the result, input and result counted. The size is that of the weights as 32-bit numbers, in MB of 2^20 bytes.

        apus models resnet       those whose names have these letters
        apus models --json       all, with more about each
      """)

  @Argument(help: "Letters of the names to list; all when none are given.")
  var filter: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    let wanted = filter.map { $0.lowercased() } ?? ""
    let found = VisionArchitecture.all.filter { $0.name.lowercased().contains(wanted) || wanted.isEmpty }
    guard !found.isEmpty else {
      throw Failure(
        .usage,
        "No network's name has the letters \"\(wanted)\". There are: "
          + VisionArchitecture.all.map(\.name).joined(separator: ", ") + ".")
    }
    let rows = try found.map(Row.init)
    Console.result(.object([JSON.Member("models", .array(rows.map(\.json)))]), asJSON: output.json) {
      Format.table(
        [["name", "parameters", "trainable", "layers", "path", "MB", "input"]]
          + rows.map { row in
            [
              row.architecture.name, Format.grouped(row.parameters), Format.grouped(row.trainable),
              String(row.weightedLayers), String(row.path), String(row.megabytes),
              row.architecture.inputShape.dimensions.map(String.init).joined(separator: "×"),
            ]
          })
    }
  }

  /// What is said of one network.
  private struct Row {
    let architecture: VisionArchitecture
    let parameters: Int
    let trainable: Int
    let weightedLayers: Int
    let path: Int
    var megabytes: Int { Int((Double(parameters) * 4 / 1_048_576).rounded()) }

    init(_ architecture: VisionArchitecture) throws {
      let model = try VisionModel(architecture)
      self.architecture = architecture
      parameters = try model.parameterCount()
      trainable = try model.trainableParameterCount()
      weightedLayers = try model.network.weightedLayerCount()
      path = model.network.pathLength
    }

    var json: JSON {
      let preprocessing = architecture.preprocessing
      func numbers(_ values: [Float]) -> JSON { .array(values.map { .number(Double($0)) }) }
      return .object([
        JSON.Member("name", .string(architecture.name)),
        JSON.Member("source", .string(architecture.source)),
        JSON.Member("parameters", .integer(parameters)),
        JSON.Member("trainable", .integer(trainable)),
        JSON.Member(
          "depth",
          .object([
            JSON.Member("layers_with_parameters", .integer(weightedLayers)),
            JSON.Member("longest_path", .integer(path)),
          ])),
        JSON.Member("size_mb", .integer(megabytes)),
        JSON.Member(
          "published_file_mb", architecture.publishedMegabytes.map { .integer($0) } ?? .null),
        JSON.Member("input", .array(architecture.inputShape.dimensions.map { .integer($0) })),
        JSON.Member("classes", .integer(architecture.classes)),
        JSON.Member(
          "preprocessing",
          .object([
            JSON.Member("mean", numbers(preprocessing.mean)),
            JSON.Member("deviation", numbers(preprocessing.std)),
            JSON.Member("blue_first", .bool(preprocessing.isBlueFirst)),
          ])),
      ])
    }
  }
}
