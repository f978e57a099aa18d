import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import ApusTrain
import ApusVision
import Foundation

/// The training of a classifier on a folder of photos, from the first look to the last measurement.
///
/// ```swift
/// let folder = try PhotoFolder("photos")
/// let recipe = try PhotoRecipe(side: folder.medianShorterSide, count: folder.training.count)
/// let result = try await PhotoTraining(folder, recipe: recipe, output: "my-model").run()
/// print(result.test.accuracy ?? 0)
/// ```
///
/// The best classifier so far is in the output folder whenever there is one, however training is cut off. A small
/// network that learned from nothing to the end is saved with its last weights, as its rate has fallen to its
/// lowest there.
public struct PhotoTraining: Sendable {
  /// The photos.
  public let folder: PhotoFolder
  /// How they are learned.
  public let recipe: PhotoRecipe
  /// What all randomness depends on.
  public let seed: UInt64
  /// Where the classifier is written.
  public let output: String
  /// Whether training of all layers goes on where a checkpoint in the output folder is.
  public let resumes: Bool
  /// Who is told.
  public let reporter: PhotoReporter

  /// A training that is still to be run.
  public init(
    _ folder: PhotoFolder, recipe: PhotoRecipe, seed: UInt64 = 0, output: String, resumes: Bool = false,
    reporter: PhotoReporter = .silent
  ) {
    self.folder = folder
    self.recipe = recipe
    self.seed = seed
    self.output = output
    self.resumes = resumes
    self.reporter = reporter
  }

  /// Where checkpoints are written.
  public var checkpointPath: String { output + "/checkpoint" }

  /// Trains, calibrates, tests and saves.
  /// - Throws: `DataError`, `FileError`, `LoadError`, `TrainingError` for photos, weights and settings that do not
  ///   serve; `CancellationError` in a cancelled task, with the best classifier so far in the output folder.
  public func run() async throws -> PhotoResult {
    let clock = ContinuousClock()
    let start = clock.now
    let split = try PhotoSplit(folder, seed: seed)
    var classifier = try newClassifier(split)
    let balance = ClassBalancing(
      recipe.balance, counts: split.training.counts(classes: folder.classNames.count))
    if let sentence = balance.sentence { reporter.say(sentence) }
    let checkpoints = CheckpointFolder(checkpointPath, resumes: resumes)
    let saved = try savedClassifier(split, like: classifier)
    var phases: [PhotoResult.Phase] = []
    var features: PhotoResult.Features?
    var validation: PhotoAnswers?

    if let settings = recipe.classifier {
      let begin = clock.now
      let known = try (
        look(split.training, classifier, "photos to learn from"),
        look(split.validation, classifier, "photos to decide by")
      )
      let (history, rates, rate) = try await train(
        classifier, settings, on: known.0, validation: known.1, balance: balance, toBeat: saved?.plainLoss)
      var answers = try answers(known.1, classifier)
      try calibrate(&classifier, &answers)
      if (answers.loss ?? .infinity) <= saved?.answers.loss ?? .infinity { try classifier.save(to: output) }
      phases.append(
        PhotoResult.Phase(
          name: "classifier", history: history, rates: rates, learningRate: rate,
          seconds: (clock.now - begin) / .seconds(1), wasKept: true))
      reporter.say(
        "The classifier learned in \(history.epochs.count) epochs: right about \(percent(answers.accuracy)) of "
          + "\(answers.count) photos that it has not seen.")
      validation = answers
      if !needsNetwork(answers) {
        let test = try look(split.test, classifier, "photos to test with")
        features = PhotoResult.Features(training: known.0, validation: known.1, test: test)
      }
    }
    if let settings = recipe.scratch {
      let begin = clock.now
      let history = try await train(classifier, settings, split, balance: balance, saved: saved)
      var answers = try answers(split.validation, classifier, "photos to decide by")
      try calibrate(&classifier, &answers)
      validation = answers
      phases.append(
        PhotoResult.Phase(
          name: "network", history: history, rates: nil, learningRate: settings.learningRate,
          seconds: (clock.now - begin) / .seconds(1), wasKept: true))
    }
    if let settings = recipe.network, needsNetwork(validation) {
      let begin = clock.now
      let before = try validation.map { try KeptClassifier(classifier, answers: $0) }
      let best = [before, saved].compactMap { $0 }.min { $0.loss < $1.loss }
      let (history, rates, rate) = try await train(
        classifier, settings, split, balance: balance, toBeat: best?.plainLoss)
      var answers = try answers(split.validation, classifier, "photos to decide by")
      try calibrate(&classifier, &answers)
      let isBetter = best.map { (answers.loss ?? .infinity) <= $0.loss } ?? true
      validation = answers
      if let best, !isBetter {
        try best.restore(to: &classifier)
        validation = best.answers
        reporter.say("Learning in all layers made it no better: what it knew before stays.")
      }
      phases.append(
        PhotoResult.Phase(
          name: "network", history: history, rates: rates, learningRate: rate,
          seconds: (clock.now - begin) / .seconds(1), wasKept: isBetter))
    }
    let test =
      try features.map { try answers($0.test, classifier) }
      ?? answers(split.test, classifier, "photos to test with")
    classifier.origin.date = Date().formatted(.iso8601)
    try classifier.save(to: output)
    if resumes || phases.contains(where: { $0.name == "network" }) { checkpoints.remove() }
    return PhotoResult(
      classifier: classifier, folder: folder, split: split, recipe: recipe, seed: seed, phases: phases,
      classWeights: balance.weights, validation: validation ?? test, test: test, features: features,
      seconds: (clock.now - start) / .seconds(1))
  }

  // MARK: - Parts

  private func newClassifier(_ split: PhotoSplit) throws -> PhotoClassifier {
    guard let architecture = VisionArchitecture.named(recipe.architecture) else {
      throw DataError(
        .setting, "no network is called \"\(recipe.architecture)\"",
        advice: "`apus models` lists those that there are.")
    }
    let shape = Shape([recipe.size.height, recipe.size.width, 3])
    let count = folder.classNames.count
    let model =
      recipe.start == .imageNet
      ? try VisionModel.pretrained(architecture, classes: count, inputShape: shape)
      : try VisionModel(architecture, classes: count, inputShape: shape)
    guard model.network.outputShape == [count] else {
      throw DataError(
        .setting,
        "\(architecture.name) gives \(model.network.outputShape) for a photo, not a number for each class",
        advice: "Choose another network: `apus models` lists them.")
    }
    try model.build(inputShape: model.inputShape, seed: seed)
    return try PhotoClassifier(
      model: model, classNames: folder.classNames, views: recipe.mirrors ? PhotoView.both : [.plain],
      origin: PhotoOrigin(
        folder: folder.path, trainingCount: split.training.count, validationCount: split.validation.count,
        firstWeights: recipe.start == .imageNet ? "ImageNet" : nil))
  }

  private func look(
    _ part: PhotoFolder.Part, _ classifier: PhotoClassifier, _ what: String
  ) throws -> FrozenFeatures {
    try FrozenFeatures(
      classifier.model, of: part.files, labels: part.labels, loading: classifier.loading,
      views: classifier.views
    ) { reporter.count(what, $0, part.count) }
  }

  private func answers(_ features: FrozenFeatures, _ classifier: PhotoClassifier) throws -> PhotoAnswers {
    let head = try classifier.model.parted().classifier
    return PhotoAnswers(
      files: features.files, labels: features.labels, classNames: classifier.classNames,
      logits: try features.logits(CompiledFunction { [head($0[0])] }), temperature: classifier.temperature,
      skipped: features.skipped)
  }

  private func answers(
    _ part: PhotoFolder.Part, _ classifier: PhotoClassifier, _ what: String
  ) throws -> PhotoAnswers {
    try classifier.answers(for: part.files, labels: part.labels) { reporter.count(what, $0, part.count) }
  }

  /// The classifier that an interrupted training left in the output folder, where this one goes on with it and it fits.
  private func savedClassifier(_ split: PhotoSplit, like new: PhotoClassifier) throws -> KeptClassifier? {
    guard resumes, let saved = try? PhotoClassifier.load(from: output), saved.fits(new) else { return nil }
    var classifier = saved
    var answers = try answers(split.validation, classifier, "photos to decide by")
    try calibrate(&classifier, &answers)
    return try KeptClassifier(classifier, answers: answers)
  }

  private func calibrate(_ classifier: inout PhotoClassifier, _ answers: inout PhotoAnswers) throws {
    let scaling = try TemperatureScaling.fitted(logits: answers.logitRows, labels: answers.labels ?? [])
    classifier.temperature = scaling.temperature
    answers.temperature = scaling.temperature
  }

  /// Whether all layers are to learn, by how well the classifier alone does.
  private func needsNetwork(_ answers: PhotoAnswers?) -> Bool {
    guard let settings = recipe.network else { return false }
    guard let accuracy = answers?.accuracy else { return true }
    return accuracy < settings.neededBelow
  }

  private func percent(_ share: Double?) -> String { String(format: "%.1f %%", (share ?? .nan) * 100) }

  // MARK: - Learning

  private typealias Learned = (history: History, rates: LearningRateCurve?, rate: Double)

  /// The classifier alone, on features.
  private func train(
    _ classifier: PhotoClassifier, _ settings: PhotoRecipe.ClassifierTraining, on training: FrozenFeatures,
    validation: FrozenFeatures, balance: ClassBalancing, toBeat: Double?
  ) async throws -> Learned {
    let head = try classifier.model.parted().classifier
    let samples = try training.dataset(classNames: folder.classNames)
    var rates: LearningRateCurve?
    var rate = settings.learningRate
    if rate == nil {
      let finder = Learner(head, loss: .crossEntropy, seed: seed)
      let curve = try finder.findLearningRate(
        samples, from: 1e-5, to: 1, steps: 80, batchSize: settings.batchSize)
      rates = curve
      rate = min(max(curve.suggestion ?? 3e-3, 3e-4), 2e-2)
    }
    let peak = rate ?? 3e-3
    let steps =
      settings.epochs * DataLoader.batchCount(samples: samples.count, batchSize: settings.batchSize)
    let learner = Learner(
      head, loss: .crossEntropy,
      optimizer: .adamW(
        schedule: .oneCycle(peak: peak, steps: max(1, steps)), weightDecay: settings.weightDecay,
        decays: OptimizerOptions.kernelsOnly), metrics: [.accuracy], seed: seed)
    let history = try await learner.fit(
      samples, validation: validation.dataset(classNames: folder.classNames), epochs: settings.epochs,
      batchSize: settings.batchSize,
      callbacks: [
        EarlyStopping(patience: settings.patience),
        BestModel(toBeat: toBeat) { try classifier.save(to: output) },
      ], options: FitOptions(sampling: balance.sampling, classWeights: balance.weights, progress: .none))
    return (history, rates, peak)
  }

  /// The photos to learn from and those to decide by, as the network sees them.
  private func samples(
    _ split: PhotoSplit, _ classifier: PhotoClassifier
  ) throws -> (training: ImageDataset, validation: ImageDataset) {
    func samples(_ part: PhotoFolder.Part) throws -> ImageDataset {
      try ImageDataset(
        paths: part.files, targets: .classes(part.labels, names: folder.classNames),
        loading: classifier.loading)
    }
    return try (samples(split.training), samples(split.validation))
  }

  private var checkpointing: Checkpointing {
    CheckpointFolder(checkpointPath, resumes: resumes).checkpointing
  }

  /// All layers of a small network, from nothing.
  private func train(
    _ classifier: PhotoClassifier, _ settings: ScratchTraining, _ split: PhotoSplit,
    balance: ClassBalancing, saved: KeptClassifier?
  ) async throws -> History {
    let (training, validation) = try samples(split, classifier)
    let toBeat = try saved.map { try $0.loss(settings, on: validation, with: classifier) }
    reporter.say("All layers learn for \(settings.epochs) epochs.")
    return try await classifier.model.learnFromScratch(
      training, validation: validation, settings: settings, sampling: balance.sampling,
      classWeights: balance.weights, seed: seed,
      callbacks: [BestModel(toBeat: toBeat) { try classifier.save(to: output) }],
      checkpointing: checkpointing,
      resume: resumes ? .automatic : .never, progress: reporter.epochs)
  }

  /// All layers, on photos.
  private func train(
    _ classifier: PhotoClassifier, _ settings: PhotoRecipe.NetworkTraining, _ split: PhotoSplit,
    balance: ClassBalancing, toBeat: Double?
  ) async throws -> Learned {
    let (training, validation) = try samples(split, classifier)
    var tuning = settings.tuning
    var rates: LearningRateCurve?
    if settings.findsRate {
      reporter.say("Looking for a learning rate …")
      let finder = classifier.model.pictureLearner(seed: seed)
      let curve = try finder.findLearningRate(
        training, from: 1e-5, to: 0.3, steps: 40, batchSize: tuning.batchSize)
      rates = curve
      tuning.learningRate = min(max(curve.suggestion ?? tuning.learningRate, 3e-4), 5e-3)
    }
    reporter.say(
      "All layers learn for up to \(tuning.epochs) epochs, with a learning rate of at most "
        + String(format: "%.2g.", tuning.learningRate))
    var augmentations: [any Augmentation] = [
      try RandomResizedCrop(recipe.size, area: settings.smallestArea...1)
    ]
    if recipe.mirrors { augmentations.append(RandomHorizontalFlip()) }
    if settings.changesColours {
      augmentations.append(ColorJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2))
    }
    let history = try await classifier.model.fineTune(
      training, validation: validation, settings: tuning, augmentations: augmentations,
      sampling: balance.sampling, classWeights: balance.weights, seed: seed,
      callbacks: [BestModel(toBeat: toBeat) { try classifier.save(to: output) }],
      checkpointing: checkpointing, resume: resumes ? .automatic : .never, progress: reporter.epochs)
    return (history, rates, tuning.learningRate)
  }
}
