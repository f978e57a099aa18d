import Foundation

/// Eigenvalues and eigenvectors of a symmetric matrix: Householder's reduction to a tridiagonal matrix and the implicit QL
/// method (Wilkinson and Reinsch, Handbook for Automatic Computation II, 1971: `tred2`, `tql2`).
struct SymmetricEigen: Sendable {
  /// Columns of the matrix.
  let size: Int
  /// The eigenvalues, in no order.
  private(set) var values: [Double]
  /// `[size, size]`: column k belongs to value k.
  private(set) var vectors: [Double]
  private var side: [Double]

  /// Takes a matrix `[size, size]` apart.
  init(_ matrix: [Double], size: Int) {
    self.size = size
    vectors = matrix
    values = Array(repeating: 0, count: size)
    side = values
    guard size > 0 else { return }
    reduce()
    accumulate()
    diagonalize()
  }

  /// The vector of a value.
  func vector(_ place: Int) -> [Double] { (0..<size).map { vectors[$0 * size + place] } }

  private mutating func reduce() {
    for column in 0..<size { values[column] = vectors[(size - 1) * size + column] }
    for i in stride(from: size - 1, to: 0, by: -1) {
      let scale = (0..<i).reduce(0) { $0 + abs(values[$1]) }
      var h = 0.0
      if scale == 0 {
        side[i] = values[i - 1]
        for j in 0..<i {
          values[j] = vectors[(i - 1) * size + j]
          vectors[i * size + j] = 0
          vectors[j * size + i] = 0
        }
      } else {
        for k in 0..<i {
          values[k] /= scale
          h += values[k] * values[k]
        }
        let f = values[i - 1]
        let g = f > 0 ? -h.squareRoot() : h.squareRoot()
        side[i] = scale * g
        h -= f * g
        values[i - 1] = f - g
        reflect(i, h)
      }
      values[i] = h
    }
  }

  /// Applies the reflection in `values` to the rows above row i.
  private mutating func reflect(_ i: Int, _ h: Double) {
    for j in 0..<i { side[j] = 0 }
    for j in 0..<i {
      let f = values[j]
      vectors[j * size + i] = f
      var g = side[j] + vectors[j * size + j] * f
      for k in j + 1..<max(i, j + 1) {
        g += vectors[k * size + j] * values[k]
        side[k] += vectors[k * size + j] * f
      }
      side[j] = g
    }
    var f = 0.0
    for j in 0..<i {
      side[j] /= h
      f += side[j] * values[j]
    }
    for j in 0..<i { side[j] -= f / (h + h) * values[j] }
    for j in 0..<i {
      let (f, g) = (values[j], side[j])
      for k in j..<i { vectors[k * size + j] -= f * side[k] + g * values[k] }
      values[j] = vectors[(i - 1) * size + j]
      vectors[i * size + j] = 0
    }
  }

  private mutating func accumulate() {
    for i in 0..<size - 1 {
      vectors[(size - 1) * size + i] = vectors[i * size + i]
      vectors[i * size + i] = 1
      let h = values[i + 1]
      if h != 0 {
        for k in 0...i { values[k] = vectors[k * size + i + 1] / h }
        for j in 0...i {
          let g = (0...i).reduce(0) { $0 + vectors[$1 * size + i + 1] * vectors[$1 * size + j] }
          for k in 0...i { vectors[k * size + j] -= g * values[k] }
        }
      }
      for k in 0...i { vectors[k * size + i + 1] = 0 }
    }
    for j in 0..<size {
      values[j] = vectors[(size - 1) * size + j]
      vectors[(size - 1) * size + j] = 0
    }
    vectors[size * size - 1] = 1
    side[0] = 0
  }

  private mutating func diagonalize() {
    for i in 1..<max(1, size) { side[i - 1] = side[i] }
    side[size - 1] = 0
    var (f, test) = (0.0, 0.0)
    for l in 0..<size {
      test = max(test, abs(values[l]) + abs(side[l]))
      var m = l
      while m < size - 1, abs(side[m]) > 0x1p-52 * test { m += 1 }
      var rounds = 0
      while m > l, abs(side[l]) > 0x1p-52 * test, rounds < 100 {
        f += shift(l)
        turn(l, m)
        rounds += 1
      }
      values[l] += f
      side[l] = 0
    }
  }

  /// Takes a guess of an eigenvalue from the diagonal.
  private mutating func shift(_ l: Int) -> Double {
    let g = values[l]
    let p = (values[l + 1] - g) / (2 * side[l])
    let r = p < 0 ? -hypot(p, 1) : hypot(p, 1)
    values[l] = side[l] / (p + r)
    values[l + 1] = side[l] * (p + r)
    let h = g - values[l]
    for i in l + 2..<max(size, l + 2) { values[i] -= h }
    return h
  }

  /// One implicit QL step on rows l to m.
  private mutating func turn(_ l: Int, _ m: Int) {
    let next = values[l + 1]
    let first = side[l + 1]
    var p = values[m]
    var (c, c2, c3, s, s2) = (1.0, 1.0, 1.0, 0.0, 0.0)
    for i in stride(from: m - 1, through: l, by: -1) {
      (c3, c2, s2) = (c2, c, s)
      let g = c * side[i]
      var h = c * p
      let r = hypot(p, side[i])
      side[i + 1] = s * r
      s = side[i] / r
      c = p / r
      p = c * values[i] - s * g
      values[i + 1] = h + s * (c * g + s * values[i])
      for k in 0..<size {
        h = vectors[k * size + i + 1]
        vectors[k * size + i + 1] = s * vectors[k * size + i] + c * h
        vectors[k * size + i] = c * vectors[k * size + i] - s * h
      }
    }
    p = -s * s2 * c3 * first * side[l] / next
    side[l] = s * p
    values[l] = c * p
  }
}
