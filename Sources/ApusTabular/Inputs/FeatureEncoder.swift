import ApusData
import ApusIO
import ApusLearn
import Foundation
import Synchronization

/// Turns rows of a table into numbers in the way that training rows taught; saved with the model.
public struct FeatureEncoder: Sendable, Codable, Equatable {
  /// A column that is not used.
  public struct LeftOut: Sendable, Codable, Equatable {
    /// Its name.
    public let name: String
    /// What its values are.
    public let type: ColumnType
    /// Why, and how it can be kept.
    public let reason: String
  }

  let columns: [FittedColumn]
  /// What the features of a row are.
  public let form: FeatureForm
  /// The columns that are not used, and why.
  public let leftOut: [LeftOut]
  /// What a person should know of the columns that are used: cells that count as missing, pooled levels.
  public let notes: [String]
  /// The names of all columns of the training's table; those beyond are unknown to the model.
  let knownNames: [String]
  /// Texts that stand for a missing value.
  let missingTexts: Set<String>
  /// What the features are called, in their order.
  public let featureNames: [String]
  private let levels: [[String: Int]]
  private let cache = Cache()

  private enum CodingKeys: String, CodingKey { case columns, form, leftOut, notes, knownNames, missingTexts }

  init(
    columns: [FittedColumn], form: FeatureForm = .dense, leftOut: [LeftOut] = [], notes: [String] = [],
    knownNames: [String], missingTexts: Set<String> = CSVFormat().missingTexts
  ) {
    (self.columns, self.form, self.leftOut, self.notes) = (columns, form, leftOut, notes)
    (self.knownNames, self.missingTexts) = (knownNames, missingTexts)
    featureNames = columns.flatMap { $0.featureNames(form) }
    levels = columns.map { column in
      guard case .category(let levels, _, _) = column.method else { return [:] }
      return Dictionary(zip(levels, levels.indices)) { first, _ in first }
    }
  }

  /// An encoder of an earlier version.
  init(_ earlier: TableEncoder) {
    self.init(
      columns: earlier.inputs.map(FittedColumn.init), notes: earlier.warnings,
      knownNames: earlier.inputs.map(\.name))
  }

  /// Reads an encoder of this or an earlier version.
  /// - Parameter decoder: Where it was saved.
  /// - Throws: `DecodingError` for something else.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    guard values.contains(.columns) else {
      self.init(try TableEncoder(from: decoder))
      return
    }
    self.init(
      columns: try values.decode([FittedColumn].self, forKey: .columns),
      form: try values.decodeIfPresent(FeatureForm.self, forKey: .form) ?? .dense,
      leftOut: try values.decode([LeftOut].self, forKey: .leftOut),
      notes: try values.decode([String].self, forKey: .notes),
      knownNames: try values.decode([String].self, forKey: .knownNames),
      missingTexts: try values.decode(Set<String>.self, forKey: .missingTexts))
  }

  /// Saves it; equal encoders give equal files.
  /// - Parameter encoder: Where to.
  /// - Throws: what `encoder` throws.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(columns, forKey: .columns)
    if form != .dense { try values.encode(form, forKey: .form) }
    try values.encode(leftOut, forKey: .leftOut)
    try values.encode(notes, forKey: .notes)
    try values.encode(knownNames, forKey: .knownNames)
    try values.encode(missingTexts.sorted(), forKey: .missingTexts)
  }

  /// Whether two encoders do the same.
  public static func == (left: FeatureEncoder, right: FeatureEncoder) -> Bool {
    left.columns == right.columns && left.form == right.form && left.missingTexts == right.missingTexts
  }

  /// What a person should know: columns that are left out, cells that count as missing.
  public var warnings: [String] {
    leftOut.map { "column \"\($0.name)\" is left out: \($0.reason)" } + notes
  }

  /// The column that names rows, which predictions keep; nil where there is none.
  public var idColumn: String? { leftOut.first { $0.type == .id }?.name }

  /// The features as columns of a matrix.
  var matrixColumns: [FeatureMatrix.Column] {
    form == .columns ? columns.flatMap(\.matrixColumns) : featureNames.map { FeatureMatrix.Column($0) }
  }

  /// The places of the encoder's columns among others.
  /// - Parameters:
  ///   - names: The names of the fields of rows.
  ///   - path: What errors call the rows.
  /// - Returns: A place for each column.
  /// - Throws: `FileError` that names the first column that is missing, and the nearest name that is there.
  func places(in names: [String], path: String) throws -> [Int] {
    if let known = cache.places(names) { return known }
    let indices = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    let places = try columns.map { column in
      guard let place = indices[column.name] else {
        let used = Set(columns.map(\.name))
        throw CSVTable.missingColumn(
          column.name, among: names, path: path,
          nearest: NearestName.of(column.name, in: names.filter { !used.contains($0) }))
      }
      return place
    }
    cache.keep(names, places)
    return places
  }

  /// The features of a row, `[featureNames.count]`, in the encoder's form: numbers and parts of dates centered and divided in
  /// double precision, categories, marks for missing values.
  /// - Parameters:
  ///   - fields: The row's fields.
  ///   - places: Where its columns are.
  ///   - path: What errors call the row.
  ///   - surprise: Told of each cell that is unlike those of training.
  /// - Returns: The features.
  /// - Throws: `FileError` for a number that float32 cannot hold.
  func features(
    _ fields: [String], _ places: [Int], path: String,
    surprise: (_ kind: Surprises.Kind, _ column: String, _ text: String) -> Void = { _, _, _ in }
  ) throws -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(featureNames.count)
    func append(_ value: Double, _ column: FittedColumn) throws {
      guard Float(value).isFinite else {
        throw FileError(
          path: path, reason: .unsupported,
          problem: "column \"\(column.name)\" becomes \(value), which float32 cannot hold")
      }
      result.append(Float(value))
    }
    for (index, column) in columns.enumerated() {
      let text = fields[places[index]]
      var isMissing = missingTexts.contains(text)
      let value = isMissing ? nil : column.value(text)
      if case .category(let names, let replacement, let pools) = column.method {
        let known = isMissing ? nil : levels[index][text]
        if known == nil, !isMissing, !pools { surprise(.unseen, column.name, text) }
        if form == .columns {
          // Pooled levels are the one after the others; what no training row had counts as missing.
          let pooled: Float = pools && !isMissing ? Float(names.count) : .nan
          result.append(known.map { Float($0) } ?? pooled)
        } else {
          let level = isMissing ? replacement : known
          for place in names.indices { result.append(place == level ? 1 : 0) }
          if pools { result.append(level == nil ? 1 : 0) }
        }
      } else if value == nil, !isMissing {
        surprise(.odd, column.name, text)
        isMissing = true
      }
      if isMissing, !column.flagsMissing, missingTexts.contains(text) {
        surprise(.missing, column.name, text)
      }
      let isLeftMissing = form == .columns && value == nil
      switch column.method {
      case .category: break
      case .number(let scale, let replacement, _, let minimum, let maximum):
        if let value, let minimum, let maximum, value < minimum || value > maximum {
          surprise(.outside, column.name, text)
        }
        if isLeftMissing {
          result.append(.nan)
        } else {
          try append(scale.scaled(value ?? replacement), column)
        }
      case .boolean(_, _, let replacement):
        if isLeftMissing { result.append(.nan) } else { try append(value ?? replacement, column) }
      case .date(_, let parts, let replacement, let minimum, let maximum):
        if let value, value < minimum || value > maximum { surprise(.outside, column.name, text) }
        for part in parts {
          if isLeftMissing {
            result.append(.nan)
          } else {
            try append(part.scale.scaled(part.part.value(value ?? replacement)), column)
          }
        }
      }
      if form == .dense, column.flagsMissing { result.append(isMissing ? 1 : 0) }
    }
    return result
  }
}

/// The places of columns in the rows that came last.
private final class Cache: Sendable {
  private let last = Mutex<(names: [String], places: [Int])?>(nil)

  func places(_ names: [String]) -> [Int]? {
    last.withLock { last in last.flatMap { $0.names == names ? $0.places : nil } }
  }

  func keep(_ names: [String], _ places: [Int]) { last.withLock { $0 = (names, places) } }
}
