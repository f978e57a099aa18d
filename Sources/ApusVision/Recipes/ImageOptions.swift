import ApusData
import ApusTasks

/// What a person may ask of recipes for images.
struct ImageOptions {
  static let all: [OptionDescription] = [
    architecture, fromScratch, side, epochs, fineTune, flip, balance,
  ]
  static let architecture = OptionDescription(
    "architecture", "name", "Images: the network; `apus models` lists them.")
  static let fromScratch = OptionDescription(flag: "from-scratch", "Images: use no pretrained weights.")
  static let side = OptionDescription(
    "side", "pixels", "Images: the side of the network's input.", values: .whole(16...1024))
  static let epochs = OptionDescription(
    "epochs", "count", "Passes over the training set at most.", values: .whole(1...100_000))
  static let fineTune = OptionDescription(
    flag: "fine-tune", isInvertible: true,
    "Images: whether all layers are fine-tuned after the head. (default: where the head alone is not good)")
  static let flip = OptionDescription(
    flag: "flip", isInvertible: true,
    "Images: whether an image and its horizontal flip mean the same; --no-flip for letters and arrows. (default: they do)"
  )
  static let balance = OptionDescription(
    "balance", "method",
    "Images: what is done about classes of unequal size: weights (rarer ones weigh more in the loss), sampling (they are "
      + "drawn more often) or none. (default: weights)")

  let architecture: VisionArchitecture?
  let fromScratch: Bool
  let side: Int?
  let epochs: Int?
  let fineTunes: Bool?
  let flips: Bool
  let balance: ClassBalance

  init(_ options: Options) throws {
    architecture = try options.text("architecture").map(VisionArchitecture.required)
    fromScratch = options.flag("from-scratch") ?? false
    side = try options.integer("side", in: 16...1024)
    epochs = try options.integer("epochs", in: 1...100_000)
    fineTunes = options.flag("fine-tune")
    flips = options.flag("flip") ?? true
    balance = try options.choice("balance", of: ClassBalance.self) ?? .weights
  }
}

/// What recipes need to know of images before they are decoded.
struct ImageProfile {
  /// Half of the images have a shorter side of at least this.
  let medianShorterSide: Int

  /// Images with a shorter side below this have too few pixels for networks of photos.
  static let smallSide = 64
  private static let sampleLimit = 1000

  /// Looks at the headers of up to 1,000 files, or at the first sample of a dataset.
  init(_ data: TaskData) throws {
    switch try data.examples.input().values {
    case .files(let paths):
      let step = max(1, paths.count / Self.sampleLimit)
      let sides = stride(from: 0, to: paths.count, by: step).compactMap { place -> Int? in
        (try? EncodedImage(contentsOf: paths[place]).size()).map { min($0.width, $0.height) }
      }.sorted()
      medianShorterSide = sides.isEmpty ? 0 : sides[sides.count / 2]
    case .samples(let dataset):
      let shape = try dataset[0].features[0].shape
      medianShorterSide = min(shape[0], shape[1])
    default: medianShorterSide = 0
    }
  }
}
