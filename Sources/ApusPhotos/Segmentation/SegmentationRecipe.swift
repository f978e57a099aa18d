import ApusData
import ApusVision

/// How photos with masks are learned: which network, of which size, for how long.
public struct SegmentationRecipe: Sendable, Codable, Equatable {
  /// The network that sees the picture, or a U-Net that does all.
  public var architecture: String
  /// The size of the pictures that it sees; photos of other proportions are stretched.
  public var size: ImageSize
  /// Where its weights begin.
  public var start: PhotoRecipe.Start
  /// Whether what the network knew before changes too.
  public var trainsEncoder: Bool
  /// Whether a photo and its mirror image mean the same.
  public var mirrors: Bool
  /// How often all photos are seen at most.
  public var epochs: Int
  /// Photos in each step.
  public var batchSize: Int
  /// Epochs without a better validation loss after which it ends.
  public var patience: Int

  /// The recipe for a folder.
  ///
  /// - Parameters:
  ///   - side: The median of the photos' shorter sides.
  ///   - count: Number of photos to learn from.
  ///   - wishes: What somebody asked for.
  ///   - hasWeights: Whether the file of an architecture's weights is there.
  /// - Throws: `DataError` for wishes that cannot be met.
  public init(
    side: Int, count: Int, wishes: PhotoRecipe.Wishes = PhotoRecipe.Wishes(),
    hasWeights: (VisionArchitecture) -> Bool = { $0.pretrained?.find() != nil }
  ) throws {
    if let side = wishes.side, !(32...1024).contains(side) || side % 32 != 0 {
      throw DataError(
        .setting,
        "a picture's side of 32 to 1024 pixels, a multiple of 32, was expected for masks, \(side) came")
    }
    if let epochs = wishes.epochs, !(1...10_000).contains(epochs) {
      throw DataError(.setting, "1 to 10,000 epochs were expected, \(epochs) came")
    }
    let network: VisionArchitecture
    if let name = wishes.architecture {
      network = try PhotoSegmenter.architecture(name)
    } else {
      network = !wishes.fromScratch && hasWeights(.efficientNetLite0) ? .efficientNetLite0 : .uNet(width: 16)
    }
    architecture = network.name
    start = !wishes.fromScratch && hasWeights(network) ? .imageNet : .random
    // The picture is halved five times.
    size = ImageSize(wishes.side ?? min(192, max(64, side / 32 * 32)))
    trainsEncoder = start == .random || wishes.fineTunes == true
    mirrors = wishes.mirrors
    // As many steps as a network needs, whatever the number of photos.
    epochs = wishes.epochs ?? min(40, max(8, (start == .random ? 16_000 : 10_000) / max(1, count)))
    batchSize = count < 200 ? 8 : 16
    patience = max(3, epochs / 3)
  }

  /// A sentence or two for a person.
  public var summary: String {
    let known =
      start == .imageNet ? "over \(architecture), which knows ImageNet" : "\(architecture) from scratch"
    return (start == .imageNet ? "A U-Net \(known)" : known)
      + ", on pictures of \(size) pixels: up to \(epochs) epochs"
      + (start == .imageNet && trainsEncoder ? " of all layers" : "")
  }
}
