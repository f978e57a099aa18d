/// The scores of a model on examples whose right outputs are known.
public struct Evaluation: Sendable, Codable, Equatable {
  /// A score and where it probably lies for such examples in general.
  public struct Score: Sendable, Codable, Equatable {
    /// The score.
    public var value: Double
    /// The lower and upper end of its 95 % confidence interval; nil where none was estimated.
    public var interval: [Double]?

    /// A score.
    public init(_ value: Double, interval: (lower: Double, upper: Double)? = nil) {
      self.value = value
      self.interval = interval.map { [$0.lower, $0.upper] }
    }
  }

  /// Scores of a part of the outputs: a class, a label, a number.
  public struct Detail: Sendable, Codable, Equatable {
    /// The class, label or number.
    public var name: String
    /// Its scores by name.
    public var scores: [String: Double]

    /// Scores of a part.
    public init(_ name: String, _ scores: [String: Double]) {
      self.name = name
      self.scores = scores
    }
  }

  /// Number of examples.
  public var samples: Int
  /// The mean loss, by which models are compared; smaller is better.
  public var loss: Double
  /// The name of the score that matters most.
  public var primary: String
  /// The scores by name.
  public var metrics: [String: Score]
  /// The scores of each class, label or number.
  public var details: [Detail]
  /// How often each class (rows) was predicted as each (columns); nil without classes.
  public var confusion: [[Int]]?

  /// Scores of a model.
  public init(
    samples: Int, loss: Double, primary: String, metrics: [String: Score], details: [Detail] = [],
    confusion: [[Int]]? = nil
  ) {
    self.samples = samples
    self.loss = loss
    self.primary = primary
    self.metrics = metrics
    self.details = details
    self.confusion = confusion
  }

  /// The score that matters most; NaN where it could not be measured.
  public var primaryScore: Double { metrics[primary]?.value ?? .nan }
}
