import Apus
import Foundation

extension Work {
  /// Learning small images from nothing, and photos on their way to a network.
  static let images: [Work] = [cifarTraining, photosLoader]

  private static let cifarTraining = trainingStep(
    "cifar-train", "ResNet-9, 32x32, batch 250, SGD with Nesterov's momentum 0.9: a training step",
    cost: Cost(operations: 250 * (3 * resNet9 - resNet9Stem)), loss: .crossEntropy,
    inputs: { (try normal([250, 32, 32, 3]), labels(250, classes: 10)) },
    optimizer: { .sgd(learningRate: $0 == .checking ? 1e-5 : 0.1, momentum: 0.9, nesterov: true) }
  ) { _ in try VisionModel(.resNet9) }

  /// Floating-point operations of the first convolution, whose input needs no gradient, and of all.
  private static let resNet9Stem = 2.0 * 32 * 32 * 9 * 3 * 24
  private static let resNet9 =
    resNet9Stem + 2 * 9 * (32 * 32 * 24 * 48 + 16 * 16 * (2 * 48 * 48 + 48 * 96) + 8 * 8 * 96 * 192)
    + 2.0 * 9 * 4 * 4 * 2 * 192 * 192

  /// The photos of `APUS_BENCH_PHOTOS`, a folder of a folder for each class.
  private static let photosLoader = Work(
    name: "photos-loader",
    summary: "JPEG photos, random crops of 224x224, mirrored and normalised, 320 in batches of 32",
    cost: Cost()
  ) { purpose in
    guard let folder = ProcessInfo.processInfo.environment["APUS_BENCH_PHOTOS"] else {
      throw DataError(
        .setting, "no photos",
        advice: "Set APUS_BENCH_PHOTOS to a folder with a folder of photos for each class.")
    }
    let isTimed = purpose == .timing
    let statistics = try ChannelStatistics(means: [0.485, 0.456, 0.406], stds: [0.229, 0.224, 0.225])
    let photos = try ImageDataset(folder: folder, loading: ImageLoading(ImageSize(224), fitting: .stretch))
    let loader = try DataLoader(
      photos.normalized(by: statistics), batchSize: 32, shuffled: isTimed, seed: inputSeed,
      dropRemainder: true,
      augmentations: isTimed ? [RandomResizedCrop(ImageSize(224)), RandomHorizontalFlip()] : [], workers: 2)
    return try Prepared(batches: 10, of: loader)
  }
}
