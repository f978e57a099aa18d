/// Looks along a direction for a step that lowers a function enough and leaves little slope: the strong Wolfe conditions,
/// as PyTorch's L-BFGS has them. Nocedal and Wright, "Numerical optimization", algorithms 3.5 and 3.6.
struct LineSearch {
  let start: [Double]
  let direction: [Double]
  let value: Double
  let gradient: [Double]
  /// The function's slope along the direction at the start, below 0.
  let slope: Double
  let tolerance: Double

  private let sufficientDecrease = 1e-4
  private let curvature = 0.9
  private let iterationLimit = 25

  init(
    start: [Double], direction: [Double], value: Double, gradient: [Double], slope: Double, tolerance: Double
  ) {
    self.start = start
    self.direction = direction
    self.value = value
    self.gradient = gradient
    self.slope = slope
    self.tolerance = tolerance
  }

  /// The function at a step's end.
  private struct Place {
    var length: Double
    var value: Double
    var gradient: [Double]
    var slope: Double
  }

  private func place(_ length: Double, _ function: LBFGS.Function) throws -> Place {
    var point = start
    point.add(direction, times: length)
    let (value, gradient) = try function(point)
    return Place(length: length, value: value, gradient: gradient, slope: gradient.dot(direction))
  }

  private func isTooHigh(_ place: Place) -> Bool {
    place.value > value + sufficientDecrease * place.length * slope
  }

  private func isFlat(_ place: Place) -> Bool { abs(place.slope) <= -curvature * slope }

  /// - Parameters:
  ///   - first: The first length to try.
  ///   - function: The value and gradient at a point.
  /// - Returns: The value and gradient at the length that was found.
  /// - Throws: What `function` throws.
  func run(
    _ first: Double, _ function: LBFGS.Function
  ) throws -> (value: Double, gradient: [Double], length: Double, evaluations: Int) {
    let origin = Place(length: 0, value: value, gradient: gradient, slope: slope)
    var previous = origin
    var new = try place(first, function)
    var evaluations = 1, iteration = 0
    var bracket: [Place]?
    var isDone = false
    // Ever longer steps, until one is right or there must be a right one before it.
    while iteration < iterationLimit {
      if isTooHigh(new) || (iteration > 1 && new.value >= previous.value) {
        bracket = [previous, new]
        break
      }
      if isFlat(new) {
        bracket = [new]
        isDone = true
        break
      }
      if new.slope >= 0 {
        bracket = [previous, new]
        break
      }
      let length = Self.lowest(
        previous, new, within: (new.length + 0.01 * (new.length - previous.length), new.length * 10))
      previous = new
      new = try place(length, function)
      evaluations += 1
      iteration += 1
    }
    var ends = bracket ?? [origin, new]
    var low = ends.count == 1 || ends[0].value <= ends[1].value ? 0 : 1
    let extent = direction.largest
    var wasSlow = false
    while !isDone, ends.count == 2, iteration < iterationLimit {
      let (least, most) = (min(ends[0].length, ends[1].length), max(ends[0].length, ends[1].length))
      guard (most - least) * extent >= tolerance else { break }
      var length = Self.lowest(ends[0], ends[1], within: (least, most))
      // Next to an end hardly anything is learned: the second time it moves away from it.
      let margin = 0.1 * (most - least)
      if min(most - length, length - least) < margin {
        if wasSlow || length >= most || length <= least {
          length = abs(length - most) < abs(length - least) ? most - margin : least + margin
          wasSlow = false
        } else {
          wasSlow = true
        }
      } else {
        wasSlow = false
      }
      new = try place(length, function)
      evaluations += 1
      iteration += 1
      if isTooHigh(new) || new.value >= ends[low].value {
        ends[1 - low] = new
        low = ends[0].value <= ends[1].value ? 0 : 1
      } else {
        if isFlat(new) {
          isDone = true
        } else if new.slope * (ends[1 - low].length - ends[low].length) >= 0 {
          ends[1 - low] = ends[low]
        }
        ends[low] = new
      }
    }
    return (ends[low].value, ends[low].gradient, ends[low].length, evaluations)
  }

  /// Where the cubic through both places with their slopes is lowest.
  private static func lowest(
    _ first: Place, _ second: Place, within bounds: (least: Double, most: Double)
  ) -> Double {
    let (left, right) = first.length <= second.length ? (first, second) : (second, first)
    let inner = left.slope + right.slope - 3 * (left.value - right.value) / (left.length - right.length)
    let square = inner * inner - left.slope * right.slope
    guard square >= 0 else { return (bounds.least + bounds.most) / 2 }
    let root = square.squareRoot()
    let place =
      right.length - (right.length - left.length)
      * ((right.slope + root - inner) / (right.slope - left.slope + 2 * root))
    return min(max(place, bounds.least), bounds.most)
  }
}
