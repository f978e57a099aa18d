import ApusData
import ApusKernels
import Foundation

/// The Cholesky factor of a symmetric positive definite matrix.
struct Cholesky: Sendable {
  /// Columns of the matrix.
  let size: Int
  private let factor: [Double]
  /// The smallest share of a column that the columns before it do not explain, from 0 to 1.
  let leastPivot: Double

  /// Factors a matrix `[size, size]`; nil where a column is explained by those before it but for a share of `least`.
  /// - Throws: `DataError` when there is not enough memory.
  init?(_ matrix: [Double], size: Int, least: Double = 1e-13) throws {
    var factor = matrix
    for place in 0..<size where !(matrix[place * size + place] > 0) { return nil }
    let done = apus_cholesky(&factor, Int64(size), least)
    guard done >= 0 else {
      throw DataError(.memory, "there is not enough memory to solve for \(size) coefficients")
    }
    guard done == size else { return nil }
    self.size = size
    self.factor = factor
    leastPivot = (0..<size).reduce(1) {
      let root = factor[$1 * size + $1]
      return min($0, root * root / matrix[$1 * size + $1])
    }
  }

  /// The solution of matrix · x = right.
  func solve(_ right: [Double]) -> [Double] {
    var x = right
    factor.withUnsafeBufferPointer { factor in
      for row in 0..<size {
        var sum = x[row]
        for column in 0..<row { sum -= factor[row * size + column] * x[column] }
        x[row] = sum / factor[row * size + row]
      }
      for row in stride(from: size - 1, through: 0, by: -1) {
        let value = x[row] / factor[row * size + row]
        x[row] = value
        for column in 0..<row { x[column] -= factor[row * size + column] * value }
      }
    }
    return x
  }

  /// The logarithm of the matrix's determinant.
  var logDeterminant: Double {
    (0..<size).reduce(0) { $0 + 2 * log(factor[$1 * size + $1]) }
  }

  /// L⁻¹ · right, whose sum of squares is right' · matrix⁻¹ · right.
  func whiten(_ right: inout [Double]) {
    factor.withUnsafeBufferPointer { factor in
      for row in 0..<size {
        var sum = right[row]
        for column in 0..<row { sum -= factor[row * size + column] * right[column] }
        right[row] = sum / factor[row * size + row]
      }
    }
  }
}
