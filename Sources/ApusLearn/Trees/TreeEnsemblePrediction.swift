import ApusData
import ApusKernels

extension TreeEnsemble {
  /// Predicts, on all threads; the bits do not depend on how many there are.
  ///
  /// - Parameter features: Rows of as many columns as the trees know.
  /// - Throws: `DataError` for another number of columns.
  /// - Returns: `[rows, outputs]`, row after row.
  public func predict(_ features: FeatureMatrix) throws -> [Double] {
    try requireWidth(features)
    return features.values.withUnsafeBufferPointer { predict($0, rowCount: features.rowCount) }
  }

  /// Predicts rows in memory that has no columns' names: for callers that answer one row at a time.
  ///
  /// - Parameters:
  ///   - rows: `[rowCount, columnCount]` values, row after row.
  ///   - rowCount: Number of rows.
  /// - Returns: `[rows, outputs]`, row after row.
  package func predict(_ rows: UnsafeBufferPointer<Float>, rowCount: Int) -> [Double] {
    precondition(rows.count == rowCount * columnCount, "rows of another width")
    return [Double](unsafeUninitializedCapacity: rowCount * outputCount) { result, count in
      withKernelTrees { trees in
        base.withUnsafeBufferPointer { base in
          var context = apus_trees_predict_context(
            trees: trees, rows: rows.baseAddress, base: base.baseAddress, result: result.baseAddress,
            row_count: Int64(rowCount), columns: Int64(columnCount), factor: factor, threads: 0)
          _ = apus_trees_predict(&context)
        }
      }
      count = rowCount * outputCount
    }
  }

  /// The number of the leaf that each row comes to in each tree.
  ///
  /// - Parameter features: Rows of as many columns as the trees know.
  /// - Throws: `DataError` for another number of columns.
  /// - Returns: `[rows, trees]`, row after row; leaves are counted from 0 over all trees.
  public func leaves(_ features: FeatureMatrix) throws -> [Int32] {
    try requireWidth(features)
    return features.values.withUnsafeBufferPointer { rows in
      [Int32](unsafeUninitializedCapacity: features.rowCount * treeCount) { result, count in
        withKernelTrees { trees in
          var context = apus_trees_leaves_context(
            trees: trees, rows: rows.baseAddress, result: result.baseAddress,
            row_count: Int64(features.rowCount), columns: Int64(columnCount), threads: 0)
          _ = apus_trees_leaves(&context)
        }
        count = features.rowCount * treeCount
      }
    }
  }

  func requireWidth(_ features: FeatureMatrix) throws {
    guard features.columnCount == columnCount else {
      throw DataError(
        .shape, "the trees were grown on \(columnCount) columns, \(features.columnCount) came")
    }
  }
}
