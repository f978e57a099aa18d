import ApusData
import Foundation

/// A learning curve over the size of the training set: how the error falls with more training samples, and what it would
/// be with still more.
///
/// Errors fall along power laws, error = a · samples^−b (Hestness et al., arXiv:1712.00409), for a while at least.
public struct DataCurve: Sendable, Equatable {
  /// What was measured with a number of training samples.
  public struct Point: Sendable, Equatable {
    /// Number of training samples.
    public let count: Int
    /// The error rate of each try, in 0...1; tries differ in which samples were drawn.
    public let errors: [Double]

    /// Measurements with a number of samples.
    public init(count: Int, errors: [Double]) {
      self.count = count
      self.errors = errors
    }

    /// The mean of the tries.
    public var error: Double { errors.reduce(0, +) / Double(max(1, errors.count)) }
  }

  /// A predicted error, and its interval.
  public struct Forecast: Sendable, Equatable {
    /// Number of training samples.
    public let count: Int
    /// The predicted error rate, in 0...1.
    public let error: Double
    /// Its 90 % interval, as far as the tries tell.
    public let interval: ConfidenceInterval
  }

  /// The measurements, by number of samples.
  public let points: [Point]
  /// Samples that the errors were measured on.
  public let testCount: Int
  /// The power law's factor a and exponent b.
  public let factor, exponent: Double

  /// A power law through measurements, by least squares of logarithms; nil for fewer than two different numbers of
  /// training samples.
  /// - Parameters:
  ///   - points: Measurements of at least two different numbers of training samples.
  ///   - testCount: Number of samples that the errors were measured on.
  public init?(points: [Point], testCount: Int) {
    let points = points.filter { $0.count > 0 && !$0.errors.isEmpty }.sorted { $0.count < $1.count }
    guard testCount > 0, Set(points.map(\.count)).count > 1 else { return nil }
    self.points = points
    self.testCount = testCount
    (factor, exponent) = Self.law(points.map { (Double($0.count), $0.error) }, testCount: testCount)
  }

  /// Trains the head of a network anew on parts of the training set, and measures the error each time.
  ///
  /// - Parameters:
  ///   - features: The inputs of the head for the training samples, all equally long.
  ///   - labels: Their classes.
  ///   - testFeatures: The same for samples that are not trained on.
  ///   - testLabels: Their classes.
  ///   - classCount: Number of classes.
  ///   - shares: The parts of the training set to try, in 0...1.
  ///   - tries: How often each part is drawn; all samples are tried once.
  ///   - seed: The same seed draws the same samples.
  /// - Returns: The curve; nil where there are too few samples for two different parts of at least two a class.
  /// - Throws: `TrainingError` for features and labels that do not fit together; `CancellationError` in a cancelled task.
  public static func measured(
    features: [[Float]], labels: [Int], testFeatures: [[Float]], testLabels: [Int], classCount: Int,
    shares: [Double] = [0.1, 0.2, 0.4, 0.7, 1], tries: Int = 4, seed: UInt64 = 0
  ) throws -> DataCurve? {
    guard features.count == labels.count, testFeatures.count == testLabels.count,
      (labels + testLabels).allSatisfy((0..<max(0, classCount)).contains),
      Set((features + testFeatures).map(\.count)).count <= 1
    else {
      throw TrainingError(
        .data, "as many labels of \(classCount) classes as rows of features, all equally long, were expected")
    }
    guard let smallest = (0..<max(0, classCount)).map({ label in labels.count { $0 == label } }).min() else {
      return nil
    }
    var points: [Point] = []
    for (place, share) in shares.sorted().enumerated() where share * Double(smallest) >= 2 {
      var errors: [Double] = []
      var count = 0
      for attempt in 0..<(share < 1 ? max(1, tries) : 1) {
        try Task.checkCancellation()
        var generator = PhiloxGenerator(seed: seed, index: attempt, operation: place)
        let drawn = Self.drawn(share, of: labels, classCount: classCount, with: &generator)
        count = drawn.count
        let probe = try LinearProbe(
          drawn.map { features[$0] }, labels: drawn.map { labels[$0] }, classCount: classCount)
        let predicted = try probe.classes(testFeatures)
        errors.append(
          Double(zip(predicted, testLabels).count { $0 != $1 }) / Double(max(1, testLabels.count)))
      }
      points.append(Point(count: count, errors: errors))
    }
    return DataCurve(points: points, testCount: testLabels.count)
  }

  /// The error that the power law gives.
  public func error(at count: Int) -> Double { min(1, factor * pow(Double(count), -exponent)) }

  /// The predicted error with a number of training samples.
  ///
  /// The interval is a bootstrap over power laws: of each point one of its tries is drawn, with as many errors
  /// as chance makes of them on `testCount` samples.
  /// - Parameters:
  ///   - count: Number of training samples.
  ///   - resamples: Number of bootstrap resamples.
  ///   - seed: The same seed gives the same interval.
  /// - Returns: The predicted error and its 90 % interval.
  public func forecast(at count: Int, resamples: Int = 500, seed: UInt64 = 0) -> Forecast {
    var values: [Double] = []
    for resample in 0..<max(1, resamples) {
      var generator = PhiloxGenerator(seed: seed, index: resample)
      let drawn = points.map { point -> (Double, Double) in
        let error = point.errors[generator.uniform(below: point.errors.count)]
        // A normal number by the central limit theorem.
        let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double(generator.uniform()) }
        let std = (max(error * (1 - error), 0.25 / Double(testCount)) / Double(testCount)).squareRoot()
        return (Double(point.count), max(0, error + normal * std))
      }
      let law = Self.law(drawn, testCount: testCount)
      values.append(min(1, law.factor * pow(Double(count), -law.exponent)))
    }
    values.sort()
    let expected = error(at: count)
    let (low, high) = (values[values.count / 20], values[values.count - 1 - values.count / 20])
    return Forecast(
      count: count, error: expected,
      interval: ConfidenceInterval(lower: min(low, expected), upper: max(high, expected)))
  }

  /// The effect of more training samples.
  public enum Verdict: String, Sendable {
    /// The error would fall by a quarter or more, even if one is unlucky.
    case clearly
    /// The error would probably fall, but how much is not sure.
    case probably
    /// Nothing that the test could see would change.
    case hardly
  }

  /// The probable effect of twice as many training samples.
  public var verdict: Verdict {
    guard let last = points.last else { return .hardly }
    let now = error(at: last.count), then = forecast(at: 2 * last.count)
    // Less than two samples of the test.
    if now - then.error < 2 / Double(testCount) { return .hardly }
    return then.interval.upper < 0.75 * now ? .clearly : .probably
  }

  /// A line through logarithms. No error at all counts as half a sample's, as its logarithm is not finite; a law that
  /// would grow is taken for level.
  private static func law(
    _ points: [(count: Double, error: Double)], testCount: Int
  ) -> (factor: Double, exponent: Double) {
    let floor = 0.5 / Double(testCount)
    let places = points.map { (x: log($0.count), y: log(max($0.error, floor))) }
    let n = Double(places.count)
    let (x, y) = (places.reduce(0) { $0 + $1.x } / n, places.reduce(0) { $0 + $1.y } / n)
    let spread = places.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
    let slope = places.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / max(spread, 1e-12)
    let exponent = max(0, -slope)
    return (exp(y + exponent * x), exponent)
  }

  /// The given share of each class.
  private static func drawn(
    _ share: Double, of labels: [Int], classCount: Int, with generator: inout PhiloxGenerator
  ) -> [Int] {
    guard share < 1 else { return Array(labels.indices) }
    return (0..<classCount).flatMap { label -> [Int] in
      let members = labels.indices.filter { labels[$0] == label }
      let order = generator.permutation(members.count)
      let count = max(2, Int((share * Double(members.count)).rounded()))
      return order.prefix(count).map { members[$0] }
    }
  }
}
