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
