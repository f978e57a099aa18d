import ApusKernels
import Foundation

/// Minimizes a smooth convex function and the sum of l1 · |coefficient| by Newton's steps; with l1 each step is found by
/// coordinate descent. Lee, Sun and Saunders, SIAM Journal on Optimization 24, 2014.
struct ProximalNewton {
  /// A function's value, gradient and second derivatives.
  typealias Point = (value: Double, gradient: [Double], second: [Double])

  /// The weight of each coefficient's size; all 0 for Newton's method alone.
  let l1: [Double]
  /// Steps at most.
  var iterations = 100
  /// Ends with the step that promises to lower the function by less than this share of it. The step is taken: the error
  /// is squared once more.
  var tolerance = 1e-11

  /// Follows the function down; ends early when it is out of time.
  func minimize(
    from start: [Double], _ context: FitContext, _ function: ([Double]) throws -> Point
  ) throws -> [Double] {
    var place = start
    var point = try function(place)
    var total = point.value + size(of: place)
    for iteration in 0..<iterations {
      try context.progress(Double(iteration) / Double(iterations))
      let step = try step(at: place, point)
      let ahead = zip(place, step).map { $0 + $1 }
      let promised =
        zip(point.gradient, step).reduce(0) { $0 + $1.0 * $1.1 } + size(of: ahead) - size(of: place)
      guard promised < 0 else { break }
      if -promised <= tolerance * abs(total) { return ahead }
      var length = 1.0
      var next = ahead
      var nextPoint = try function(next)
      var nextTotal = nextPoint.value + size(of: next)
      while !(nextTotal <= total + 1e-4 * length * promised + 1e-14 * abs(total)), length > 1e-10 {
        length /= 2
        next = zip(place, step).map { $0 + length * $1 }
        nextPoint = try function(next)
        nextTotal = nextPoint.value + size(of: next)
      }
      guard nextTotal < total else { break }
      (place, point, total) = (next, nextPoint, nextTotal)
      if context.isOutOfTime() { break }
    }
    return place
  }

  private func size(of place: [Double]) -> Double {
    zip(l1, place).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * abs($1.1) : 0) }
  }

  private func step(at place: [Double], _ point: Point) throws -> [Double] {
    let slope = point.gradient.map { -$0 }
    let size = place.count
    guard l1.contains(where: { $0 > 0 }) else {
      var second = point.second
      // A little more on the diagonal where the function is flat in some direction.
      var extra = 0.0
      while extra < 1 {
        if extra > 0 {
          for i in 0..<size {
            second[i * size + i] = point.second[i * size + i] * (1 + extra) + .leastNormalMagnitude
          }
        }
        if let factor = try Cholesky(second, size: size, least: 1e-14) { return factor.solve(slope) }
        extra = max(extra * 100, 1e-12)
      }
      return (0..<size).map { slope[$0] / max(point.second[$0 * size + $0], .leastNormalMagnitude) }
    }
    var (next, left) = (place, slope)
    _ = apus_coordinate_descent(
      point.second, Int64(size), l1, 1e-22 * max(abs(point.value), .leastNormalMagnitude), 1000, &next, &left)
    return zip(next, place).map { $0 - $1 }
  }
}
