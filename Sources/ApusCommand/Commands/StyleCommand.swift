import Apus
import ArgumentParser
import Foundation

struct StyleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "style",
    abstract: "Paint a photo in the style of a picture.",
    discussion: """
        apus style photo.jpg painting.jpg --output painted.png
        apus style photo.jpg painting.jpg --output painted.png --architecture VGG19 --weights vgg19.h5

      The pixels are changed until a network that learned from photos sees the content of the one and the style of the \
      other (Gatys et al., 2016). With weights of VGG19, which you bring, results are best known; EfficientNetLite0's \
      are fetched by scripts/weights.
      """)

  @Argument(help: "The photo.") var content: String
  @Argument(help: "The picture in whose style it is painted.") var style: String
  @Option(
    name: .customLong("output"), help: ArgumentHelp("Where the result is written, as PNG.", valueName: "file")
  )
  var outputFile: String
  @Option(help: "The longer side of the result in pixels.") var size = 384
  @Option(help: "Steps at each size.") var iterations = 100
  @Option(help: "Sizes at which is painted in turn, each twice the one before.") var scales = 2
  @Option(help: "How much the style counts beside the content.") var styleWeight: Double?
  @Option(help: "How much neighbouring pixels are made alike.") var smoothness: Double?
  @Option(help: ArgumentHelp("Layers in which the content is looked for, with commas.", valueName: "names"))
  var contentLayers: String?
  @Option(help: ArgumentHelp("Layers in which the style is looked for, with commas.", valueName: "names"))
  var styleLayers: String?
  @OptionGroup var network: NetworkOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard size >= 32, size <= 1 << 14, iterations > 0, (1...8).contains(scales) else {
      throw ValidationError("--size is from 32, --iterations from 1, --scales from 1 to 8.")
    }
    guard [styleWeight, smoothness].allSatisfy({ $0.map { $0 >= 0 && $0.isFinite } ?? true }) else {
      throw ValidationError("--style-weight and --smoothness are from 0 up.")
    }
  }

  func run() throws {
    let architecture = try network.named()
    func names(_ list: String?) -> [String]? { list?.split(separator: ",").map(String.init) }
    guard
      var settings = StyleSettings.usual(for: architecture)
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
    // Better to learn now than after minutes of painting that nothing can be written there.
    let folder = URL(fileURLWithPath: outputFile).deletingLastPathComponent().path
    guard FileManager.default.isWritableFile(atPath: folder) else {
      throw FileError(
        path: folder, reason: .unwritable, problem: "it is no folder that can be written to",
        advice: "Make it, or choose another place with --output.")
    }
    let transfer = try StyleTransfer(architecture, weights: network.weights, settings: settings)
    var losses: [Double] = []
    let painted = try transfer.picture(
      of: Image(contentsOf: content, channels: 3), inTheStyleOf: Image(contentsOf: style, channels: 3),
      longestSide: size, iterations: iterations, scales: scales
    ) { scale, iteration, loss in
      losses.append(loss)
      if !output.json, iteration % 10 == 0 {
        Console.remark("size \(scale + 1) of \(scales), step \(iteration): loss \(Format.number(loss))")
      }
    }
    try painted.writePNG(to: outputFile)
    Console.result(
      .object([
        JSON.Member("output", .string(outputFile)), JSON.Member("width", .integer(painted.width)),
        JSON.Member("height", .integer(painted.height)), JSON.Member("steps", .integer(losses.count)),
        JSON.Member("loss", losses.last.map { .number($0) } ?? .null),
      ]), asJSON: output.json
    ) { "\(outputFile): \(painted.size) pixels" }
  }
}
