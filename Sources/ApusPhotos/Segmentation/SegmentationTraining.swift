import ApusData
import ApusNN
import ApusTrain
import ApusVision
import Foundation

/// The training of a network for masks of photos, from the first look to the last measurement.
///
/// ```swift
/// let photos = try MaskedPhotos(folder: "photos", masks: "masks")
/// let recipe = try SegmentationRecipe(side: photos.medianShorterSide, count: photos.training.count)
/// let result = try await SegmentationTraining(photos, recipe: recipe, output: "my-model").run()
/// print(result.test.total.meanIntersectionOverUnion)
/// ```
///
/// The best network so far is in the output folder whenever there is one, however training is cut off.
public struct SegmentationTraining: Sendable {
  /// The photos and masks.
  public let photos: MaskedPhotos
  /// How they are learned.
  public let recipe: SegmentationRecipe
  /// What all randomness depends on.
  public let seed: UInt64
  /// Where the network is written.
  public let output: String
  /// Whether training goes on where a checkpoint in the output folder is.
  public let resumes: Bool
  /// Who is told.
  public let reporter: PhotoReporter

  /// Pictures of up to so many bytes are decoded once and kept.
  private static let memoryLimit = 1 << 30

  /// A training that is still to be run.
  public init(
    _ photos: MaskedPhotos, recipe: SegmentationRecipe, seed: UInt64 = 0, output: String,
    resumes: Bool = false,
    reporter: PhotoReporter = .silent
  ) {
    (self.photos, self.recipe, self.seed, self.output) = (photos, recipe, seed, output)
    (self.resumes, self.reporter) = (resumes, reporter)
  }

  /// Where checkpoints are written.
  public var checkpointPath: String { output + "/checkpoint" }

  /// Trains, tests and saves.
  /// - Throws: `DataError`, `FileError`, `GraphError`, `TrainingError` for photos, masks and settings that do not serve;
  ///   `CancellationError` in a cancelled task, with the best network so far in the output folder.
  public func run() async throws -> SegmentationResult {
    let clock = ContinuousClock()
    let start = clock.now
    let split = photos.split(seed: seed)
    var segmenter = try PhotoSegmenter(
      PhotoSegmenter.architecture(recipe.architecture), classes: photos.classes, size: recipe.size,
      start: recipe.start,
      origin: PhotoOrigin(
        folder: photos.folder, trainingCount: split.training.count, validationCount: split.validation.count,
        firstWeights: recipe.start == .imageNet ? "ImageNet" : nil))
    let (training, validation) = (try samples(split.training), try samples(split.validation))
    let checkpoints = CheckpointFolder(checkpointPath, resumes: resumes)
    let saved = try savedSegmenter(like: segmenter, validation)
    try freezeEncoder(of: segmenter.model)

    reporter.say("Looking for a learning rate …")
    let rates = try learner(segmenter, .adam()).findLearningRate(
      training, from: 1e-5, to: 0.1, steps: 40, batchSize: recipe.batchSize)
    let rate = min(max(rates.suggestion ?? 2e-3, 5e-4), 5e-3)
    reporter.say(
      "It learns for up to \(recipe.epochs) epochs, with a learning rate of at most \(String(format: "%.2g.", rate))"
    )
    let steps = recipe.epochs * DataLoader.batchCount(samples: training.count, batchSize: recipe.batchSize)
    let kept = segmenter
    let history = try await learner(segmenter, .adam(schedule: .oneCycle(peak: rate, steps: max(1, steps))))
      .fit(
        training, validation: validation, epochs: recipe.epochs, batchSize: recipe.batchSize,
        callbacks: [
          EarlyStopping(patience: recipe.patience),
          BestModel(toBeat: saved?.loss) { try kept.save(to: output) },
        ],
        options: FitOptions(
          augmentations: augmentations(), checkpointing: checkpoints.checkpointing,
          resume: resumes ? .automatic : .never, progress: reporter.epochs))
    try segmenter.model.unfreeze()
    let trained = clock.now
    if let saved, try loss(segmenter, validation) > saved.loss {
      try segmenter.model.load(named: saved.segmenter.model.namedLiterals())
      reporter.say("Going on made it no better: what it knew before the interruption stays.")
    }
    let test = try SegmentationScores(segmenter, on: split.test) {
      reporter.count("photos to test with", $0, split.test.count)
    }
    segmenter.origin.date = Date().formatted(.iso8601)
    try segmenter.save(to: output)
    checkpoints.remove()
    return SegmentationResult(
      segmenter: segmenter, photos: photos, training: split.training, validationCount: split.validation.count,
      recipe: recipe, seed: seed,
      phase: PhotoResult.Phase(
        name: "network", history: history, rates: rates, learningRate: rate,
        seconds: (trained - start) / .seconds(1), wasKept: true), test: test,
      seconds: (clock.now - start) / .seconds(1))
  }

  /// What ImageNet taught stays as it is, or changes slowly; the encoder's parameters come first in the names of networks
  /// that have one. The statistics of its normalisations stay in any case: a few hundred steps measure them worse than
  /// ImageNet did.
  private func freezeEncoder(of model: any Module) throws {
    guard recipe.trainsEncoder else { return try model.freeze("encoder") }
    guard recipe.start == .imageNet else { return }
    for (name, parameter) in try model.parameters() where name.hasPrefix("encoder.") {
      parameter.isFrozen = parameter.kind == .state
    }
  }

  /// The network that an interrupted training left in the output folder, where this one goes on with it and it fits.
  private func savedSegmenter(
    like new: PhotoSegmenter, _ validation: any Dataset
  ) throws -> (segmenter: PhotoSegmenter, loss: Double)? {
    guard resumes, let saved = try? PhotoSegmenter.load(from: output), saved.fits(new) else { return nil }
    return (saved, try loss(saved, validation))
  }

  private func loss(_ segmenter: PhotoSegmenter, _ samples: any Dataset) throws -> Double {
    try learner(segmenter, .adam()).evaluate(samples, batchSize: recipe.batchSize)["loss"] ?? .infinity
  }

  /// Cross-entropy, which every pixel counts in, and Dice, in which every class does.
  private func learner(_ segmenter: PhotoSegmenter, _ optimizer: Optimizer) -> Learner {
    let ignored = ignoredLabel
    let entropy = ignored.map { Loss.crossEntropy(ignoring: $0) } ?? .crossEntropy
    return Learner(
      segmenter.model, loss: .sum([(entropy, 1), (.dice(ignoring: ignored), 1)]), optimizer: optimizer,
      metrics: [.meanIntersectionOverUnion, .accuracy], seed: seed
    ) { segmenter.forward($0[0]) }
  }

  private func samples(_ part: MaskedPhotos.Part) throws -> any Dataset {
    let pairs = try SegmentationDataset(
      paths: part.files, maskPaths: part.masks, classNames: photos.classes.names,
      loading: ImageLoading(recipe.size, fitting: .stretch), reading: photos.classes.reading,
      ignoredLabel: photos.classes.ignoredLabel)
    let bytes = part.count * recipe.size.width * recipe.size.height * 16
    return bytes <= Self.memoryLimit ? try pairs.inMemory() : pairs
  }

  /// The label of pixels of which nothing is known: where masks have none, of those that turning and shifting bring in.
  private var ignoredLabel: Int? {
    photos.classes.ignoredLabel ?? (photos.classes.names.count < 256 ? 255 : nil)
  }

  /// Changes of pictures, which move masks alike.
  private func augmentations() throws -> [any Augmentation] {
    let fill = ignoredLabel ?? 0
    let changes: [any Augmentation] = [
      try RandomAffine(degrees: 15, shift: 0.05, scale: 0.9...1.2, fillLabel: Int32(fill)),
      ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2),
    ]
    return (recipe.mirrors ? [RandomHorizontalFlip()] : []) + changes
  }
}

/// What came of a training on masks, for reports.
public struct SegmentationResult: Sendable {
  /// The trained network.
  public let segmenter: PhotoSegmenter
  /// The photos.
  public let photos: MaskedPhotos
  /// The photos that were learned from.
  public let training: MaskedPhotos.Part
  /// How many decided when to stop.
  public let validationCount: Int
  /// How they were learned.
  public let recipe: SegmentationRecipe
  /// What all randomness depended on.
  public let seed: UInt64
  /// The training.
  public let phase: PhotoResult.Phase
  /// How well it does on photos that nothing depended on.
  public let test: SegmentationScores
  /// Seconds from the first photo to the last.
  public let seconds: Double
}
