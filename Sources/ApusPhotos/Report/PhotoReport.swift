import ApusData
import ApusGraph
import ApusIO
import ApusReport
import ApusTrain

/// A page about an image classifier: accuracy, confusion matrix, calibration, heat maps, training curves and data.
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

  /// A part of the training.
  public typealias Phase = TrainingPhase

  /// The classifier, with the temperature that was found for it.
  public var classifier: PhotoClassifier
  /// What it says of photos that it never learned from, with what they show.
  public var test: PhotoAnswers
  /// Where the test photos come from, as the end of "images …": "of the folder test".
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
  public func write(to path: String) throws { try page().write(to: path) }

  /// The page as HTML.
  public func html() throws -> String { try page().html() }

  /// The page.
  public func page() throws -> Report {
    let scores = try PhotoScores(test)
    let sections = try [
      confusionSection(scores), hardestSection(scores), exampleSection(scores),
      .calibration(
        before: scores.before, after: scores.after, temperature: test.temperature, sample: "image"),
      .classScores(scores.classes, sample: "image"),
      dataCurve.flatMap { .dataCurve($0, sample: "image", isBackboneTrained: bodyLearned) },
      .learning(
        phases: phases,
        measures: [.init("Loss", "loss", "cross-entropy"), .init("Accuracy", "accuracy", "accuracy")],
        note: "The loss should fall and the accuracy rise."), layerSection(scores), photoSection(),
      originSection(), limitSection(scores),
    ].compactMap { $0 }
    return Report(title: title, lead: lead, figures: figures(scores), sections: sections)
  }

  private var title: String { "Image classifier for \(Format.list(classifier.classNames, limit: 4))" }

  private var lead: String {
    let origin = classifier.origin
    let weights = origin.firstWeights.map { "pretrained on \($0) and fine-tuned" } ?? "trained from scratch"
    let learned = origin.trainingCount.map { " on \(Format.count($0, "image"))" } ?? ""
    return
      "\(classifier.model.architecture.name), \(weights)\(learned) of \(Format.count(test.classNames.count, "class", "classes")). "
      + "All scores are on the test set, \(Format.count(test.count, "image")) \(testOrigin)."
  }

  private func figures(_ scores: PhotoScores) -> [Report.Figure] {
    let interval = scores.classes.accuracyInterval()
    var items: [Report.Figure] = [
      .init(
        Format.percent(scores.classes.accuracy),
        "test accuracy; 95 % confidence interval \(Format.percentRange(interval.lower, interval.upper))"),
      .init(
        "\(Format.grouped(scores.wrongCount)) of \(Format.grouped(test.count))", "test images predicted wrong"
      ),
      .init(Format.percent(scores.after.expectedError), "expected calibration error"),
    ]
    if let seconds { items.append(.init(Format.duration(seconds), "training time")) }
    return items
  }
}

extension PhotoAnswers {
  /// The probabilities as a table `[photos, classes]`.
  var table: Literal { Literal(probabilities.joined().map { Float($0) }, shape: [count, classNames.count]) }
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
