import ApusData
import ApusNN
import ApusTensor
import ApusTrain

extension StyleNetwork {
  /// A learner that teaches the network the style of an image. The targets of its samples are the photos themselves.
  ///
  /// - Parameters:
  ///   - style: The image whose style is learned.
  ///   - size: The size of the photos that it is learned on.
  ///   - styleSize: The shorter side to which the image is brought, which decides how large strokes are in painted
  ///     photos; twice the photos' when nil.
  ///   - architecture: The network that judges.
  ///   - weights: A file of its weights; the known one when nil.
  ///   - settings: What counts as content and style; the usual for that network when nil.
  ///   - optimizer: How gradients become updates.
  ///   - seed: What the first weights and the order of photos depend on.
  /// - Throws: `DataError`, `FileError` or `GraphError` where network, weights and style do not fit.
  /// - Returns: The learner.
  public func learner(
    style: Image, size: ImageSize, styleSize: Int? = nil,
    architecture: VisionArchitecture = .efficientNetLite0, weights: String? = nil,
    settings: StyleSettings? = nil, optimizer: Optimizer = .adam(learningRate: 0.002), seed: UInt64 = 0
  ) throws -> Learner {
    let settings = settings ?? .usualForTraining(architecture)
    let judge = try StyleTransfer(architecture, weights: weights, settings: settings)
    let image = try style.converted(toChannels: 3).resized(
      shorterSide: styleSize ?? 2 * min(size.width, size.height))
    let styleLoss = try judge.loss(for: image.size)
    let loss = try judge.loss(
      for: ImageSize(width: size.width - Self.mostShift, height: size.height - Self.mostShift))
    let styles = try CompiledFunction { styleLoss.features(of: $0[0]).styles }([Tensor(image.batch)])
    let judged = Loss("style", checksShapes: false) { painted, photos in
      loss(
        Self.shifted(painted), contents: loss.features(of: Self.shifted(photos)).contents,
        styles: styles)
    }
    return Learner(self, loss: judged, optimizer: optimizer, seed: seed)
  }

  /// Pixels by which samples are shifted at most before they are judged.
  private static let mostShift = 3

  /// Each sample of a batch `[batch, height, width, 3]` without `mostShift` rows and columns, of which others lie on
  /// each side. The judge looks at every other pixel first: where all samples lie the same to its grid, hatching
  /// that suits the grid lessens the loss, and the network paints it.
  static func shifted(_ images: Tensor) -> Tensor {
    let value = images.value
    guard value.failure == nil, value.rank == 4, value.shape[1] > mostShift, value.shape[2] > mostShift else {
      return images
    }
    let places = [(0, 0), (1, 2), (2, 1), (3, 3)]
    let samples = (0..<value.shape[0]).map { sample in
      let (top, left) = places[sample % places.count]
      return value.slice(axis: 0, sample..<(sample + 1))
        .slice(axis: 1, top..<(value.shape[1] - mostShift + top))
        .slice(axis: 2, left..<(value.shape[2] - mostShift + left))
    }
    return Tensor(.concatenate(samples, axis: 0))
  }

  /// The photos below a folder, whatever they show, somewhat larger than the cut-outs of `augmentations(size:)`.
  /// Damaged ones are left out.
  public static func photos(in folder: String, size: Int) throws -> ImageDataset {
    let files = try ImageFiles(folder: folder)
    let paths = files.names.map(files.path)
    let dataset = try ImageDataset(
      paths: paths, loading: ImageLoading(ImageSize(size + size / 4), fitting: .crop(share: 1)),
      damaged: .skipped)
    guard dataset.count > 0 else {
      throw DataError(
        .empty, "no images that can be read were found in \(folder)",
        advice: "Name a folder of photos, or of folders of photos.")
    }
    return dataset
  }

  /// Cut-outs of the given side anywhere in photos, mirrored or not, whose targets are they themselves.
  public static func augmentations(size: Int) -> [any Augmentation] {
    [
      RandomCrop(height: size, width: size), RandomHorizontalFlip(),
      CustomAugmentation { sample, _ in withItselfAsTarget(sample) },
    ]
  }

  /// Samples whose target is the image itself: for photos that are learned from as they are.
  public static func samples(of photos: some Dataset) -> MappedDataset {
    photos.mapped(classNames: nil, withItselfAsTarget)
  }

  @Sendable private static func withItselfAsTarget(_ sample: Sample) -> Sample {
    var sample = sample
    sample.target = sample.features.first
    return sample
  }
}

extension Image {
  /// The image in its proportions, with a shorter side of so many pixels.
  fileprivate func resized(shorterSide: Int) throws -> Image {
    let scale = Double(shorterSide) / Double(min(width, height))
    return try resized(
      to: ImageSize(
        width: Int((Double(width) * scale).rounded()), height: Int((Double(height) * scale).rounded())),
      interpolation: .bicubic)
  }
}
