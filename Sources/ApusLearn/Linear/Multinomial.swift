import Foundation

/// Logistic regression of three or more classes: coefficients for each, of which the cross-entropy fixes all but what they
/// share.
struct Multinomial {
  let problem: LinearProblem
  let labels: [Int]
  let count: Int
  let l2: Double
  let l1: Double
  let fitsIntercept: Bool

  private var size: Int { problem.rows.columnCount + 1 }

  /// The coefficients of each class, `[classes, columns + 1]`.
  func fit(_ context: FitContext) throws -> [Double] {
    let start = [Double](repeating: 0, count: count * size)
    guard l1 == 0, start.count > SmoothLinear.mostForNewton / 2 else {
      let penalties = start.indices.map { $0 % size == size - 1 ? 0 : l1 }
      let solution = try ProximalNewton(l1: penalties).minimize(from: start, context) { try point(at: $0) }
      return solution
    }
    let squares = try problem.rows.sums(weights: problem.weights, power: 2)
    let curvature = 1 / Double(count)
    let scales = (squares + [problem.total]).map { 1 / max(($0 * curvature + l2).squareRoot(), 1e-150) }
    return try scaledLBFGS(from: start, scales: start.indices.map { scales[$0 % size] }, context) {
      let (value, gradient, _) = try slope(at: $0)
      return (value, gradient)
    }
  }

  /// The loss, its gradient, and the probabilities `[rows, classes]`.
  private func slope(at place: [Double]) throws -> (
    value: Double, gradient: [Double], probabilities: [Double]
  ) {
    var probabilities = try problem.rows.margins(place, outputs: count)
    var residuals = [Double](repeating: 0, count: probabilities.count)
    var value = 0.0
    probabilities.withUnsafeMutableBufferPointer { margins in
      for row in labels.indices {
        let line = row * count..<(row + 1) * count
        let largest = line.reduce(-Double.infinity) { max($0, margins[$1]) }
        let own = margins[row * count + labels[row]]
        var sum = 0.0
        for place in line {
          margins[place] = exp(margins[place] - largest)
          sum += margins[place]
        }
        let weight = problem.weights?[row] ?? 1
        value += weight * (log(sum) + largest - own)
        for place in line {
          margins[place] /= sum
          residuals[place] = weight * margins[place]
        }
        residuals[row * count + labels[row]] -= weight
      }
    }
    var gradient = try problem.rows.products(residuals, outputs: count)
    for index in place.indices {
      if index % size == size - 1 {
        if !fitsIntercept { gradient[index] = 0 }
      } else {
        value += l2 / 2 * place[index] * place[index]
        gradient[index] += l2 * place[index]
      }
    }
    return (value, gradient, probabilities)
  }

  private func point(at place: [Double]) throws -> ProximalNewton.Point {
    let (value, gradient, probabilities) = try slope(at: place)
    let width = place.count
    var second = [Double](repeating: 0, count: width * width)
    for first in 0..<count {
      for other in first..<count {
        let weights = labels.indices.map { row in
          let p = probabilities[row * count + first]
          let q = probabilities[row * count + other]
          return (problem.weights?[row] ?? 1) * (first == other ? p * (1 - p) : -p * q)
        }
        let block = try problem.rows.gram(last: nil, weights: weights)
        for i in 0..<size {
          for j in 0..<size {
            second[(first * size + i) * width + other * size + j] = block[i * size + j]
            second[(other * size + j) * width + first * size + i] = block[i * size + j]
          }
        }
      }
    }
    complete(&second, width)
    return (value, gradient, second)
  }

  /// Adds the penalty, and curvature along what the loss leaves free: one number more for all classes. The gradient has
  /// nothing along it, so that the coefficients keep their sums of 0.
  private func complete(_ second: inout [Double], _ width: Int) {
    for column in 0..<size {
      let isConstant = column == size - 1
      if isConstant && !fitsIntercept {
        for one in 0..<count {
          let index = one * size + column
          for other in 0..<width {
            second[index * width + other] = 0
            second[other * width + index] = 0
          }
          second[index * width + index] = 1
        }
        continue
      }
      if !isConstant { for one in 0..<count { second[(one * size + column) * (width + 1)] += l2 } }
      guard l1 == 0 || isConstant, isConstant || l2 == 0 else { continue }
      let share = second[column * (width + 1)] / Double(count)
      for one in 0..<count {
        for other in 0..<count { second[(one * size + column) * width + other * size + column] += share }
      }
    }
  }
}
