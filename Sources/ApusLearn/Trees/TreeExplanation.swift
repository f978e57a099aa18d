import ApusData
import ApusKernels

extension TreeEnsemble {
  /// SHAP values: what each column adds to each prediction, in the units of the outputs.
  ///
  /// Path-dependent as in Lundberg, Erion and Lee (2018), and as XGBoost's `pred_contribs`: columns that are not known yet
  /// are averaged over by the covers of the nodes.
  ///
  /// - Parameter features: Rows of as many columns as the trees know.
  /// - Throws: `DataError` for another number of columns, and for too little memory.
  /// - Returns: `[rows, outputs, columns + 1]`. The last of an output is what is expected of any row; all of them add up to
  ///   the prediction.
  public func contributions(_ features: FeatureMatrix) throws -> [Double] {
    try requireWidth(features)
    let size = features.rowCount * outputCount * (columnCount + 1)
    var isShort = false
    let result = features.values.withUnsafeBufferPointer { rows in
      [Double](unsafeUninitializedCapacity: size) { result, count in
        withKernelTrees { trees in
          covers.withUnsafeBufferPointer { covers in
            base.withUnsafeBufferPointer { base in
              var context = apus_trees_shap_context(
                trees: trees, covers: covers.baseAddress, rows: rows.baseAddress, base: base.baseAddress,
                result: result.baseAddress, row_count: Int64(features.rowCount), columns: Int64(columnCount),
                factor: factor, threads: 0, failed: 0)
              isShort = apus_trees_shap(&context) != 0
            }
          }
        }
        count = isShort ? 0 : size
      }
    }
    if isShort { throw DataError(.memory, "there is not enough memory to explain predictions of trees") }
    return result
  }
}
