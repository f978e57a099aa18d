import ApusData
import ApusIO
import ApusTrain

/// A page about a classifier of photos: what it learned from, how well, how sure it may be, where it fails and what it
/// looks at, in words for people who train their first network.
///
/// ```swift
/// var report = PhotoReport(classifier, test: answers)
/// report.phases = [.init("All layers", history: history)]
/// try report.write(to: "report.html")
/// ```
///
/// The page is one file: photos and charts are in it, and it asks for nothing from outside.
public struct PhotoReport: Sendable {
  /// Photos that were used for one purpose.
  public struct Part: Sendable, Equatable {
    /// What for, such as "learned from".
    public var name: String
    /// Number of photos of each class.
    public var counts: [Int]

    /// Photos that were used for one purpose.
    public init(_ name: String, counts: [Int]) {
      self.name = name
      self.counts = counts
    }
  }

  /// A stretch of training.
  public struct Phase: Sendable {
    /// What learned, such as "The classifier".
    public var name: String
    /// The epochs.
    public var history: History
    /// What the search for a learning rate saw; nil where none was made.
    public var rates: LearningRateCurve?

    /// A stretch of training.
    public init(_ name: String, history: History, rates: LearningRateCurve? = nil) {
      self.name = name
      self.history = history
      self.rates = rates
    }
  }

  /// The classifier, with the temperature that was found for it.
  public var classifier: PhotoClassifier
  /// What it says of photos that it never learned from, with what they show.
  public var test: PhotoAnswers
  /// Where the test photos come from, as the end of "tried on photos …": "of the folder test".
  public var testOrigin = "that were put aside before"
  /// How many photos were used for what.
  public var parts: [Part] = []
  /// How it learned, stretch by stretch.
  public var phases: [Phase] = []
  /// Whether more photos would help.
  public var dataCurve: DataCurve?
  /// Whether the layers before the last, which `dataCurve` takes as they are, learned from the photos too.
  public var bodyLearned = false
  /// What was found out about the photos' files.
  public var census: ImageCensus?
  /// How it was trained: names and values.
  public var settings: [(name: String, value: String)] = []
  /// With what it was trained, how long it took: names and values.
  public var environment: [(name: String, value: String)] = []
  /// The model's file, whose checksum is shown.
  public var modelPath: String?
  /// Seconds that training took.
  public var seconds: Double?

  /// A report on what a classifier says of test photos.
  /// - Parameters:
  ///   - classifier: The classifier.
  ///   - test: What it says of photos that it never learned from, with what they show.
  /// - Throws: `DataError` when the answers do not say what each photo shows, are of other classes, or are none.
  public init(_ classifier: PhotoClassifier, test: PhotoAnswers) throws {
    guard let labels = test.labels, test.count > 0, test.classNames == classifier.classNames,
      labels.count == test.count, test.logits.count == test.count,
      test.logits.allSatisfy({ $0.count == test.classNames.count })
    else {
      throw DataError(
        .classes, "answers for photos of the classifier's classes, with what they show, were expected",
        advice: "Ask with PhotoClassifier.answers(for:labels:).")
    }
    self.classifier = classifier
    self.test = test
  }

  /// Writes the page; the file appears complete or not at all.
  public func write(to path: String) throws { try AtomicFile.write(try html(), to: path) }

  /// The page.
  public func html() throws -> String {
    let scores = try PhotoScores(test)
    let sections = try [
      mistakeSection(scores), hardestSection(scores), exampleSection(scores), sureSection(scores),
      classSection(scores), growthSection(), learningSection(), layerSection(scores), photoSection(),
      originSection(), limitSection(scores),
    ].compactMap { $0 }
    return PhotoPage.html(
      title: title, introduction: introduction(scores), figures: figures(scores), sections: sections)
  }

  private var title: String {
    let names = classifier.classNames
    let shown = names.prefix(4).joined(separator: ", ")
    return names.count <= 4
      ? "Telling apart \(Self.listed(names))" : "Telling apart \(shown) and \(names.count - 4) more"
  }

  private func introduction(_ scores: PhotoScores) -> String {
    let learned = classifier.origin.trainingCount.map { " It learned from \(Self.grouped($0)) photos." } ?? ""
    let head = classifier.origin.firstWeights.map { ", which had learned from \($0) before," } ?? ""
    return
      "\(classifier.model.architecture.name)\(head) was taught to name \(classifier.classNames.count) kinds of photos."
      + "\(learned) The scores below are of \(Self.grouped(test.count)) photos \(testOrigin): it never learned from them."
  }

  private func figures(_ scores: PhotoScores) -> [(value: String, meaning: String)] {
    let interval = scores.classes.accuracyInterval()
    var items: [(value: String, meaning: String)] = [
      (
        ReportText.percent(scores.classes.accuracy),
        "right; asked about many more such photos, probably \(ReportText.percent(interval.lower)) to "
          + ReportText.percent(interval.upper)
      ),
      ("\(Self.grouped(scores.wrongCount)) of \(Self.grouped(test.count))", "test photos named wrongly"),
      (
        ReportText.percent(scores.after.expectedError),
        "gap between how sure it is and how often it is right"
      ),
    ]
    if let seconds { items.append((Self.duration(seconds), "to train")) }
    return items
  }

  static func listed(_ names: [String]) -> String {
    guard names.count > 1, let last = names.last else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  static func duration(_ seconds: Double) -> String {
    if seconds < 100 { return "\(ReportText.fixed(seconds, seconds < 10 ? 1 : 0)) s" }
    let whole = Int(seconds.rounded())
    return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
  }

  /// `421642` as `421,642`.
  static func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    let groups = digits.enumerated().map { index, digit in
      (index > 0 && (digits.count - index) % 3 == 0 ? "," : "") + String(digit)
    }
    return (number < 0 ? "-" : "") + groups.joined()
  }
}

/// What follows from the answers.
struct PhotoScores {
  let classes: ClassificationReport
  /// How sure the network was before, and is after, division by the temperature.
  let before, after: CalibrationReport
  let labels: [Int]
  let predictions: [Int]
  let losses: [Double]

  init(_ answers: PhotoAnswers) throws {
    labels = answers.labels ?? []
    predictions = answers.predictions
    guard
      let classes = ClassificationReport(
        truths: labels, predictions: predictions, classNames: answers.classNames)
    else { throw DataError(.classes, "a label of the answers is none of the classes") }
    self.classes = classes
    // Only now, as the labels are known to be classes.
    losses = answers.losses ?? []
    var unscaled = answers
    unscaled.temperature = 1
    before = try CalibrationReport(probabilities: unscaled.table, labels: labels)
    after = try CalibrationReport(probabilities: answers.table, labels: labels)
  }

  var wrongCount: Int { zip(labels, predictions).count { $0 != $1 } }
}
