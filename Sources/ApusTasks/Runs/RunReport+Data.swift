import ApusIO
import ApusReport

// On what data the model was trained, how, with what, and what a person who uses it has to know.
extension RunReport {
  /// Rows of a table of counts; of more classes the rarest are shown.
  private static let rowLimit = 50
  /// Characters of a value that are shown.
  private static let valueLength = 400

  // MARK: - Data

  var dataSection: Report.Section? {
    let tables = data.examples.targets.compactMap { counts(of: $0) } + [ranges].compactMap { $0 }
    var blocks = (tables.isEmpty ? [totals] : tables).map { Report.Block.table($0) }
    if !result.data.notes.isEmpty { blocks.append(.list(result.data.notes)) }
    blocks.append(
      .details(
        title: "Left out", items: result.data.skipped.map { "\(shortened($0.name)): \($0.problem)" }))
    return Report.Section(
      id: "data", title: "Training, validation and test set",
      note: (folds.map {
        "Models are fitted and chosen by \($0)-fold cross-validation on the training and the validation set together. "
      }
        ?? "Models are fitted to the training set. The validation set decides when training stops and what is kept. ")
        + "The test set measures.", blocks: blocks)
  }

  /// The part of a path that tells files apart.
  private func shortened(_ name: String) -> String {
    name.split(separator: "/").suffix(2).joined(separator: "/")
  }

  private var totals: Report.Table {
    Report.Table([""] + partColumns, rows: [totalRow], width: .narrow)
  }

  /// How often each class or label occurs in each part; nil for what cannot be counted.
  private func counts(of column: Column) -> Report.Table? {
    switch column.values {
    case .categories(let all): counts("Class") { row in all[row].map { [$0] } ?? [] }
    case .tags(let all): counts("Label") { row in all[row] ?? [] }
    case .numbers, .files, .texts, .records, .samples: nil
    }
  }

  private func counts(_ title: String, _ names: (Int) -> [String]) -> Report.Table {
    let counts = Part.allCases.map { part in
      data.rows(part).reduce(into: [String: Int]()) { counts, row in
        for name in names(row) { counts[name, default: 0] += 1 }
      }
    }
    let all = Set(counts.flatMap(\.keys)).sorted()
    func count(_ part: Int, _ name: String) -> Int { counts[part][name] ?? 0 }
    let isLong = all.count > Self.rowLimit
    let shown =
      isLong
      ? Array(all.sorted { (count(0, $0), $0) < (count(0, $1), $1) }.prefix(Self.rowLimit)) : all
    var rows = shown.map { name -> [Report.Table.Cell] in
      [.init(name)] + Part.allCases.indices.map { .count(count($0, name)) }
    }
    if isLong {
      rows.append(["\(Format.grouped(all.count - shown.count)) more, which are more frequent", "", "", ""])
    }
    return Report.Table([.init(title)] + partColumns, rows: rows + [totalRow], width: .narrow)
  }

  /// The median of each number in each part, with the range in small print; nil without numbers.
  private var ranges: Report.Table? {
    let rows = data.examples.targets.compactMap { column -> [Report.Table.Cell]? in
      guard case .numbers(let all) = column.values else { return nil }
      let cells = Part.allCases.map { part -> Report.Table.Cell in
        let values = data.rows(part).map { all[$0] }.filter(\.isFinite).sorted()
        guard let lowest = values.first, let highest = values.last else { return "–" }
        return .number(values[values.count / 2], interval: (lowest, highest))
      }
      return [.init(column.name)] + cells
    }
    guard !rows.isEmpty else { return nil }
    return Report.Table(
      ["Target: median and range"] + partColumns, rows: rows + [totalRow], width: .narrow)
  }

  private var partColumns: [Report.Table.Column] {
    Part.allCases.map { .init("\($0.rawValue) set".capitalizedFirst) }
  }

  private var totalRow: [Report.Table.Cell] {
    [.init("All \(noun)s")] + Part.allCases.map { .count(data.rows($0).count) }
  }

  // MARK: - Where it comes from

  var provenance: Report.Section {
    let origin = model.origin
    var facts = [Report.Fact("Data", data.examples.title)]
    facts += Part.allCases.map {
      .init("\($0.rawValue) set".capitalizedFirst, Format.count(data.rows($0).count, noun))
    }
    facts.append(.init("Recipe", recipe.summary))
    if let pretraining = origin.pretraining { facts.append(.init("Pretrained on", pretraining)) }
    facts += model.facts
    facts.append(.init("Parameters", Format.grouped(result.parameters)))
    var settings = [Report.Fact("Random seed", "\(result.seed)")]
    settings += options.values.sorted { $0.key < $1.key }.map { .init("--\($0.key)", $0.value) }
    if let text = try? Coded(recipe).content, let values = try? JSON(parsing: Array(text.utf8)) {
      settings += Self.facts(of: values, "")
    }
    let environment =
      Environment.facts.map { Report.Fact($0.name, $0.value) } + [
        .init("Time", Format.duration(result.seconds)), .init("SHA-256 of the model", result.sha256),
      ]
    return .provenance(
      [("Data and model", facts), ("Settings", settings), ("Environment", environment)].map { title, facts in
        .init(title, facts.map { .init($0.name, $0.value.excerpt(Self.valueLength)) })
      })
  }

  /// The values of a recipe's settings, those of inner values with the names of the outer ones before theirs.
  private static func facts(of value: JSON, _ name: String) -> [Report.Fact] {
    func fact(_ text: String) -> [Report.Fact] { [.init(words(name), text)] }
    switch value {
    case .null: return []
    case .bool(let value): return fact(value ? "yes" : "no")
    case .integer(let value): return fact("\(value)")
    case .number(let value): return fact(Format.number(value, digits: 6))
    case .string(let value): return value.isEmpty ? [] : fact(value)
    case .array: return fact(value.text())
    case .object(let members):
      return members.flatMap { facts(of: $0.value, name.isEmpty ? $0.key : "\(name) \($0.key)") }
    }
  }

  /// `learningRate` is `Learning rate`.
  private static func words(_ name: String) -> String {
    var result = ""
    for letter in name {
      if letter.isUppercase, result.last?.isLowercase ?? false { result.append(" ") }
      result += letter.lowercased()
    }
    return result.replacing("_", with: " ").capitalizedFirst
  }

  // MARK: - Limitations

  /// An interval of shares that is wider says that the test set is small.
  private static let wideInterval = 0.05
  /// Fewer test examples are few where no interval says so.
  private static let smallTestSet = 200
  /// Classes whose numbers of examples differ by more are imbalanced.
  private static let imbalance = 3

  var limitations: Report.Section? {
    let sentences =
      [
        (model as? any Predictor)?.problem.input.limitation
          ?? (result.test == nil
            ? nil
            : "The scores hold for \(noun)s like those of the test set. On others they may be lower: test the model on a hundred "
              + "\(noun)s of your own first.")
      ] + (data.target?.limitations(noun) ?? []) + [
        model is any Explainable && result.test != nil
          ? "Explanations show what a prediction rests on, not why, and not whether that is a good reason."
          : nil,
        smallTestSetSentence, imbalanceSentence,
        model.origin.pretraining.map {
          "Biases of \($0), on which the model was pretrained, may still be in it."
        },
      ]
    let known = sentences.compactMap { $0 }
    return known.isEmpty ? nil : .limitations(known)
  }

  private var smallTestSetSentence: String? {
    guard let test = result.test else { return nil }
    let size = "The test set is small (\(Format.count(test.samples, noun)))"
    let description = ScoreDescription(test.primary)
    guard let interval = test.metrics[test.primary]?.interval, interval.count == 2 else {
      return test.samples < Self.smallTestSet
        ? "\(size): the scores depend much on which \(noun)s are in it." : nil
    }
    guard !(interval[1] - interval[0] <= Self.wideInterval) else { return nil }
    let text = description.text(interval)
    return "\(size)"
      + (text.isEmpty ? "." : ": \(description.words) has a 95 % confidence interval of \(text).")
  }

  private var imbalanceSentence: String? {
    guard let confusion = result.test?.confusion else { return nil }
    let supports = confusion.map { $0.reduce(0, +) }
    guard let most = supports.max(), let least = supports.min(), most > Self.imbalance * max(1, least) else {
      return nil
    }
    return
      "The classes of the test set are imbalanced (\(Format.grouped(least)) to \(Format.count(most, noun))), so that "
      + "the accuracy says most about the frequent ones: look at the recall of each class."
  }
}
