import ApusTrain

/// What came of a training on photos, for reports.
public struct PhotoResult: Sendable {
  /// A stretch of training.
  public struct Phase: Sendable {
    /// What learned: `classifier` or `network`.
    public let name: String
    /// What was measured in each epoch.
    public let history: History
    /// The search for a learning rate; nil where none was made.
    public let rates: LearningRateCurve?
    /// The highest learning rate.
    public let learningRate: Double
    /// Seconds, with everything that belongs to it.
    public let seconds: Double
    /// Whether what it learned was better than what was there before, and stayed.
    public let wasKept: Bool
  }

  /// The trained classifier.
  public let classifier: PhotoClassifier
  /// The photos.
  public let folder: PhotoFolder
  /// How they were dealt out.
  public let split: PhotoSplit
  /// How they were learned.
  public let recipe: PhotoRecipe
  /// What all randomness depended on.
  public let seed: UInt64
  /// The stretches of training, in their order.
  public let phases: [Phase]
  /// How much the photos of each class counted; nil where all counted the same.
  public let classWeights: [Double]?
  /// What the classifier says of the photos that decided, with the temperature that they gave.
  public let validation: PhotoAnswers
  /// What it says of the photos that nothing depended on.
  public let test: PhotoAnswers
  /// The features that the classifier learned from, and those of the validation and test photos; nil where the body of
  /// the network learned too. What a classifier of fewer photos would do can be tried with them in moments.
  public let features: Features?
  /// Seconds from the first photo to the last.
  public let seconds: Double

  /// More photos than this make `dataCurve` slow and its answer no better.
  static let curveLimit = 5000

  /// How errors fall with the number of photos, for a last layer that learns anew: from `features`, or, where the body
  /// learned too, from what the trained body makes of the photos. It has seen all of those, so that what is left out
  /// in a try still helps it, and more photos would help more than the curve says.
  ///
  /// - Parameter progress: Called now and then with the number of photos that the body was shown, and how many there
  ///   are.
  /// - Returns: nil for too few photos, for very many, and for networks without a body.
  /// - Throws: `CancellationError` in a cancelled task.
  public func dataCurve(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> DataCurve? {
    guard split.training.count <= Self.curveLimit, split.test.count > 0 else { return nil }
    var parts = features.map { ($0.training, $0.test) }
    if parts == nil, (try? classifier.model.parted()) != nil {
      func look(_ part: PhotoFolder.Part, after count: Int) throws -> FrozenFeatures {
        try FrozenFeatures(
          classifier.model, of: part.files, labels: part.labels, loading: classifier.loading
        ) { progress(count + $0, split.training.count + split.test.count) }
      }
      parts = try (look(split.training, after: 0), look(split.test, after: split.training.count))
    }
    guard let (training, test) = parts else { return nil }
    return try DataCurve.measured(
      features: training.vectors, labels: training.labels, testFeatures: test.vectors,
      testLabels: test.labels, classCount: folder.classNames.count, seed: seed)
  }

  /// Frozen features of all parts.
  public struct Features: Sendable {
    /// Of the photos that are learned from.
    public let training: FrozenFeatures
    /// Of those that decide.
    public let validation: FrozenFeatures
    /// Of those that nothing depends on.
    public let test: FrozenFeatures
  }

  /// How the test went, class by class; nil without test photos.
  public var report: ClassificationReport? {
    test.labels.flatMap {
      ClassificationReport(truths: $0, predictions: test.predictions, classNames: test.classNames)
    }
  }
}
