import ApusData

/// How much each column of a row contributed to what a model of any kind puts out, by sampling.
///
/// The columns of a row replace those of a background row one after the other, in random order; the mean change at a column
/// is its contribution (Štrumbelj and Kononenko, "Explaining prediction models and individual predictions with feature
/// contributions", 2014). Every order is followed by its reverse, which halves the noise. The contributions sum up to the
/// difference between the row's output and the mean output for the background rows that were drawn, exactly.
public struct ShapleySampling: Sendable {
  /// Rows that stand for what is usual.
  public let background: FeatureMatrix
  /// Orders that are drawn, in pairs of one and its reverse.
  public let orders: Int

  /// A sampling against some rows.
  /// - Parameters:
  ///   - background: Rows that stand for what is usual, such as some training rows.
  ///   - orders: Orders that are drawn; rounded up to an even number.
  /// - Throws: `DataError` for no background, and for less than 2 orders.
  public init(background: FeatureMatrix, orders: Int = 64) throws {
    guard background.rowCount > 0 else { throw DataError(.empty, "there are no background rows") }
    guard orders >= 2 else { throw DataError(.setting, "at least 2 orders were expected, \(orders) came") }
    (self.background, self.orders) = (background, orders + orders % 2)
  }

  /// The contribution of each column to the output for a row.
  ///
  /// - Parameters:
  ///   - row: A matrix of one row.
  ///   - seed: What the draws depend on.
  ///   - output: What is explained: a number for each row of a matrix.
  /// - Throws: `DataError` for other columns than the background's, or several rows; what `output` throws.
  /// - Returns: The contributions, one for each column, and the mean output for the background rows.
  public func contributions(
    _ row: FeatureMatrix, seed: UInt64 = 0, output: (FeatureMatrix) throws -> [Double]
  ) throws -> (columns: [Double], base: Double) {
    try row.requireColumns(background.columns)
    guard row.rowCount == 1 else {
      throw DataError(.shape, "one row was expected, \(row.rowCount) came")
    }
    let width = background.columnCount
    var sums = [Double](repeating: 0, count: width), base = 0.0
    // A pair at a time: of many columns even one takes much memory.
    for draw in 0..<orders / 2 {
      try Task.checkCancellation()
      var random = PhiloxGenerator(seed: seed, index: draw)
      let order = random.permutation(width)
      let sequences = [order, Array(order.reversed())]
      var values: [Float] = []
      values.reserveCapacity(2 * (width + 1) * width)
      for sequence in sequences {
        var mixed = Array(background[random.uniform(below: background.rowCount)])
        values += mixed
        for column in sequence {
          mixed[column] = row.values[column]
          values += mixed
        }
      }
      let outputs = try output(FeatureMatrix(unchecked: values, columns: background.columns))
      for (place, sequence) in sequences.enumerated() {
        let start = place * (width + 1)
        base += outputs[start]
        for (step, column) in sequence.enumerated() {
          sums[column] += outputs[start + step + 1] - outputs[start + step]
        }
      }
    }
    let count = Double(orders)
    return (sums.map { $0 / count }, base / count)
  }
}
