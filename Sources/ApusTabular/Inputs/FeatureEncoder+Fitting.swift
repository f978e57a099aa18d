import ApusData
import ApusReport
import ApusTasks

/// Rows of a table that an encoder is fitted to.
struct TableRows {
  let source: any RecordSource
  /// The rows that may be looked at.
  let rows: [Int]
  /// What people call the rows.
  let names: [String]
  let missingTexts: Set<String>
  /// What a person says that columns are.
  var types: [String: ColumnType] = [:]
  /// Whether numbers that can be read in both ways have decimal commas.
  var prefersComma = false

  /// What each column holds.
  func profiles() throws -> [ColumnProfile] {
    var summaries = source.columnNames.map { ColumnSummary(name: $0, missingTexts: missingTexts) }
    for row in rows {
      for (place, field) in try source.fields(row).enumerated() { summaries[place].add(field, line: row) }
    }
    return summaries.map { ColumnProfile($0, as: types[$0.name], prefersComma: prefersComma) }
  }

  /// What stands in some columns, in numbers.
  func leakColumns(_ columns: [FittedColumn], of sample: [Int]) throws -> [LeakColumn] {
    let indices = Dictionary(source.columnNames.enumerated().map { ($1, $0) }) { first, _ in first }
    let places = columns.map { indices[$0.name] ?? 0 }
    var numbers = columns.map { _ in [Double]() }
    var levels = columns.map { _ in [String: Int]() }
    for row in sample {
      let fields = try source.fields(row)
      for (index, column) in columns.enumerated() {
        let text = fields[places[index]]
        if case .category = column.method {
          let level = levels[index][text] ?? levels[index].count
          levels[index][text] = level
          numbers[index].append(Double(level))
        } else {
          numbers[index].append(missingTexts.contains(text) ? .nan : column.value(text) ?? .nan)
        }
      }
    }
    return zip(columns, numbers).map { column, values in
      guard case .category = column.method else { return .numbers(values) }
      return .levels(values.map { Int($0) })
    }
  }
}

extension FeatureEncoder {
  /// Learns from training rows.
  /// - Parameters:
  ///   - table: The rows.
  ///   - form: What the features of a row are.
  ///   - target: The target of each row of the source, for the look at leaks; nil looks for none.
  ///   - ignored: Columns that a person leaves out, and the target.
  ///   - allowed: Columns that stay though they look like leaks.
  /// - Throws: `DataError` where no column is left to predict from.
  init(
    _ table: TableRows, form: FeatureForm = .dense, target: LeakTarget?, ignored: Set<String>,
    allowed: Set<String>
  ) throws {
    var columns: [FittedColumn] = [], leftOut: [LeftOut] = [], notes: [String] = []
    for profile in try table.profiles() where !ignored.contains(profile.name) {
      guard let column = FittedColumn(profile, levelLimit: form.levelLimit) else {
        leftOut.append(LeftOut(name: profile.name, type: profile.type, reason: profile.reasonLeftOut))
        continue
      }
      columns.append(column)
      notes += profile.notes(levelLimit: form.levelLimit) { table.names[$0] }
    }
    try Self.keepNumbers(&columns, &leftOut, table)
    if let target {
      let (kept, leaks) = try Self.withoutLeaks(columns, table, target, allowed: allowed)
      // Without any other column there is nothing to choose.
      if kept.isEmpty, let first = leaks.first {
        notes.append(
          "column \"\(first.name)\" may be a leak: \(first.reason); it stays, as there is no other")
      } else {
        columns = kept
        leftOut += leaks
      }
    }
    guard !columns.isEmpty else {
      throw DataError(
        .empty, "no column is left to predict from",
        advice: leftOut.map { "\"\($0.name)\": \($0.reason)" }.joined(separator: "; "))
    }
    self.init(
      columns: try Self.withDateParts(columns, table), form: form, leftOut: leftOut, notes: notes,
      knownNames: table.source.columnNames, missingTexts: table.missingTexts)
  }

  /// Where nothing else is left, whole numbers that look like ids are used as features.
  private static func keepNumbers(
    _ columns: inout [FittedColumn], _ leftOut: inout [LeftOut], _ table: TableRows
  ) throws {
    guard columns.isEmpty else { return }
    var again = table
    for column in leftOut where column.type == .id { again.types[column.name] = .number }
    for profile in try again.profiles() where again.types[profile.name] == .number {
      guard profile.oddCount == 0, let column = FittedColumn(profile) else { continue }
      columns.append(column)
      leftOut.removeAll { $0.name == profile.name }
    }
  }

  private static func withoutLeaks(
    _ columns: [FittedColumn], _ table: TableRows, _ target: LeakTarget, allowed: Set<String>
  ) throws -> (kept: [FittedColumn], leaks: [LeftOut]) {
    let step = max(1, (table.rows.count + LeakGuard.sampleLimit - 1) / LeakGuard.sampleLimit)
    let sample = stride(from: 0, to: table.rows.count, by: step).map { table.rows[$0] }
    let looked = columns.filter { !allowed.contains($0.name) }
    let found = LeakGuard(
      names: looked.map(\.name), columns: try table.leakColumns(looked, of: sample),
      target: target.column(of: sample)
    ).leaks()
    var leaks: [LeftOut] = []
    for leak in found {
      for name in leak.columns {
        leaks.append(
          LeftOut(
            name: name, type: table.types[name] ?? .number,
            reason: "\(leak.text), which is often known only afterwards; --allow-leak \(name) keeps it"))
      }
    }
    let gone = Set(leaks.map(\.name))
    return (columns.filter { !gone.contains($0.name) }, leaks)
  }

  /// Dates with the scales of their parts; parts that are the same in all rows are left out.
  private static func withDateParts(_ columns: [FittedColumn], _ table: TableRows) throws -> [FittedColumn] {
    let dates = columns.filter { if case .date = $0.method { true } else { false } }
    guard !dates.isEmpty else { return columns }
    let indices = Dictionary(table.source.columnNames.enumerated().map { ($1, $0) }) { first, _ in first }
    let places = dates.map { indices[$0.name] ?? 0 }
    var statistics = dates.map { _ in DatePart.allCases.map { _ in RunningStatistics() } }
    for row in table.rows {
      let fields = try table.source.fields(row)
      for (index, date) in dates.enumerated() {
        guard let seconds = date.value(fields[places[index]]) else { continue }
        for (place, part) in DatePart.allCases.enumerated() {
          statistics[index][place].add(part.value(seconds))
        }
      }
    }
    var found = zip(dates, statistics).reduce(into: [String: [FittedColumn.ScaledPart]]()) { found, entry in
      found[entry.0.name] = zip(DatePart.allCases, entry.1).compactMap { part, statistics in
        statistics.std > 0
          ? .init(part: part, scale: .init(mean: statistics.mean, std: statistics.std)) : nil
      }
    }
    return columns.map { column in
      guard case .date(let order, _, let replacement, let minimum, let maximum) = column.method else {
        return column
      }
      var column = column
      column.method = .date(
        order, found.removeValue(forKey: column.name) ?? [], replacement: replacement, minimum: minimum,
        maximum: maximum)
      return column
    }
  }
}

/// The target as the look at leaks takes it.
struct LeakTarget {
  private let values: Column.Values

  /// nil for several targets, and for others than numbers and classes.
  init?(_ targets: [Column]) {
    guard targets.count == 1 else { return nil }
    switch targets[0].values {
    case .numbers, .categories: values = targets[0].values
    case .files, .texts, .tags, .records, .samples: return nil
    }
  }

  /// The targets of some rows.
  func column(of rows: [Int]) -> LeakColumn {
    switch values {
    case .numbers(let all): return .numbers(rows.map { all[$0] })
    case .categories(let all):
      var levels: [String?: Int] = [:]
      return .levels(
        rows.map { row in
          let level = levels[all[row]] ?? levels.count
          levels[all[row]] = level
          return level
        })
    case .files, .texts, .tags, .records, .samples: return .levels(rows.map { _ in 0 })
    }
  }
}

extension ColumnProfile {
  /// Why the column gives no features.
  var reasonLeftOut: String {
    switch type {
    case .id:
      "nearly every row has a value of its own, as ids do; --types \(name)=category or =number keeps it"
    case .text: "it holds sentences; apus fit TABLE --text \(name) learns from them"
    case .constant: "it has the same value, “\(example ?? "")”, in every row"
    case .empty: "it has no values"
    case .number, .date: "its values are all the same"
    case .boolean, .category: "it has no two values"
    }
  }

  /// What is worth saying of a column that is used.
  /// - Parameters:
  ///   - levelLimit: More levels of a category are pooled.
  ///   - rowName: What people call a row.
  /// - Returns: Sentences.
  func notes(levelLimit: Int = FittedColumn.levelLimit, _ rowName: (Int) -> String) -> [String] {
    var notes: [String] = []
    if let firstOdd {
      notes.append(
        "column \"\(name)\" is a \(type.rawValue): \(Format.count(oddCount, "cell")) that cannot be read as one "
          + "counted as missing, “\(firstOdd.text)” first, in \(rowName(firstOdd.line))")
    }
    if hasTwoDateOrders, type == .date {
      notes.append(
        "column \"\(name)\" has dates in two orders: \(dateOrder.rawValue) is taken, as more dates fit")
    } else if isDateOrderOpen, type == .date {
      notes.append(
        "column \"\(name)\": every date can be read day first or month first; \(dateOrder.rawValue) is taken")
    }
    if type == .category, distinctCount > levelLimit {
      notes.append(
        "column \"\(name)\" has \(Format.grouped(distinctCount)) levels: the \(levelLimit) most frequent "
          + "are used, the others count as one")
    }
    if type == .category, numberShare >= Self.purity, !isAsked {
      notes.append(
        "column \"\(name)\" is used as a category: its numbers begin with zeros, as codes do; --types \(name)=number "
          + "takes them as numbers")
    } else if type == .category, numberShare >= 0.5, !isAsked {
      notes.append(
        "column \"\(name)\" is used as a category, though \(Format.percent(numberShare)) of its cells are numbers; "
          + "--types \(name)=number counts the others as missing")
    }
    return notes
  }
}
