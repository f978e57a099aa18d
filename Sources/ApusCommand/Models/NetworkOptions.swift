import Apus
import ArgumentParser

/// Which network looks at photos.
struct NetworkOptions: ParsableArguments {
  @Option(help: "The network; `apus models` lists them.") var architecture = "EfficientNetLite0"
  @Option(help: "A file of its weights. EfficientNetLite0's are fetched by scripts/weights.") var weights:
    String?

  /// The architecture of that name.
  func named() throws -> VisionArchitecture {
    guard let found = VisionArchitecture.named(architecture) else {
      throw Failure(
        .usage,
        "No network is called \"\(architecture)\". There are: "
          + VisionArchitecture.all.map(\.name).joined(separator: ", ") + ".")
    }
    return found
  }
}
