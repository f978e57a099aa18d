import Foundation

extension TrainingReport {
  /// The page.
  public func html() -> String {
    let body = [
      "<h1>\(HTML.escaped(title))</h1>", "<p class=\"lead\">\(HTML.escaped(introduction))</p>", figureBlock(),
      chartBlock(), regressionBlock(), matrixBlock(), scoreBlock(), mistakeBlock(), architectureBlock(),
      sectionBlock(), footer.isEmpty ? "" : "<footer>\(HTML.escaped(footer))</footer>",
    ].filter { !$0.isEmpty }.joined(separator: "\n")
    return ReportPage.html(title: title, body: body)
  }

  private func figureBlock() -> String {
    guard !figures.isEmpty else { return "" }
    let items = figures.map { figure in
      "<div><b>\(HTML.escaped(figure.value))</b><span>\(HTML.escaped(figure.label))</span></div>"
    }
    return "<div class=\"figures\">\(items.joined())</div>"
  }

  private func chartBlock() -> String {
    guard !charts.isEmpty else { return "" }
    return heading("Learning curves", "")
      + "<div class=\"charts\">\(charts.map { "<div class=\"card\">\($0)</div>" }.joined())</div>"
  }

  private func regressionBlock() -> String {
    guard let regression else { return "" }
    let chart = PredictionChart(
      targetName: regression.targetName, truths: regression.truths, predictions: regression.predictions)
    return heading(
      "Predicted and true values",
      "Each dot is a sample of the test data; on the line, the prediction is right. Always saying the training "
        + "data's mean, \(ReportText.compact(regression.baseline)), would be off by "
        + "\(ReportText.compact(regression.baselineMeanAbsoluteError)) on average; the model is off by "
        + "\(ReportText.compact(regression.meanAbsoluteError)).")
      + "<div class=\"card square\">\(chart.svg())</div>"
  }

  private func matrixBlock() -> String {
    guard let report = classification, let table = ConfusionTable(report)?.html() else { return "" }
    return heading("Confusion matrix", matrixNote(report)) + table
  }

  private func matrixNote(_ report: ClassificationReport) -> String {
    guard let worst = report.confusions.first else { return "No sample of the test data is mistaken." }
    let truth = report.classNames[worst.truth]
    let prediction = report.classNames[worst.prediction]
    return "The most frequent mistake: \(worst.count) of \(report.support(worst.truth)) “\(truth)” are taken "
      + "for “\(prediction)”."
  }

  private func scoreBlock() -> String {
    guard let report = classification else { return "" }
    let rows = report.classNames.enumerated().map { label, name in
      let scores = [report.precision(label), report.recall(label), report.f1(label)].map { score in
        score.isNaN
          ? "<td>–</td>"
          : "<td>\(ReportText.percent(score))<span class=\"bar\"><i style=\"width:\(ReportText.percent(score, spaced: false))\">"
            + "</i></span></td>"
      }
      return
        "<tr><th scope=\"row\">\(HTML.escaped(name))</th>\(scores.joined())<td>\(report.support(label))</td></tr>"
    }
    return heading(
      "Scores of each class",
      "Precision: how many of those taken for the class are of it. Recall: how many of the class are found. "
        + "F1: the harmonic mean of the two; over all classes \(ReportText.percent(report.macroF1)).") + """
        <div class="scroll"><table class="scores">
        <thead><tr><th scope="col">Class</th><th scope="col">Precision</th><th scope="col">Recall</th>\
        <th scope="col">F1</th><th scope="col">Samples</th></tr></thead>
        <tbody>
        \(rows.joined(separator: "\n"))
        </tbody>
        </table></div>
        """
  }

  private func mistakeBlock() -> String {
    guard !mistakes.isEmpty else { return "" }
    let items = mistakes.map { mistake in
      let picture =
        mistake.picture.map {
          "<img src=\"\(HTML.dataAddress($0, type: "image/png"))\" alt=\"\(HTML.escaped(mistake.truth))\">"
        } ?? ""
      return
        "<li title=\"test sample \(mistake.sample)\">\(picture)<div><b>\(HTML.escaped(mistake.prediction)) "
        + "\(ReportText.percent(mistake.probability, digits: 0))</b>"
        + "<span>is \(HTML.escaped(mistake.truth))</span></div></li>"
    }
    return heading(
      "Worst mistakes",
      "Samples of the test data that the model is surest about, and wrong. In colour, what it says and how "
        + "probable it holds that; below, what the data says.")
      + "<ul class=\"mistakes\">\n\(items.joined(separator: "\n"))\n</ul>"
  }

  private func architectureBlock() -> String {
    guard let architecture else { return "" }
    return heading("Layers", "") + "<div class=\"card\"><pre>\(HTML.escaped(architecture))</pre></div>"
  }

  private func sectionBlock() -> String {
    guard !sections.isEmpty else { return "" }
    let blocks = sections.map { section in
      let facts = section.facts.map { "<dt>\(HTML.escaped($0.name))</dt><dd>\(HTML.escaped($0.value))</dd>" }
      return
        "<section><h2>\(HTML.escaped(section.title))</h2><dl>\(facts.joined(separator: "\n"))</dl></section>"
    }
    return "<div class=\"facts\">\(blocks.joined(separator: "\n"))</div>"
  }

  private func heading(_ title: String, _ note: String) -> String {
    "<h2>\(title)</h2>\n" + (note.isEmpty ? "" : "<p class=\"note\">\(HTML.escaped(note))</p>\n")
  }
}
