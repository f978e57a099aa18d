import ApusData
import ApusGraph
import ApusTrain

extension PhotoAnswers {
  /// The probabilities as a table `[photos, classes]`.
  var table: Literal { Literal(probabilities.joined().map { Float($0) }, shape: [count, classNames.count]) }
}

// How good and how sure it is.
extension PhotoReport {
  func sureSection(_ scores: PhotoScores) -> PhotoSection {
    let (before, after) = (scores.before, scores.after)
    let temperature = test.temperature
    let kind =
      abs(temperature - 1) < 0.02
      ? "the network was about as sure as it is right, and was left as it is"
      : temperature > 1
        ? "the network was too sure of itself; its answers are made milder"
        : "the network was not sure enough; its answers are made firmer"
    let rows: [(String, Double, Double)] = [
      ("mean gap (calibration error)", before.expectedError, after.expectedError),
      ("largest gap of a column", before.largestError, after.largestError),
    ]
    let cells =
      rows.map { name, first, second in
        "<tr><th scope=\"row\">\(name)</th><td>\(ReportText.percent(first))</td><td>\(ReportText.percent(second))</td></tr>"
      }
      + [
        ("Brier score (0 is best)", before.brierScore, after.brierScore),
        ("loss (0 is best)", before.negativeLogLikelihood, after.negativeLogLikelihood),
      ].map { name, first, second in
        "<tr><th scope=\"row\">\(name)</th><td>\(ReportText.fixed(first, 4))</td><td>\(ReportText.fixed(second, 4))</td></tr>"
      }
    return PhotoSection(
      id: "sure", title: "Can it be believed when it says it is sure?",
      note:
        "Each column gathers the photos of which it was about equally sure. If it is as often right as it is sure, the "
        + "columns end on the dashed line; below the line it is too sure of itself. Pale columns hold few photos and "
        + "mean little, however far from the line they end. On photos put aside for that, \(kind): all its numbers are divided by "
        + "\(ReportText.fixed(temperature, 2)) before they become probabilities, which changes no answer.",
      body: """
        <div class="charts"><div class="card">\(before.svg(title: "As the network was"))</div>\
        <div class="card">\(after.svg(title: "As it answers now"))</div></div>
        <div class="scroll"><table class="scores narrow">
        <thead><tr><th scope="col">On the test photos</th><th scope="col">before</th><th scope="col">now</th></tr></thead>
        <tbody>
        \(cells.joined(separator: "\n"))
        </tbody></table></div>
        """)
  }

  func classSection(_ scores: PhotoScores) -> PhotoSection {
    let report = scores.classes
    let f1 = report.f1Intervals()
    func cell(_ value: Double, _ interval: ConfidenceInterval) -> String {
      guard value.isFinite else { return "<td>–</td>" }
      let range =
        interval.lower.isFinite
        ? "<small>\(ReportText.percent(interval.lower, digits: 0, spaced: false)) – "
          + "\(ReportText.percent(interval.upper, digits: 0, spaced: false))</small>" : ""
      return "<td>\(ReportText.percent(value))\(range)</td>"
    }
    let rows = report.classNames.indices.map { label in
      "<tr><th scope=\"row\">\(HTML.escaped(report.classNames[label]))</th>"
        + cell(report.precision(label), report.precisionInterval(label))
        + cell(report.recall(label), report.recallInterval(label)) + cell(report.f1(label), f1[label])
        + "<td>\(Self.grouped(report.support(label)))</td></tr>"
    }
    return PhotoSection(
      id: "classes", title: "How well it knows each class",
      note:
        "Precision: of the photos that it calls so, how many are. Recall: of the photos that are so, how many it "
        + "finds. F1 is one number for both. In small print, where the value probably lies for such photos in general "
        + "(95 of 100 times): wide ranges mean that there are too few test photos to know.",
      body: """
        <div class="scroll"><table class="scores">
        <thead><tr><th scope="col">Class</th><th scope="col">Precision</th><th scope="col">Recall</th>\
        <th scope="col">F1</th><th scope="col">Test photos</th></tr></thead>
        <tbody>
        \(rows.joined(separator: "\n"))
        </tbody></table></div>
        """)
  }

  func growthSection() -> PhotoSection? {
    guard let curve = dataCurve, let last = curve.points.last else { return nil }
    let double = curve.forecast(at: 2 * last.count)
    let now = curve.error(at: last.count)
    let range =
      "between \(ReportText.percent(1 - double.interval.upper)) and \(ReportText.percent(1 - double.interval.lower))"
    let answer =
      switch curve.verdict {
      case .clearly:
        "Yes. With twice as many photos, about \(ReportText.percent(1 - double.error)) would probably be right, \(range); "
          + "now the curve stands at \(ReportText.percent(1 - now))."
      case .probably:
        "Perhaps. The curve is still falling: with twice as many photos, about \(ReportText.percent(1 - double.error)) "
          + "would be right instead of \(ReportText.percent(1 - now)), but anything \(range) is possible."
      case .hardly where bodyLearned:
        "That cannot be told from the last layer, which alone would win hardly anything: the layers before it know all "
          + "of these photos. With more photos they would learn more, too."
      case .hardly:
        "Hardly. The curve is nearly level: with twice as many photos the number of right answers would stay about "
          + "the same, \(range). Better photos of what it mistakes, or another network, would do more."
      }
    let others =
      bodyLearned
      ? ", though they had learned from all photos: more of them would probably help more than this says" : ""
    return PhotoSection(
      id: "growth", title: "Would more photos help?",
      note: answer,
      body: """
        <div class="card square">\(curve.svg(title: "Wrong answers"))</div>
        <p class="note below">How it was measured: the last layer learned anew from parts of the photos, each part drawn a few \
        times (dots), and a power law was laid through the means. The law is a guess about the future, not a promise; and \
        the layers before the last stayed as they are\(others).</p>
        """)
  }
}
