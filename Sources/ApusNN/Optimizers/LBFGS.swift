import ApusGraph

/// Minimizes a smooth, deterministic function by steps that estimate its curvature from the gradients seen so far:
/// L-BFGS. Liu and Nocedal, Mathematical Programming 45, 1989.
///
/// For thousands of numbers and whole data sets, such as the pixels of one image; for batches drawn at random take an
/// `Optimizer`. Steps are those of PyTorch's `LBFGS` with its strong Wolfe line search.
///
/// ```swift
/// let result = try LBFGS(iterations: 50).minimize(from: [-1.2, 1]) { x in
///   let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
///   return (a * a + 100 * b * b, [-2 * a - 400 * x[0] * b, 200 * b])
/// }
/// ```
public struct LBFGS: Sendable {
  /// A function's value and gradient at a point.
  public typealias Function = ([Double]) throws -> (value: Double, gradient: [Double])

  /// Where a minimization ended.
  public struct Result: Sendable, Equatable {
    /// The point.
    public let point: [Double]
    /// The function's value there.
    public let value: Double
    /// Steps made.
    public let iterations: Int
    /// How often the function was asked.
    public let evaluations: Int
  }

  /// Steps at most.
  public var iterations: Int
  /// How often the function is asked at most; 5 / 4 of the steps when nil.
  public var evaluations: Int?
  /// The length of a step before the line search, in units of what the curvature suggests.
  public var learningRate: Double
  /// Steps whose curvature is remembered, at least one.
  public var memory: Int
  /// Ends where no element of the gradient is larger.
  public var gradientTolerance: Double
  /// Ends where neither point nor value change by more.
  public var changeTolerance: Double
  /// Whether the length of each step is searched for; otherwise it is the learning rate.
  public var searchesLine: Bool

  /// A minimizer; the defaults are PyTorch's, but for the line search, which is on.
  public init(
    iterations: Int = 20, evaluations: Int? = nil, learningRate: Double = 1, memory: Int = 100,
    gradientTolerance: Double = 1e-7, changeTolerance: Double = 1e-9, searchesLine: Bool = true
  ) {
    self.iterations = iterations
    self.evaluations = evaluations
    self.learningRate = learningRate
    self.memory = memory
    self.gradientTolerance = gradientTolerance
    self.changeTolerance = changeTolerance
    self.searchesLine = searchesLine
  }

  /// Follows the function down.
  ///
  /// - Parameters:
  ///   - start: Where it begins.
  ///   - progress: Called after each step with its number from 1 and the value; returning false ends there.
  ///   - function: The value and gradient at a point.
  /// - Returns: The point where it ended and the value there.
  /// - Throws: What `progress` and `function` throw, and `GraphError` when a setting makes no sense or a gradient
  ///   has not as many numbers as the point.
  public func minimize(
    from start: [Double], progress: (_ iteration: Int, _ value: Double) throws -> Bool = { _, _ in true },
    _ function: Function
  ) throws -> Result {
    let problem = ArgumentCheck.firstProblem([
      (iterations >= 0, "iterations \(iterations) must be at least 0"),
      ArgumentCheck.isCount(evaluations ?? 1, "number of evaluations"),
      ArgumentCheck.isPositive(learningRate, "learning rate"), ArgumentCheck.isCount(memory, "memory"),
      ArgumentCheck.isAtLeastZero(gradientTolerance, "gradient tolerance"),
      ArgumentCheck.isAtLeastZero(changeTolerance, "change tolerance"),
    ])
    if let problem { throw GraphError(.argument, "LBFGS", problem) }
    var point = start
    var (value, gradient) = try Self.checked(point, function)
    var asked = 1, done = 0
    let (usual, overflows) = iterations.addingReportingOverflow(iterations / 4)
    let limit = evaluations ?? (overflows ? Int.max : max(1, usual))
    var history = CurvatureHistory(limit: memory)
    var direction: [Double] = []
    var length = learningRate
    func isFlat() -> Bool { gradient.largest <= gradientTolerance }
    while done < iterations, asked < limit || done == 0, !isFlat() {
      if done == 0 {
        direction = gradient.map { -$0 }
        length = min(1, 1 / gradient.reduce(0) { $0 + abs($1) }) * learningRate
      } else {
        direction = history.direction(gradient)
        length = learningRate
      }
      let slope = gradient.dot(direction)
      guard slope <= -changeTolerance else { break }
      done += 1
      let before = (value: value, gradient: gradient)
      if searchesLine {
        let search = LineSearch(
          start: point, direction: direction, value: value, gradient: gradient, slope: slope,
          tolerance: changeTolerance)
        let found = try search.run(length) { try Self.checked($0, function) }
        (value, gradient, length) = (found.value, found.gradient, found.length)
        asked += found.evaluations
        point.add(direction, times: length)
      } else {
        point.add(direction, times: length)
        (value, gradient) = try Self.checked(point, function)
        asked += 1
      }
      history.add(
        change: zip(gradient, before.gradient).map { $0 - $1 }, step: direction.map { $0 * length })
      guard try progress(done, value), value.isFinite, direction.largest * abs(length) > changeTolerance,
        abs(value - before.value) >= changeTolerance
      else { break }
    }
    return Result(point: point, value: value, iterations: done, evaluations: asked)
  }

  /// The function at a point, where its gradient has the point's length: sums over both rely on it.
  private static func checked(
    _ point: [Double], _ function: Function
  ) throws -> (value: Double, gradient: [Double]) {
    let result = try function(point)
    guard result.gradient.count == point.count else {
      throw GraphError(
        .argument, "LBFGS",
        "a gradient of \(point.count) numbers was expected, as the point has, \(result.gradient.count) came",
        advice: "return the slope along each number of the point")
    }
    return result
  }
}

/// The last steps and how the gradient changed on them.
private struct CurvatureHistory {
  let limit: Int
  private var changes: [[Double]] = []
  private var steps: [[Double]] = []
  private var inverses: [Double] = []
  private var scale = 1.0

  init(limit: Int) { self.limit = limit }

  mutating func add(change: [Double], step: [Double]) {
    let product = change.dot(step)
    // Where the function curves the other way nothing can be learned.
    guard product > 1e-10 else { return }
    if changes.count == limit {
      changes.removeFirst()
      steps.removeFirst()
      inverses.removeFirst()
    }
    changes.append(change)
    steps.append(step)
    inverses.append(1 / product)
    scale = product / change.dot(change)
  }

  /// −(approximate inverse Hessian) · gradient, by the recursion of two loops.
  func direction(_ gradient: [Double]) -> [Double] {
    var result = gradient.map { -$0 }
    var shares = [Double](repeating: 0, count: steps.count)
    for index in steps.indices.reversed() {
      shares[index] = steps[index].dot(result) * inverses[index]
      result.add(changes[index], times: -shares[index])
    }
    result = result.map { $0 * scale }
    for index in steps.indices {
      let share = changes[index].dot(result) * inverses[index]
      result.add(steps[index], times: shares[index] - share)
    }
    return result
  }
}

extension [Double] {
  func dot(_ other: [Double]) -> Double {
    withUnsafeBufferPointer { mine in
      other.withUnsafeBufferPointer { other in
        // Eight sums, so that the loop is vector code.
        var sums = SIMD8<Double>.zero
        let whole = mine.count / 8 * 8
        var index = 0
        while index < whole {
          var left = SIMD8<Double>.zero, right = SIMD8<Double>.zero
          for lane in 0..<8 {
            left[lane] = mine[index &+ lane]
            right[lane] = other[index &+ lane]
          }
          sums += left * right
          index &+= 8
        }
        return (whole..<mine.count).reduce(sums.sum()) { $0 + mine[$1] * other[$1] }
      }
    }
  }

  mutating func add(_ other: [Double], times factor: Double) {
    withUnsafeMutableBufferPointer { mine in
      other.withUnsafeBufferPointer { other in
        var index = 0
        while index < mine.count {
          mine[index] += other[index] * factor
          index &+= 1
        }
      }
    }
  }

  var largest: Double { reduce(0) { Swift.max($0, abs($1)) } }
}
