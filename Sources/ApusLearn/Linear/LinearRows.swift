import ApusData
import ApusKernels

/// Sums over rows of features in float64, by the kernels. The features are taken less a shift, so that large means cost no
/// digits.
struct LinearRows: Sendable {
  /// The features.
  let features: FeatureMatrix
  /// What is taken from each column; nil for nothing.
  var shift: [Double]?
  /// What is taken from each row.
  var rowShift: [Double]?
  /// What each column is multiplied by after that.
  var scale: [Double]?

  init(_ features: FeatureMatrix, shift: [Double]? = nil, rowShift: [Double]? = nil, scale: [Double]? = nil) {
    (self.features, self.shift, self.rowShift, self.scale) = (features, shift, rowShift, scale)
  }

  /// Number of columns.
  var columnCount: Int { features.columnCount }
  /// Number of rows.
  var count: Int { features.rowCount }

  /// For each column the sum of weight · valueᵖᵒʷᵉʳ.
  func sums(weights: [Double]?, power: Int = 1) throws -> [Double] {
    try filled(columnCount) { rows, result in
      withPointer(weights) { apus_linear_sums(rows, $0, Int32(power), result) }
    }
  }

  /// The sums of products of all pairs of columns, with one column more: `[columns + 1, columns + 1]`.
  func gram(last: [Double]?, weights: [Double]?) throws -> [Double] {
    let size = columnCount + 1
    return try filled(size * size) { rows, result in
      withPointer(last) { last in
        withPointer(weights) { apus_linear_gram(rows, last, $0, result) }
      }
    }
  }

  /// For each of some outputs the sums of output · value, and the sum of the output itself, `[outputs, columns + 1]`.
  func products(_ right: [Double], outputs: Int = 1) throws -> [Double] {
    try filled(outputs * (columnCount + 1)) { rows, result in
      withPointer(right) { apus_linear_products(rows, $0, Int64(outputs), result) }
    }
  }

  /// For each row and output the sum of coefficient · value, and the last coefficient, `[rows, outputs]`.
  func margins(_ coefficients: [Double], outputs: Int = 1) throws -> [Double] {
    try filled(count * outputs) { rows, result in
      withPointer(coefficients) { apus_linear_margins(rows, $0, Int64(outputs), result) }
    }
  }

  /// The loss of a generalized linear model with its gradient and, where asked for, second derivatives.
  func loss(
    _ family: Int, targets: [Double], weights: [Double]?, at coefficients: [Double], second: Bool
  ) throws -> (value: Double, gradient: [Double], second: [Double]) {
    let size = columnCount + 1
    var value = 0.0
    var gradient = [Double](repeating: 0, count: size)
    let matrix = try filled(second ? size * size : 0) { rows, result in
      withPointer(weights) { weights in
        gradient.withUnsafeMutableBufferPointer {
          apus_linear_loss(
            rows, Int32(family), targets, weights, coefficients, &value, $0.baseAddress, second ? result : nil
          )
        }
      }
    }
    return (value, gradient, matrix)
  }

  /// An array that a kernel fills.
  private func filled(
    _ size: Int, _ kernel: (UnsafePointer<apus_linear_rows>, UnsafeMutablePointer<Double>?) -> Int32
  ) throws -> [Double] {
    var status: Int32 = 0
    let result = [Double](unsafeUninitializedCapacity: size) { target, filledCount in
      status = features.values.withUnsafeBufferPointer { values in
        withPointer(shift) { shift in
          withPointer(rowShift) { rowShift in
            withPointer(scale) { scale in
              var rows = apus_linear_rows(
                values: values.baseAddress, rows: Int64(count), columns: Int64(columnCount), shift: shift,
                row_shift: rowShift, scale: scale)
              return kernel(&rows, target.baseAddress)
            }
          }
        }
      }
      if status != 0 { target.initialize(repeating: 0) }
      filledCount = size
    }
    guard status == 0 else {
      throw DataError(
        .memory, "there is not enough memory for the products of \(columnCount) columns",
        advice: "Use fewer columns.")
    }
    return result
  }
}

/// Runs `body` with the address of an array's elements, or with nil for no array.
private func withPointer<Result>(_ array: [Double]?, _ body: (UnsafePointer<Double>?) -> Result) -> Result {
  guard let array else { return body(nil) }
  return array.withUnsafeBufferPointer { body($0.baseAddress) }
}
