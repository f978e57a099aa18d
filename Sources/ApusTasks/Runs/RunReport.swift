import ApusReport
import ApusTrain

/// The page about a run: how good the model is, where it fails, how it was trained, on what.
struct RunReport {
  /// The scores and everything else for machines.
  let result: RunResult
  /// The model.
  let model: any Model
  /// The examples with their parts and the model's target.
  let data: TaskData
  /// What was gathered on the test set; nil for models that predict nothing.
  let test: (any Evaluator)?
  /// The stretches of training.
  let phases: [TrainingPhase]
  /// The recipe that won.
  let recipe: any Recipe
  /// What the recipe adds.
  let recipeSections: [Report.Section]
  /// Folds of the cross-validation that the model was chosen by; nil where it was the validation set.
  var folds: Int? = nil
  /// What the person asked for.
  let options: Options
  /// Who is told how it goes.
  let reporter: Reporter

  /// Beside the primary score so many others are shown in large type.
  private static let otherFigureCount = 2
  /// Where the largest class has more than this share, an accuracy says little without it.
  private static let dominantShare = 0.7

  /// The page.
  /// - Throws: `CancellationError` in a cancelled task; errors of the target's sections.
  func report() throws -> Report {
    var sections: [Report.Section?] = [scores]
    if let test, let predictor = model as? any Predictor, let target = data.target {
      let context = ReportContext(examples: data.examples, model: predictor, reporter: reporter)
      sections += try target.sections(test, context)
    }
    let preparation = (model as? any Predictor)?.problem.input.sections ?? []
    let title = (data.target?.summary ?? data.examples.title).capitalizedFirst
    guard recipeSections.contains(where: { !$0.chapter.isEmpty }) else {
      sections += [learning] + recipeSections + [candidates] + preparation
      sections += [dataSection, provenance, limitations]
      return Report(title: title, lead: lead, figures: figures, sections: sections.compactMap { $0 })
    }
    var chapters: [Chapter: [Report.Section?]] = [
      .define: [dataSection], .prepare: preparation, .evaluate: [candidates], .present: sections,
    ]
    for section in recipeSections {
      chapters[Chapter(rawValue: section.chapter) ?? .evaluate, default: []].append(section)
    }
    chapters[.present]?.append(contentsOf: [provenance, limitations])
    return Report(
      title: title, lead: lead, figures: figures,
      sections: Chapter.allCases.flatMap { chapter in
        (chapters[chapter] ?? []).compactMap { $0 }.map { section in
          var section = section
          section.chapter = chapter.rawValue
          return section
        }
      })
  }

  /// What one example is called.
  var noun: String { data.examples.noun }

  private func count(_ part: Part) -> Int { data.rows(part).count }

  private var lead: String {
    var summary = recipe.summary.trimmed
    if let last = summary.last, !".!?".contains(last) { summary += "." }
    let used = count(.training) + (folds == nil ? 0 : count(.validation))
    let fitted = "Fitted to \(Format.count(used, noun)) of \(shortPaths(data.examples.title))."
    guard let test = result.test else { return [summary, fitted].joined(separator: " ").trimmed }
    return [
      summary.capitalizedFirst, fitted,
      "All choices were made "
        + (folds.map { "by \($0)-fold cross-validation on the training and the validation set" }
          ?? "on the validation set (\(Format.count(count(.validation), noun)))")
        + ", all scores below are on the test set (\(Format.count(test.samples, noun))), which was looked at once, at the "
        + "end.",
    ].joined(separator: " ").trimmed
  }

  // MARK: - Scores

  private var figures: [Report.Figure] {
    var figures: [Report.Figure] = []
    if let test = result.test {
      if let score = test.metrics[test.primary] {
        let description = ScoreDescription(test.primary)
        let interval = description.text(score.interval ?? [])
        figures.append(
          .init(
            description.text(score.value),
            "test \(description.words)" + (interval.isEmpty ? "" : "; 95 % confidence interval \(interval)")))
      }
      var others = ScoreDescription.sorted(
        test.metrics.filter { $0.key != test.primary && $0.value.value.isFinite }.keys)
      if let share = test.metrics["largest_class"], share.value > Self.dominantShare {
        others.insert("largest_class", at: 0)
      }
      figures += others.prefix(Self.otherFigureCount).map { key in
        let description = ScoreDescription(key)
        return .init(description.text(test.metrics[key]?.value ?? .nan), "test \(description.words)")
      }
      if let wrong = test.wrongCount {
        figures.append(
          .init(
            "\(Format.grouped(wrong)) of \(Format.grouped(test.samples))", "test \(noun)s predicted wrong"))
      }
    } else {
      figures.append(.init(Format.grouped(count(.training)), "training \(noun)s"))
      figures.append(.init(Format.grouped(result.parameters), "parameters"))
    }
    if figures.count < 3, let test = result.test {
      figures.append(.init(Format.grouped(test.samples), "test \(noun)s"))
    }
    return figures + [.init(Format.duration(result.seconds), "for the whole run")]
  }

  /// All scores on the test set beside those on the validation set.
  private var scores: Report.Section? {
    guard let test = result.test else { return nil }
    let validation = result.validation
    func row(_ key: String, _ test: Evaluation.Score, _ validation: Evaluation.Score?) -> [Report.Table.Cell]
    {
      let description = ScoreDescription(key)
      return [.init(description.title), description.cell(test)]
        + (validation.map { [description.cell($0)] } ?? [])
    }
    var rows = [row("loss", .init(test.loss), validation.map { .init($0.loss) })]
    rows += ScoreDescription.sorted(test.metrics.keys).map { key in
      row(key, test.metrics[key] ?? .init(.nan), validation.map { $0.metrics[key] ?? .init(.nan) })
    }
    rows.append(
      [.init("\(noun)s".capitalizedFirst), .count(test.samples)]
        + (validation.map { [.count($0.samples)] } ?? []))
    return Report.Section(
      id: "scores", title: "Scores",
      note: "In small print, 95 % confidence intervals."
        + (validation == nil
          ? ""
          : " The model was chosen by \(folds == nil ? "its validation loss" : "cross-validation"), so that these scores "
            + "are a little too good: those on the test set count."),
      blocks: [
        .table(
          Report.Table(
            ["Score", "Test set"]
              + (validation == nil ? [] : [.init(folds == nil ? "Validation set" : "Cross-validation")]),
            rows: rows, width: .narrow)
        )
      ])
  }

  // MARK: - Training

  private var learning: Report.Section? {
    var quantities: [String] = []
    for name in phases.flatMap(\.history.names) {
      let base = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
      if !quantities.contains(base) { quantities.append(base) }
    }
    var section = Report.Section.learning(
      phases: phases.map { TrainingPhase($0.name.capitalizedFirst, history: $0.history, rates: $0.rates) },
      measures: quantities.map { name in
        let description = ScoreDescription(name)
        return LearningMeasure(description.title, name, description.words)
      }, note: "The training and the validation loss should fall.")
    section?.blocks.insert(.table(phaseTable), at: 0)
    return section
  }

  private var phaseTable: Report.Table {
    Report.Table(
      ["Phase", "Epochs", "Highest learning rate", "Lowest validation loss", "Time"],
      rows: phases.map { phase in
        let best = phase.history.best("val_loss", mode: .minimum)
        return [
          .init(phase.name.capitalizedFirst), .count(phase.history.epochs.count),
          .number(phase.learningRate ?? .nan),
          Report.Table.Cell(
            Format.number(best?.value ?? .nan), detail: best.map { "epoch \($0.epoch + 1)" } ?? ""),
          .duration(phase.seconds),
        ]
      })
  }

  /// A loss that is none is worse than any other.
  private static func compared(_ loss: Double?) -> Double {
    loss.flatMap { $0.isNaN ? nil : $0 } ?? .infinity
  }

  /// The recipes that were tried, where there were several or one failed.
  private var candidates: Report.Section? {
    let all = result.candidates
    guard all.count > 1 || all.contains(where: { $0.failure != nil }) else { return nil }
    let kept = all.indices.filter { all[$0].failure == nil }
      .min { (Self.compared(all[$0].loss), $0) < (Self.compared(all[$1].loss), $1) }
    let score = (result.validation ?? result.test).map { ScoreDescription($0.primary) }
    let rows = all.indices.map { place -> [Report.Table.Cell] in
      let candidate = all[place]
      let state = place == kept ? "kept" : candidate.failure == nil ? "" : "failed"
      return [
        .init(candidate.recipe, detail: state), .number(candidate.loss ?? .nan),
        .init(score?.text(candidate.score ?? .nan) ?? Format.unknown), .duration(candidate.seconds),
      ]
    }
    let summaries = all.map { candidate in
      Report.Fact(candidate.recipe, candidate.summary + (candidate.failure.map { ". Failed: \($0)" } ?? ""))
    }
    return Report.Section(
      id: "candidates", title: "Recipes that were tried",
      note: "The recipe with the lowest validation loss was kept. The test set played no part in this.",
      blocks: [
        .table(
          Report.Table(
            ["Recipe", "Validation loss", .init("Validation \(score?.words ?? "score")"), "Time"], rows: rows,
            width: .narrow)), .facts([.init("", summaries)]),
      ])
  }
}

extension Report.Table.Cell {
  /// A time that stays on one line.
  fileprivate static func duration(_ seconds: Double) -> Report.Table.Cell {
    .init(Format.duration(seconds).replacing(" ", with: "\u{a0}"))
  }
}

extension Evaluation {
  /// How many examples were predicted to be of another class; nil without classes.
  var wrongCount: Int? {
    confusion.map { counts in
      counts.indices.reduce(0) { sum, truth in
        sum + counts[truth].indices.reduce(0) { $0 + ($1 == truth ? 0 : counts[truth][$1]) }
      }
    }
  }
}
