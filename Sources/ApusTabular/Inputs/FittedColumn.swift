import ApusData

/// A number that a date becomes.
enum DatePart: String, Sendable, Codable, CaseIterable {
  case year, month, day, weekday, hour
  /// Days since 1970-01-01, with a fraction for the time.
  case elapsed = "days"

  /// The part of a moment.
  /// - Parameter seconds: Seconds since 1970-01-01.
  /// - Returns: The year; 1...12; 1...31; 0 for Monday to 6; 0...23 with a fraction; days since 1970-01-01.
  func value(_ seconds: Double) -> Double {
    let days = (seconds / 86_400).rounded(.down)
    switch self {
    case .year: return Double(DateCell.calendar(days: Int(days)).year)
    case .month: return Double(DateCell.calendar(days: Int(days)).month)
    case .day: return Double(DateCell.calendar(days: Int(days)).day)
    case .weekday: return Double(((Int(days) + 3) % 7 + 7) % 7)
    case .hour: return (seconds - days * 86_400) / 3600
    case .elapsed: return seconds / 86_400
    }
  }
}

/// How one column becomes features, taken from training rows.
struct FittedColumn: Sendable, Codable, Equatable {
  /// What is taken off and what the rest is divided by.
  struct Scale: Sendable, Codable, Equatable {
    var mean: Double
    var std: Double

    /// Centered and divided in double precision: float32 holds what is left, whatever the offset was.
    func scaled(_ value: Double) -> Double { (value - mean) / std }
  }

  /// A part of a date with its scale.
  struct ScaledPart: Sendable, Codable, Equatable {
    var part: DatePart
    var scale: Scale
  }

  /// What is done with the values.
  enum Method: Sendable, Codable, Equatable {
    /// A number, standardized; what stands in for a missing one; the range in the training set, where that is known.
    case number(Scale, replacement: Double, decimalComma: Bool, minimum: Double?, maximum: Double?)
    /// A 1 for yes, 0 for no, and what stands in for a missing value.
    case boolean(yes: String, no: String, replacement: Double)
    /// One-hot: a 1 for the level that it is. `pools` adds one for all other levels, the rare ones of the training set.
    case category(levels: [String], replacement: Int, pools: Bool)
    /// Parts of a date, standardized; the range in seconds since 1970-01-01.
    case date(DateOrder, [ScaledPart], replacement: Double, minimum: Double, maximum: Double)
  }

  var name: String
  var method: Method
  /// Whether a 1 beside the value says that it was missing.
  var flagsMissing: Bool

  /// What its features are called.
  func featureNames(_ form: FeatureForm) -> [String] {
    let names: [String] =
      switch method {
      case .number: [name]
      case .boolean(let yes, _, _): [form == .columns ? name : "\(name)=\(yes)"]
      case .category(let levels, _, let pools):
        form == .columns ? [name] : levels.map { "\(name)=\($0)" } + (pools ? ["\(name)=other"] : [])
      case .date(_, let parts, _, _, _): parts.map { "\(name) \($0.part.rawValue)" }
      }
    return names + (form == .dense && flagsMissing ? ["\(name) is missing"] : [])
  }

  /// The column of an encoder of earlier versions.
  init(_ earlier: TableEncoder.Input) {
    name = earlier.name
    flagsMissing = earlier.flagsMissing
    if let vocabulary = earlier.vocabulary {
      method = .category(levels: vocabulary, replacement: earlier.replacementIndex, pools: false)
    } else {
      method = .number(
        Scale(mean: earlier.mean, std: earlier.std), replacement: earlier.replacement, decimalComma: false,
        minimum: nil, maximum: nil)
    }
  }

  /// More levels of a column are pooled, the rarest first.
  static let levelLimit = 100

  /// nil for columns that give no features.
  /// - Parameters:
  ///   - profile: The column's, on training rows.
  ///   - levelLimit: More levels of a category are pooled, the rarest first.
  init?(_ profile: ColumnProfile, levelLimit: Int = FittedColumn.levelLimit) {
    name = profile.name
    flagsMissing = profile.missingCount + profile.oddCount > 0
    let statistics = profile.statistics
    switch profile.type {
    case .number:
      guard statistics.std > 0 else { return nil }
      method = .number(
        Scale(mean: statistics.mean, std: statistics.std), replacement: statistics.mean,
        decimalComma: profile.decimalComma, minimum: statistics.minimum, maximum: statistics.maximum)
    case .boolean:
      let counts = profile.levels.reduce(into: [String: Int]()) {
        $0[$1.text.lowercased(), default: 0] += $1.count
      }
      guard let yes = counts.keys.first(where: ColumnProfile.affirmations.contains),
        let no = counts.keys.first(where: { $0 != yes })
      else { return nil }
      let isMostlyYes = counts[yes, default: 0] > counts[no, default: 0]
      method = .boolean(yes: yes, no: no, replacement: isMostlyYes ? 1 : 0)
    case .category:
      let kept = profile.levels.prefix(levelLimit)
      let levels = kept.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      method = .category(
        levels: levels, replacement: kept.first.flatMap { levels.firstIndex(of: $0.text) } ?? 0,
        pools: profile.distinctCount > levels.count)
    case .date:
      guard statistics.std > 0 else { return nil }
      method = .date(
        profile.dateOrder, [], replacement: statistics.mean, minimum: statistics.minimum,
        maximum: statistics.maximum)
    case .text, .id, .constant, .empty: return nil
    }
  }

  /// The number, date or truth that a cell stands for; nil for others and for categories.
  func value(_ text: String) -> Double? {
    switch method {
    case .number(_, _, let decimalComma, _, _): NumberCell.read(text, decimalComma: decimalComma)?.value
    case .date(let order, _, _, _, _): DateCell(text)?.seconds(order)
    case .boolean(let yes, let no, _):
      switch text.lowercased() {
      case yes: 1
      case no: 0
      default: nil
      }
    case .category: nil
    }
  }
}
