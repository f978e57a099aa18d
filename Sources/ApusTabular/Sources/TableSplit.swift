import ApusData
import ApusReport
import ApusTasks

/// How the rows of a table are dealt to training, validation and test set, where a person says it.
enum TableSplit: Equatable {
  /// By chance.
  case random
  /// The last rows by a column of dates or numbers are the test set, those before them the validation set.
  case time(String)
  /// Rows with the same value of a column stay in one part.
  case group(String)

  /// The split that a person wrote: `random`, `time:COLUMN` or `group:COLUMN`.
  /// - Throws: `DataError` for anything else.
  init(_ text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count) {
    case ("random", 1): self = .random
    case ("time", 2): self = .time(parts[1])
    case ("group", 2): self = .group(parts[1])
    default:
      throw DataError(
        .setting, "--split is random, time:COLUMN or group:COLUMN, \"\(text)\" came",
        advice: "A file with the test rows is named by --test.")
    }
  }

  /// The column that it needs.
  var column: String? {
    switch self {
    case .random: nil
    case .time(let name), .group(let name): name
    }
  }

  /// The moments or numbers of a column, for the order of the rows.
  /// - Parameters:
  ///   - cells: The column's cells.
  ///   - profile: What the column holds.
  ///   - names: What people call the rows.
  /// - Throws: `DataError` for columns of something else and for a cell without a value, which is named.
  /// - Returns: A number for each row.
  static func times(_ cells: [String], _ profile: ColumnProfile, names: [String]) throws -> [Double] {
    guard profile.type == .date || profile.type == .number || profile.type == .id,
      profile.range != nil || profile.type == .id
    else {
      throw DataError(
        .type,
        "--split time:\(profile.name): a column of dates or numbers was expected, it is a \(profile.type.rawValue)",
        advice: "Say what it is by --types \(profile.name)=date, or split otherwise.")
    }
    return try cells.enumerated().map { row, text in
      let value =
        profile.type == .date
        ? DateCell(text)?.seconds(profile.dateOrder)
        : NumberCell.read(text, decimalComma: profile.decimalComma)?.value
      guard let value else {
        throw DataError(
          .sample,
          "--split time:\(profile.name): \(names[row]) has no time that can be read, \"\(text)\" stands there",
          advice: "Fill it in, or take the row out.", samples: [row])
      }
      return value
    }
  }

  /// The parts by time: rows of one moment stay together.
  /// - Parameters:
  ///   - times: A number for each row.
  ///   - testShare: The share of the rows for the test set; 0 for none, which is elsewhere.
  ///   - usable: Whether each row can be used, its target being known.
  /// - Throws: `DataError` where fewer than three moments are there.
  /// - Returns: The part of each row.
  static func parts(_ times: [Double], testShare: Double, usable: [Bool]) throws -> [Part?] {
    let order = times.indices.filter { usable[$0] }.sorted { (times[$0], $0) < (times[$1], $1) }
    /// The first place from which on rows are later than those before the share's begin.
    func start(_ share: Double, of places: ArraySlice<Int>) -> Int {
      var place = places.endIndex - max(1, Int((share * Double(places.count)).rounded()))
      while place > places.startIndex, times[order[place - 1]] == times[order[place]] { place -= 1 }
      return place
    }
    let places = Array(order.indices)[...]
    guard order.count >= 3 else { throw DataError(.empty, "\(order.count) rows are too few for three parts") }
    let test = testShare > 0 ? start(testShare, of: places) : places.endIndex
    let validation = test > 0 ? start(Examples.validationShare, of: places[..<test]) : 0
    guard test > 0, validation > 0 else {
      throw DataError(
        .empty, "a split by time needs at least three different moments with rows enough in each",
        advice: "Split by chance, or by another column.")
    }
    var parts = [Part?](repeating: .training, count: times.count)
    for (place, row) in order.enumerated() {
      parts[row] = place >= test ? .test : place >= validation ? .validation : .training
    }
    return parts
  }
}
