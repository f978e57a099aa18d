import ApusData
import ApusKernels

/// Finds the rows that are nearest to others by Euclidean distance, comparing all of them.
public struct NeighborSearch: Sendable, Equatable {
  /// The columns of the rows, all numbers.
  public let columns: [FeatureMatrix.Column]
  /// Number of rows.
  public let count: Int
  // One column after the other.
  let points: [Float]

  /// A search among rows.
  /// - Throws: `DataError` for no rows, categories and missing values.
  public init(_ features: FeatureMatrix) throws {
    try features.requireNumbers(for: "a search for neighbors")
    guard features.rowCount > 0 else { throw DataError(.empty, "there are no rows to search among") }
    columns = features.columns
    count = features.rowCount
    points = (0..<features.columnCount).flatMap { features.column($0) }
  }

  init(columns: [FeatureMatrix.Column], points: [Float]) {
    (self.columns, self.points) = (columns, points)
    count = points.count / max(1, columns.count)
  }

  /// The nearest rows to each of some others.
  ///
  /// - Parameters:
  ///   - features: Rows of the same columns.
  ///   - neighbors: How many for each, from 1 to the number of rows.
  /// - Throws: `DataError` for other columns, missing values, and a count that is too large.
  /// - Returns: The numbers of the rows, `[rows, count]`, the nearest first and of equals the first; and their distances.
  public func nearest(
    _ features: FeatureMatrix, count neighbors: Int
  ) throws -> (rows: [Int32], distances: [Double]) {
    try features.requireColumns(columns)
    try features.requireNumbers(for: "a search for neighbors")
    guard (1...count).contains(neighbors) else {
      throw DataError(.setting, "from 1 to \(count) neighbors were expected, \(neighbors) came")
    }
    var rows = [Int32](repeating: 0, count: features.rowCount * neighbors)
    var squares = [Double](repeating: 0, count: rows.count)
    let status = apus_nearest(
      points, Int64(count), features.values, Int64(features.rowCount), Int64(columns.count), Int64(neighbors),
      &rows, &squares, 0)
    guard status == 0 else { throw DataError(.memory, "there is no memory for a search for neighbors") }
    return (rows, squares.map { $0.squareRoot() })
  }
}
