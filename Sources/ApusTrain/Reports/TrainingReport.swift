import ApusIO

/// A page about one training: what was learned, how well, where it fails, and how it was made.
///
/// The page is one file: pictures and charts are in it, and it asks for nothing from outside. It follows the
/// reader's choice of a light or dark screen and fits a phone.
public struct TrainingReport: Sendable {
  /// A number that deserves large type.
  public struct Figure: Sendable {
    /// The number with its unit.
    public var value: String
    /// What it measures.
    public var label: String

    /// A number and what it measures.
    public init(_ value: String, _ label: String) {
      self.value = value
      self.label = label
    }
  }

  /// A sample that the model is sure about and wrong.
  public struct Mistake: Sendable {
    /// The picture as PNG; nil for samples that are no pictures.
    public var picture: [UInt8]?
    /// What it is.
    public var truth: String
    /// What the model takes it for.
    public var prediction: String
    /// The probability that the model gives to `prediction`.
    public var probability: Double
    /// Which sample it is.
    public var sample: Int

    /// A sample and what the model makes of it.
    public init(picture: [UInt8]?, truth: String, prediction: String, probability: Double, sample: Int) {
      self.picture = picture
      self.truth = truth
      self.prediction = prediction
      self.probability = probability
      self.sample = sample
    }
  }

  /// A heading with facts under it.
  public struct Section: Sendable {
    /// The heading.
    public var title: String
    /// Names and values.
    public var facts: [(name: String, value: String)]

    /// A heading with facts under it.
    public init(_ title: String, _ facts: [(name: String, value: String)]) {
      self.title = title
      self.facts = facts
    }
  }

  /// The heading.
  public var title: String
  /// A sentence or two under it.
  public var introduction: String
  /// The most important numbers, three to five.
  public var figures: [Figure] = []
  /// Drawings side by side, each a whole `<svg>` element.
  public var charts: [String] = []
  /// The scores of each class.
  public var classification: ClassificationReport?
  /// The scores of predicted numbers.
  public var regression: RegressionReport?
  /// The worst mistakes, the worst first.
  public var mistakes: [Mistake] = []
  /// The layers, as a table of text.
  public var architecture: String?
  /// Settings, environment and other facts.
  public var sections: [Section] = []
  /// What is in small print at the end.
  public var footer = ""

  /// A page with a heading.
  public init(title: String, introduction: String) {
    self.title = title
    self.introduction = introduction
  }

  /// Writes the page; the file appears complete or not at all.
  public func write(to path: String) throws { try AtomicFile.write(html(), to: path) }
}
