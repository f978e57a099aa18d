import ApusData
import ApusGraph
import ApusNN
import ApusTensor
import ApusTrain
import ApusVision
import Foundation

/// The training of a network for labels or numbers of photos that a table lists, from the first look to the last
/// measurement.
///
/// ```swift
/// let table = try PhotoTable(path: "labels.csv", folder: "photos", targets: ["tags"])
/// let photos = try TabledPhotos(table)
/// let recipe = try PhotoRecipe(side: photos.medianShorterSide, count: photos.training.count)
/// let result = try await TargetTraining(photos, recipe: recipe, output: "my-model").run()
/// print(result.test.score ?? 0)
/// ```
///
/// The best network so far is in the output folder whenever there is one, however training is cut off.
public struct TargetTraining: Sendable {
  /// The photos.
  public let photos: TabledPhotos
  /// How they are learned.
  public let recipe: PhotoRecipe
  /// What all randomness depends on.
  public let seed: UInt64
  /// Where the network is written.
  public let output: String
  /// Whether training of all layers goes on where a checkpoint in the output folder is.
  public let resumes: Bool
  /// Who is told.
  public let reporter: PhotoReporter

  /// A training that is still to be run; `recipe` is adapted to what is learned.
  public init(
    _ photos: TabledPhotos, recipe: PhotoRecipe, seed: UInt64 = 0, output: String, resumes: Bool = false,
    reporter: PhotoReporter = .silent
  ) {
    self.photos = photos
    self.recipe = recipe.adapted(to: photos.table.columns.task)
    self.seed = seed
    self.output = output
    self.resumes = resumes
    self.reporter = reporter
  }

  /// Where checkpoints are written.
  public var checkpointPath: String { output + "/checkpoint" }

  private var task: PhotoTable.Task { photos.table.columns.task }

  /// What training makes small: the mean over labels of the binary cross-entropy, or Huber's loss of scaled numbers, which
  /// a few wrong numbers in the table do not spoil.
  public static func loss(_ task: PhotoTable.Task) -> Loss { task == .labels ? .binaryCrossEntropy : .huber }

  /// What is measured beside it.
  static func metrics(_ task: PhotoTable.Task) -> [Metric] {
    task == .labels ? [.meanAveragePrecision(), .labelF1()] : [.r2]
  }

  /// Trains, chooses thresholds, tests and saves.
  /// - Throws: `DataError`, `FileError`, `LoadError`, `TrainingError` for photos, weights and settings that do not
  ///   serve; `CancellationError` in a cancelled task, with the best network so far in the output folder.
  public func run() async throws -> TargetResult {
    let clock = ContinuousClock()
    let start = clock.now
    let split = photos.split(seed: seed)
    var predictor = try newPredictor(split.training, validationCount: split.validation.count)
    let checkpoints = CheckpointFolder(checkpointPath, resumes: resumes)
    var best = try savedPredictor(split.validation, like: predictor)
    var phases: [PhotoResult.Phase] = []
    var validation: TargetAnswers?

    if let settings = recipe.classifier {
      let begin = clock.now
      let known = try (
        look(split.training, predictor, "photos to learn from"),
        look(split.validation, predictor, "photos to decide by")
      )
      let learned = try await train(
        predictor, settings, split, on: known.0, validation: known.1, toBeat: best?.loss)
      var answers = try answers(known.1, split.validation, predictor)
      predictor.chooseThresholds(by: &answers)
      try keep(predictor, answers, if: &best)
      phases.append(phase("classifier", learned, clock.now - begin))
      reporter.say(
        "The last layer learned in \(learned.history.epochs.count) epochs: \(score(answers)) on \(answers.count) photos "
          + "that it has not seen.")
      validation = answers
    }
    if let settings = recipe.network, needsNetwork(validation) {
      let begin = clock.now
      let learned = try await train(predictor, settings, split, checkpoints, toBeat: best?.loss)
      var answers = try answers(split.validation, predictor, "photos to decide by")
      predictor.chooseThresholds(by: &answers)
      let isBetter = try keep(predictor, answers, if: &best)
      if !isBetter { reporter.say("Learning in all layers made it no better: what it knew before stays.") }
      validation = answers
      phases.append(phase("network", learned, clock.now - begin, wasKept: isBetter))
    }
    try best?.restore(to: &predictor)
    let test = try answers(split.test, predictor, "photos to test with")
    predictor.origin.date = Date().formatted(.iso8601)
    try predictor.save(to: output)
    checkpoints.remove()
    return TargetResult(
      predictor: predictor, photos: photos, training: split.training, recipe: recipe, seed: seed,
      phases: phases,
      validation: best?.answers ?? validation ?? test, test: test, seconds: (clock.now - start) / .seconds(1))
  }

  // MARK: - Parts

  private func newPredictor(_ training: TabledPhotos.Part, validationCount: Int) throws -> TargetPredictor {
    let names = photos.table.names
    guard let architecture = VisionArchitecture.named(recipe.architecture) else {
      throw DataError(
        .setting, "no network is called \"\(recipe.architecture)\"",
        advice: "`apus models` lists those that there are.")
    }
    let shape = Shape([recipe.size.height, recipe.size.width, 3])
    let model =
      recipe.start == .imageNet
      ? try VisionModel.pretrained(architecture, classes: names.count, inputShape: shape)
      : try VisionModel(architecture, classes: names.count, inputShape: shape)
    guard model.network.outputShape == [names.count] else {
      throw DataError(
        .setting,
        "\(architecture.name) gives \(model.network.outputShape) for a photo, not \(names.count) numbers",
        advice: "Choose another network: `apus models` lists them.")
    }
    try model.build(inputShape: model.inputShape, seed: seed)
    let scaling =
      task == .numbers
      ? try TargetScaling(
        of: ImageDataset(
          paths: training.files, targets: .numbers(training.values), loading: ImageLoading(recipe.size)))
      : nil
    return try TargetPredictor(
      model: model, columns: photos.table.columns, names: names, scaling: scaling,
      views: recipe.mirrors ? PhotoView.both : [.plain],
      origin: PhotoOrigin(
        folder: photos.table.folder, trainingCount: training.count, validationCount: validationCount,
        firstWeights: recipe.start == .imageNet ? "ImageNet" : nil))
  }

  /// What the network is to put out, a row for each photo.
  private func targets(_ part: TabledPhotos.Part, _ predictor: TargetPredictor) -> [[Float]] {
    guard let statistics = predictor.scaling?.statistics else { return part.values }
    return part.values.map { row in
      row.indices.map { Float((Double(row[$0]) - statistics.means[$0]) / statistics.stds[$0]) }
    }
  }

  private func look(
    _ part: TabledPhotos.Part, _ predictor: TargetPredictor, _ what: String
  ) throws -> FrozenFeatures {
    // In the place of classes the photos' places, which tell those that could be read.
    try FrozenFeatures(
      predictor.model, of: part.files, labels: Array(part.files.indices), loading: predictor.loading,
      views: predictor.views
    ) { reporter.count(what, $0, part.count) }
  }

  private func answers(
    _ features: FrozenFeatures, _ part: TabledPhotos.Part, _ predictor: TargetPredictor
  ) throws -> TargetAnswers {
    let head = try predictor.model.parted().classifier
    return predictor.answers(
      try features.logits(CompiledFunction { [head($0[0])] }), files: features.files,
      truths: features.labels.map { part.values[$0] }, skipped: features.skipped)
  }

  private func answers(
    _ part: TabledPhotos.Part, _ predictor: TargetPredictor, _ what: String
  ) throws -> TargetAnswers {
    try predictor.answers(for: part.files, truths: part.values) { reporter.count(what, $0, part.count) }
  }

  /// The network that an interrupted training left in the output folder, where this one goes on with it and it fits.
  private func savedPredictor(
    _ part: TabledPhotos.Part, like new: TargetPredictor
  ) throws -> KeptPredictor? {
    guard resumes, var saved = try? TargetPredictor.load(from: output), saved.fits(new) else { return nil }
    var answers = try answers(part, saved, "photos to decide by")
    saved.chooseThresholds(by: &answers)
    return try KeptPredictor(saved, answers: answers)
  }

  /// Saves and keeps a network that is no worse than the best so far.
  @discardableResult
  private func keep(
    _ predictor: TargetPredictor, _ answers: TargetAnswers, if best: inout KeptPredictor?
  ) throws -> Bool {
    guard best.map({ (answers.loss ?? .infinity) <= $0.loss }) ?? true else { return false }
    try predictor.save(to: output)
    best = try KeptPredictor(predictor, answers: answers)
    return true
  }

  /// Whether all layers are to learn, by how well the last one alone does.
  private func needsNetwork(_ answers: TargetAnswers?) -> Bool {
    guard let settings = recipe.network else { return false }
    guard let score = answers?.score, score.isFinite else { return true }
    return score < settings.neededBelow
  }

  private func score(_ answers: TargetAnswers) -> String {
    let value = String(format: "%.3f", answers.score ?? .nan)
    return task == .labels ? "mean average precision \(value)" : "R² \(value)"
  }

  // MARK: - Learning

  private typealias Learned = (history: History, rates: LearningRateCurve?, rate: Double)

  private func phase(
    _ name: String, _ learned: Learned, _ duration: Duration, wasKept: Bool = true
  ) -> PhotoResult.Phase {
    PhotoResult.Phase(
      name: name, history: learned.history, rates: learned.rates, learningRate: learned.rate,
      seconds: duration / .seconds(1), wasKept: wasKept)
  }

  /// The last layer alone, on features.
  private func train(
    _ predictor: TargetPredictor, _ settings: PhotoRecipe.ClassifierTraining,
    _ split: (training: TabledPhotos.Part, validation: TabledPhotos.Part, test: TabledPhotos.Part),
    on training: FrozenFeatures, validation: FrozenFeatures, toBeat: Double?
  ) async throws -> Learned {
    let head = try predictor.model.parted().classifier
    let loss = Self.loss(task)
    let samples = try training.dataset(targets: targets(split.training, predictor))
    var rates: LearningRateCurve?
    var peak = settings.learningRate ?? 3e-3
    if settings.learningRate == nil {
      let curve = try Learner(head, loss: loss, seed: seed).findLearningRate(
        samples, from: 1e-5, to: 1, steps: 80, batchSize: settings.batchSize)
      rates = curve
      peak = min(max(curve.suggestion ?? peak, 3e-4), 2e-2)
    }
    let steps = settings.epochs * DataLoader.batchCount(samples: samples.count, batchSize: settings.batchSize)
    let learner = Learner(
      head, loss: loss,
      optimizer: .adamW(
        schedule: .oneCycle(peak: peak, steps: max(1, steps)), weightDecay: settings.weightDecay,
        decays: OptimizerOptions.kernelsOnly), metrics: Self.metrics(task), seed: seed)
    let history = try await learner.fit(
      samples, validation: validation.dataset(targets: targets(split.validation, predictor)),
      epochs: settings.epochs, batchSize: settings.batchSize,
      callbacks: [
        EarlyStopping(patience: settings.patience),
        BestModel(toBeat: toBeat) { try predictor.save(to: output) },
      ], options: .quiet)
    return (history, rates, peak)
  }

  /// All layers, on photos.
  private func train(
    _ predictor: TargetPredictor, _ settings: PhotoRecipe.NetworkTraining,
    _ split: (training: TabledPhotos.Part, validation: TabledPhotos.Part, test: TabledPhotos.Part),
    _ checkpoints: CheckpointFolder, toBeat: Double?
  ) async throws -> Learned {
    func samples(_ part: TabledPhotos.Part) throws -> ImageDataset {
      try ImageDataset(
        paths: part.files, targets: .numbers(targets(part, predictor)), loading: predictor.loading)
    }
    let training = try samples(split.training)
    var tuning = settings.tuning
    var rates: LearningRateCurve?
    if settings.findsRate {
      reporter.say("Looking for a learning rate …")
      let curve = try predictor.model.pictureLearner(loss: Self.loss(task), metrics: [], seed: seed)
        .findLearningRate(training, from: 1e-5, to: 0.3, steps: 40, batchSize: tuning.batchSize)
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
    let history = try await predictor.model.fineTune(
      training, validation: samples(split.validation), settings: tuning, augmentations: augmentations,
      loss: Self.loss(task), metrics: Self.metrics(task), seed: seed,
      callbacks: [BestModel(toBeat: toBeat) { try save(predictor, deciding: split.validation) }],
      checkpointing: checkpoints.checkpointing,
      resume: resumes ? .automatic : .never, progress: reporter.epochs)
    return (history, rates, tuning.learningRate)
  }

  /// Saves a network in the middle of its training, with thresholds that go with its weights as they are now.
  private func save(_ predictor: TargetPredictor, deciding part: TabledPhotos.Part) throws {
    var current = predictor
    if task == .labels {
      var answers = try predictor.answers(for: part.files, truths: part.values)
      current.chooseThresholds(by: &answers)
    }
    try current.save(to: output)
  }
}

extension FrozenFeatures {
  /// Every view as a sample of its own, with the row of targets at its photo's label.
  func dataset(targets: [[Float]]) throws -> ArrayDataset {
    let width = targets.first?.count ?? 0
    let numbers = labels.flatMap { photo in (0..<viewCount).flatMap { _ in targets[photo] } }
    return try ArrayDataset(
      features: [rows], targets: Literal(numbers, shape: [labels.count * viewCount, width]))
  }
}

extension PhotoRecipe {
  /// The recipe for labels or numbers, in which networks for small pictures learn as others do.
  ///
  /// Colours stay as they are: a table may ask for what classes hardly ever do, such as "bright" or a temperature of
  /// light, which a picture made darker contradicts. Pictures that show numbers are cut less as well, as sizes may be what
  /// is asked for. Whether mirror images mean the same is up to the recipe.
  func adapted(to task: PhotoTable.Task) -> PhotoRecipe {
    var recipe = self
    if let scratch {
      recipe.scratch = nil
      recipe.network = NetworkTraining(
        tuning: FineTuning(
          epochs: scratch.epochs, batchSize: 32, learningRate: 2e-3, rateFactor: 1, epochsPerGroup: 0,
          keepsStatistics: false, weightDecay: 0.05, patience: max(5, scratch.epochs / 2)),
        smallestArea: 0.6, findsRate: true)
    }
    if task != .classes { recipe.network?.changesColours = false }
    if task == .numbers { recipe.network?.smallestArea = 0.8 }
    return recipe
  }

  /// A sentence or two for a person about a network for labels or numbers.
  public func summary(for task: PhotoTable.Task) -> String {
    let recipe = adapted(to: task)
    let sees = "\(architecture) on pictures of \(size) pixels"
    guard let classifier = recipe.classifier else {
      return "\(sees), from scratch: up to \(recipe.network?.tuning.epochs ?? 0) epochs"
    }
    let measure = task == .labels ? "mean average precision" : "R²"
    let all =
      recipe.network.map {
        $0.neededBelow > 1
          ? ", then all layers for up to \($0.tuning.epochs) epochs"
          : ", then all layers if its \(measure) is below \($0.neededBelow)"
      } ?? ""
    return "\(sees), which knows ImageNet: a new last layer for up to \(classifier.epochs) epochs\(all)"
  }
}
