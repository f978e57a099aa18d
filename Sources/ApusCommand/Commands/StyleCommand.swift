import Apus
import ArgumentParser
import Foundation

struct StyleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "style",
    abstract: "Paint a photo in the style of an image.",
    discussion: """
        apus style photo.jpg painting.jpg --output painted.png
        apus style train photos --style painting.jpg --output my-style
        apus style photo.jpg --network my-style --output painted.png

      The first changes pixels until a network that learned from photos sees the content of the one and the style of \
      the other (Gatys et al., 2016), for every photo anew. The second trains a network for one style, which then \
      paints any photo in one pass (Johnson et al., 2016). With weights of VGG19, which you bring, results are best \
      known; EfficientNetLite0's are fetched by scripts/weights.

      `apus help style paint` and `apus help style train` list the options.
      """,
    subcommands: [StylePaintCommand.self, StyleTrainCommand.self],
    defaultSubcommand: StylePaintCommand.self)
}

/// Where content and style are looked for, and how much they count.
struct StyleOptions: ParsableArguments {
  @Option(help: "How much the style counts beside the content.") var styleWeight: Double?
  @Option(help: "How much neighboring pixels are made alike.") var smoothness: Double?
  @Option(help: ArgumentHelp("Layers in which the content is looked for, with commas.", valueName: "names"))
  var contentLayers: String?
  @Option(help: ArgumentHelp("Layers in which the style is looked for, with commas.", valueName: "names"))
  var styleLayers: String?

  func validate() throws {
    guard [styleWeight, smoothness].allSatisfy({ $0.map { $0 >= 0 && $0.isFinite } ?? true }) else {
      throw ValidationError("--style-weight and --smoothness are from 0 up.")
    }
  }

  /// What was asked for, and what is usual for the rest.
  /// - Parameters:
  ///   - architecture: The network.
  ///   - usual: The settings that are known for a network; nil for networks of which none are.
  /// - Throws: `Failure` for networks whose layers are not known.
  /// - Returns: The settings.
  func settings(
    for architecture: VisionArchitecture, usual: (VisionArchitecture) -> StyleSettings?
  ) throws -> StyleSettings {
    func names(_ list: String?) -> [String]? { list?.split(separator: ",").map(String.init) }
    guard
      var settings = usual(architecture)
        ?? names(styleLayers).map({ StyleSettings(contentLayers: [], styleLayers: $0) })
    else {
      throw Failure(
        .usage,
        "In which layers of \(architecture.name) to look for style is not known: name them by --style-layers and "
          + "--content-layers. For VGG16, VGG19 and the EfficientNetLite networks they are.")
    }
    if let layers = names(contentLayers) { settings.contentLayers = layers }
    if let layers = names(styleLayers) { settings.styleLayers = layers }
    if let styleWeight { settings.styleWeight = styleWeight }
    if let smoothness { settings.smoothness = smoothness }
    return settings
  }
}

struct StylePaintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paint",
    abstract: "Paint a photo in the style of an image, or by a network that learned one.",
    discussion: """
        apus style photo.jpg painting.jpg --output painted.png
        apus style photo.jpg --network my-style --output painted.png
      """)

  @Argument(help: "The photo.") var content: String
  @Argument(help: "The image in whose style it is painted; not with --network.") var style: String?
  @Option(
    name: .customLong("network"),
    help: ArgumentHelp("A network that `apus style train` trained.", valueName: "folder or file"))
  var painter: String?
  @Option(
    name: .customLong("output"), help: ArgumentHelp("Where the result is written, as PNG.", valueName: "file")
  )
  var outputFile: String
  @Option(help: "The longer side of the result in pixels (default: 384; the photo's own with --network).")
  var size: Int?
  @Option(help: "Steps at each size.") var iterations = 100
  @Option(help: "Sizes at which is painted in turn, each twice the one before.") var scales = 2
  @OptionGroup var options: StyleOptions
  @OptionGroup var network: NetworkOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard size.map({ (32...1 << 14).contains($0) }) ?? true, iterations > 0, (1...8).contains(scales) else {
      throw ValidationError("--size is from 32, --iterations from 1, --scales from 1 to 8.")
    }
    guard (style == nil) != (painter == nil) else {
      throw ValidationError(
        "Name an image with the style, or a trained network by --network: one of the two.")
    }
  }

  func run() throws {
    // Better to learn now than after minutes of painting that nothing can be written there.
    let folder = URL(fileURLWithPath: outputFile).deletingLastPathComponent().path
    guard FileManager.default.isWritableFile(atPath: folder) else {
      throw FileError(
        path: folder, reason: .unwritable, problem: "it is no folder that can be written to",
        advice: "Make it, or choose another place with --output.")
    }
    if let painter { return try paint(by: StyleNetwork.load(from: StyleFolder.network(at: painter))) }
    guard let style else { return }
    let architecture = try network.named()
    let settings = try options.settings(for: architecture, usual: StyleSettings.usual)
    let transfer = try StyleTransfer(architecture, weights: network.weights, settings: settings)
    var losses: [Double] = []
    let painted = try transfer.image(
      of: Image(contentsOf: content, channels: 3), inTheStyleOf: Image(contentsOf: style, channels: 3),
      longestSide: size ?? 384, iterations: iterations, scales: scales
    ) { scale, iteration, loss in
      losses.append(loss)
      if !output.json, iteration % 10 == 0 {
        Console.remark("size \(scale + 1) of \(scales), step \(iteration): loss \(Format.number(loss))")
      }
    }
    try finish(
      painted,
      [
        JSON.Member("steps", .integer(losses.count)),
        JSON.Member("loss", losses.last.map { .number($0) } ?? .null),
      ])
  }

  private func paint(by network: StyleNetwork) throws {
    let photo = try Image(contentsOf: content, channels: 3)
    let start = ContinuousClock.now
    let painted = try network.image(of: photo, longestSide: size)
    try finish(painted, [JSON.Member("seconds", .number((ContinuousClock.now - start) / .seconds(1)))])
  }

  private func finish(_ painted: Image, _ members: [JSON.Member]) throws {
    try painted.writePNG(to: outputFile)
    Console.result(
      .object(
        [
          JSON.Member("output", .string(outputFile)), JSON.Member("width", .integer(painted.width)),
          JSON.Member("height", .integer(painted.height)),
        ] + members), asJSON: output.json
    ) { "\(outputFile): \(painted.size) pixels" }
  }
}
