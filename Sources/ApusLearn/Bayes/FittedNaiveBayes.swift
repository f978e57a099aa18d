import ApusData
import ApusGraph
import Foundation

/// The distributions of a `NaiveBayes`.
public struct FittedNaiveBayes: FittedEstimator {
  /// The name in files.
  public static let kind = NaiveBayes.kind
  /// The columns that it was fitted to.
  public let columns: [FeatureMatrix.Column]
  /// The logarithm of each class's share; nil for classes without rows.
  private let logShares: [Double?]
  /// For each column `[classes, 2]`, mean and variance, or `[classes, levels]`, logarithms of shares.
  private let tables: [[Double]]

  private struct Settings: Codable {
    var columns: [FeatureMatrix.Column]
    var logShares: [Double?]
  }

  init(columns: [FeatureMatrix.Column], logShares: [Double?], tables: [[Double]]) {
    (self.columns, self.logShares, self.tables) = (columns, logShares, tables)
  }

  /// Reads a model.
  public init(_ archive: EstimatorArchive) throws {
    let settings = try archive.settings(as: Settings.self)
    guard settings.logShares.count > 1, !settings.columns.isEmpty else {
      throw archive.corrupt("it has no classes or no columns")
    }
    let widths = settings.columns.map { Self.width($0) * settings.logShares.count }
    var values = try archive.array("tables", as: Double.self, count: widths.reduce(0, +))[...]
    let tables = widths.map { width in
      defer { values = values.dropFirst(width) }
      return Array(values.prefix(width))
    }
    self.init(columns: settings.columns, logShares: settings.logShares, tables: tables)
  }

  /// Everything that it takes to read it again.
  public func archive() throws -> EstimatorArchive {
    let values = tables.flatMap { $0 }
    return try EstimatorArchive(
      Self.kind, settings: Settings(columns: columns, logShares: logShares),
      tensors: ["tables": Literal(values, shape: [values.count])])
  }

  private static func width(_ column: FeatureMatrix.Column) -> Int {
    if case .category(let levels) = column.kind { levels } else { 2 }
  }

  /// The number of classes.
  public var outputCount: Int { logShares.count }
  /// Shares of classes and levels, means and variances.
  public var parameterCount: Int { logShares.count + tables.reduce(0) { $0 + $1.count } }

  /// The logarithm of each class's share and likelihood. Missing values are left out.
  public func outputs(_ features: FeatureMatrix) throws -> [Double] {
    try features.requireColumns(columns)
    let count = logShares.count
    let shares = logShares.map { $0 ?? 0 }
    var result = Array(repeatElement(shares, count: features.rowCount).joined())
    for (place, column) in columns.enumerated() {
      let table = tables[place]
      let isNumber = column.kind == .number
      let width = Self.width(column)
      let constants = (0..<count).map { isNumber ? log(2 * Double.pi * table[$0 * 2 + 1]) / 2 : 0 }
      for row in 0..<features.rowCount {
        let value = features[row, place]
        if value.isNaN { continue }
        for label in 0..<count {
          if isNumber {
            let gap = Double(value) - table[label * 2]
            result[row * count + label] -= constants[label] + gap * gap / (2 * table[label * 2 + 1])
          } else {
            result[row * count + label] += table[label * width + Int(value)]
          }
        }
      }
    }
    ClassLogits.exclude(logShares.map { $0 == nil }, from: &result)
    return result
  }
}
