import ApusReport

/// What a score is called and how its values are written, the same in reports and in the terminal.
struct ScoreDescription: Sendable, Equatable {
  /// How values are written.
  enum Style: Sendable, Equatable {
    /// A share of 0...1, in percent.
    case share
    /// A number with so many digits after the point.
    case decimals(Int)
    /// A number of any size, with four significant digits.
    case number
    /// A whole number.
    case count
  }

  /// The name within a sentence, such as `mean absolute error`.
  let words: String
  /// How values are written.
  let style: Style
  /// Where the score comes among others; the most important first.
  let rank: Int

  /// The description of a score.
  ///
  /// - Parameter key: Its name in an `Evaluation` or a `History`, such as `macro_f1` or `meanAveragePrecision`. Names
  ///   that are not known are taken apart into words.
  init(_ key: String) {
    let snake = Self.snakeCase(key)
    if let place = Self.known.firstIndex(where: { $0.key == snake }) {
      (words, style, rank) = (Self.known[place].words, Self.known[place].style, place)
    } else {
      (words, style, rank) = (snake.replacing("_", with: " "), .number, Self.known.count)
    }
  }

  /// The name with a capital letter, for headings.
  var title: String { words.capitalizedFirst }

  /// A value as text; `–` if it is not finite.
  func text(_ value: Double) -> String {
    switch style {
    case .share: Format.percent(value)
    case .decimals(let digits): Format.fixed(value, digits)
    case .number: Format.number(value)
    case .count: value.isFinite && abs(value) < 1e15 ? Format.grouped(Int(value.rounded())) : Format.unknown
    }
  }

  /// A range of values as text, such as `93.1 – 96.8 %`; empty if an end is not finite.
  func text(_ interval: [Double]) -> String {
    guard interval.count == 2, interval.allSatisfy(\.isFinite) else { return "" }
    return style == .share
      ? Format.percentRange(interval[0], interval[1]) : "\(text(interval[0])) – \(text(interval[1]))"
  }

  /// A value with its interval in small print, as a cell of a table.
  func cell(_ score: Evaluation.Score) -> Report.Table.Cell {
    Report.Table.Cell(text(score.value), detail: score.value.isFinite ? text(score.interval ?? []) : "")
  }

  /// Names of scores, the most important first.
  static func sorted(_ keys: some Sequence<String>) -> [String] {
    keys.map { (rank: ScoreDescription($0).rank, key: $0) }
      .sorted { ($0.rank, $0.key) < ($1.rank, $1.key) }.map(\.key)
  }

  private static let known: [(key: String, words: String, style: Style)] = [
    ("loss", "loss", .number),
    ("accuracy", "accuracy", .share),
    ("area_under_curve", "area under the ROC curve", .decimals(4)),
    ("balanced_accuracy", "balanced accuracy", .share),
    ("mean_average_precision", "mean average precision", .share),
    ("average_precision", "average precision", .share),
    ("mean_iou", "mean IoU", .share),
    ("iou", "IoU", .share),
    ("r2", "R²", .decimals(3)),
    ("precision", "precision", .share),
    ("recall", "recall", .share),
    ("f1", "F1", .share),
    ("macro_f1", "macro F1", .share),
    ("subset_accuracy", "subset accuracy", .share),
    ("micro_f1", "micro F1", .share),
    ("label_f1", "F1, mean over labels", .share),
    ("pixel_accuracy", "pixel accuracy", .share),
    ("binary_accuracy", "binary accuracy", .share),
    ("mean_absolute_error", "mean absolute error", .number),
    ("baseline_mean_absolute_error", "baseline's mean absolute error", .number),
    ("root_mean_squared_error", "root mean squared error", .number),
    ("mean_squared_error", "mean squared error", .number),
    ("calibration_error", "expected calibration error", .share),
    ("largest_class", "share of the largest class", .share),
    ("interval_coverage", "coverage of 90 % intervals", .share),
    ("hamming_loss", "Hamming loss", .share),
    ("threshold", "threshold", .decimals(3)),
    ("correct", "correct", .count),
    ("samples", "examples", .count),
    ("pixels", "pixels", .count),
    ("share", "share", .share),
  ]

  /// `meanAveragePrecision` is `mean_average_precision`, `meanIoU` is `mean_iou`.
  private static func snakeCase(_ key: String) -> String {
    var result = ""
    var wasLower = false
    for letter in key.replacing("IoU", with: "Iou") {
      if letter.isUppercase, wasLower { result.append("_") }
      wasLower = letter.isLowercase || letter.isNumber
      result += letter.lowercased()
    }
    return result
  }
}

extension Report.Table {
  /// Scores of classes, labels or numbers, with 95 % confidence intervals in small print.
  ///
  /// - Parameters:
  ///   - noun: What a row is, such as `class`.
  ///   - keys: The names of the scores, such as `iou`.
  ///   - rows: The name of each row, and its scores in the order of the names.
  /// - Returns: The table.
  public static func scores(
    of noun: String, _ keys: [String], rows: [(name: String, scores: [Evaluation.Score])]
  ) -> Report.Table {
    let descriptions = keys.map { ScoreDescription($0) }
    return Report.Table(
      [.init(noun.capitalizedFirst)] + descriptions.map { .init($0.title) },
      rows: rows.map { row in [.init(row.name)] + zip(descriptions, row.scores).map { $0.cell($1) } })
  }
}

extension String {
  /// With its first letter as a capital.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }

  /// Without line breaks and runs of blanks, cut off after so many characters.
  func excerpt(_ limit: Int) -> String {
    let isLong = index(startIndex, offsetBy: 4 * limit, limitedBy: endIndex).map { $0 < endIndex } ?? false
    let words = prefix(4 * limit).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return isLong || words.count > limit ? String(words.prefix(limit)).trimmed + "…" : words
  }
}
