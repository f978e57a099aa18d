import Apus
import ArgumentParser

/// Which pretrained network is used.
struct NetworkOptions: ParsableArguments {
  @Option(help: "The network; `apus models` lists them.") var architecture = "EfficientNetLite0"
  @Option(help: "A file of its weights. EfficientNetLite0's are fetched by `make weights`.") var weights:
    String?

  /// The architecture of that name.
  func named() throws -> VisionArchitecture {
    guard let found = VisionArchitecture.named(architecture) else {
      throw Failure(
        .usage,
        "There is no network \"\(architecture)\". There are: "
          + VisionArchitecture.all.map(\.name).joined(separator: ", ") + ".")
    }
    return found
  }
}
