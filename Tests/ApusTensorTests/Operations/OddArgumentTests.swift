import ApusGraph
import ApusTensor
import Testing

/// Odd arguments: each is an error, found when the operation is written down or when it is computed, or has the value
/// that NumPy 2 and PyTorch 2 give.
struct OddArgumentTests {
  private static let x: Tensor = [1, 2, 4]
  private static let whole = Tensor([7, -7, 3], dtype: .int32)
  private static let labels = Tensor([0, 5], dtype: .int32)
  private static let random = RandomSource(seed: 3)

  enum Outcome: Sendable {
    /// The operation itself fails, before anything is computed.
    case refused(GraphError.Kind)
    /// The operation is fine for its types; its numbers are not.
    case stopped(GraphError.Kind)
    case value([Double])
  }

  private static let table: [(String, @Sendable () -> Tensor, Outcome)] = [
    // torch.var(x, correction=5): inf; of equal elements nan; a negative correction enlarges the divisor.
    ("variance, correction 5", { x.variance(correction: 5) }, .value([.infinity])),
    ("variance, correction 3", { x.variance(correction: 3) }, .value([.infinity])),
    ("variance of equals, correction 5", { Tensor.ones([3]).variance(correction: 5) }, .value([.nan])),
    ("variance, correction -1", { Tensor([0, 2, 4]).variance(correction: -1) }, .value([2])),
    ("standardDeviation, correction 9", { x.standardDeviation(correction: 9) }, .value([.infinity])),
    ("mean of nothing", { Tensor.zeros([0]).mean() }, .value([.nan])),
    ("max of nothing", { Tensor.zeros([0]).max() }, .refused(.shape)),
    ("norm of nothing, infinity", { Tensor.zeros([0]).norm(order: .infinity) }, .refused(.shape)),
    ("norm, order -1", { x.norm(order: -1) }, .refused(.argument)),
    ("norm, order NaN", { x.norm(order: .nan) }, .refused(.argument)),
    // Division of whole numbers: PyTorch raises ZeroDivisionError.
    ("floorDivide by 0", { floorDivide(whole, 0) }, .refused(.argument)),
    ("remainder by 0", { whole % 0 }, .refused(.argument)),
    (
      "floorDivide by a tensor with 0", { floorDivide(whole, Tensor([2, 0, 1], dtype: .int32)) },
      .stopped(.argument)
    ),
    ("remainder by a tensor with 0", { whole % Tensor([2, 0, 1], dtype: .int32) }, .stopped(.argument)),
    ("number by a tensor with 0", { 5 % Tensor([2, 0, 1], dtype: .int32) }, .stopped(.argument)),
    ("floorDivide", { floorDivide(whole, Tensor([2, 2, -2], dtype: .int32)) }, .value([3, -4, -2])),
    ("remainder", { whole % Tensor([4, 4, -4], dtype: .int32) }, .value([3, 1, -1])),
    ("real floorDivide by 0", { floorDivide(x, 0) }, .value([.infinity, .infinity, .infinity])),
    ("real remainder by 0", { x % 0 }, .value([.nan, .nan, .nan])),
    ("whole quotient by 0", { whole / 0 }, .value([.infinity, -.infinity, .infinity])),
    // NumPy and PyTorch: integers to negative integer powers are not allowed.
    ("whole power -1", { power(whole, -1) }, .refused(.argument)),
    ("whole power -1.0", { power(Tensor([2, 4], dtype: .int32), -1.0) }, .value([0.5, 0.25])),
    ("shift by -1", { whole << -1 }, .refused(.argument)),
    ("shift by 40", { Tensor([1], dtype: .int32) << 40 }, .value([0])),
    // PyTorch: class values must be smaller than num_classes.
    ("oneHot of no class", { labels.oneHot(classes: 3) }, .stopped(.index)),
    ("oneHot of -1", { Tensor([-1], dtype: .int32).oneHot(classes: 2) }, .stopped(.index)),
    ("oneHot of others, allowed", { labels.oneHot(classes: 2, allowsOthers: true) }, .value([1, 0, 0, 0])),
    ("oneHot, classes -1", { labels.oneHot(classes: -1) }, .refused(.shape)),
    ("bincount of what is longer", { labels.bincount(length: 3) }, .stopped(.index)),
    // torch.clamp: where min > max all elements are max.
    ("clip, low > high", { clip(x, 3, 1) }, .value([1, 1, 1])),
    ("clip, NaN bound", { clip(x, Double.nan, 2) }, .refused(.argument)),
    ("topK, k > n", { x.topK(4).values }, .refused(.argument)),
    ("topK, k < 0", { x.topK(-1).values }, .refused(.argument)),
    ("quantile 1.5", { x.quantile(1.5) }, .refused(.argument)),
    ("quantile -0.1", { x.quantile(-0.1) }, .refused(.argument)),
    ("quantile NaN", { x.quantile(.nan) }, .refused(.argument)),
    ("median with NaN", { Tensor([1, .nan, 3] as [Float]).median() }, .value([.nan])),
    ("max with NaN", { Tensor([1, .nan, 3] as [Float]).max() }, .value([.nan])),
    ("argmax with NaN", { Tensor([1, .nan, 3, .nan] as [Float]).argmax() }, .value([1])),
    (
      "cumulativeMax with NaN", { Tensor([1, .nan, 3] as [Float]).cumulativeMax(axis: 0) },
      .value([1, .nan, .nan])
    ),
    ("maximum with NaN", { maximum(Tensor([.nan, 1] as [Float]), 0) }, .value([.nan, 1])),
    ("histogram, 0 bins", { x.histogram(bins: 0, range: 0...1) }, .refused(.argument)),
    ("histogram, empty range", { x.histogram(bins: 2, range: 1...1) }, .refused(.argument)),
    ("histogram, infinite range", { x.histogram(bins: 2, range: 0...Double.infinity) }, .refused(.argument)),
    ("arange, step 0", { .arange(0, 3, step: 0) }, .refused(.argument)),
    ("arange, step NaN", { .arange(0, 3, step: .nan) }, .refused(.argument)),
    ("arange to infinity", { .arange(0, .infinity) }, .refused(.argument)),
    ("arange, wrong way", { .arange(3, 0) }, .value([])),
    ("arange, fractions in whole numbers", { .arange(0, 1, step: 0.5, dtype: .int32) }, .refused(.dtype)),
    ("linspace, count -1", { .linspace(0, 1, count: -1) }, .refused(.shape)),
    ("linspace, count 1", { .linspace(2, 5, count: 1) }, .value([2])),
    ("eye, -1", { .eye(-1) }, .refused(.shape)),
    ("full, too large for the type", { .full([2], 300, dtype: .uint8) }, .refused(.dtype)),
    ("array, too large for the type", { Tensor([1, 300], dtype: .uint8) }, .refused(.dtype)),
    ("doubles, too large for the type", { Tensor([1, 1e12] as [Double], dtype: .int32) }, .refused(.dtype)),
    ("NaN as a whole number", { Tensor([Double.nan] as [Double], dtype: .int64) }, .refused(.dtype)),
    ("repeated -1", { x.repeated(-1, axis: 0) }, .refused(.argument)),
    ("tiled -1", { x.tiled([-1]) }, .refused(.argument)),
    ("reshaped -2", { x.reshaped([-2]) }, .refused(.shape)),
    ("reshaped with two open sizes", { x.reshaped([-1, -1]) }, .refused(.shape)),
    ("split 0", { x.split(0)[0] }, .refused(.shape)),
    ("stacked of nothing", { stacked([]) }, .refused(.argument)),
    ("tensordot -1", { tensordot(x, x, axes: -1) }, .refused(.argument)),
    ("tensordot 2 of vectors", { tensordot(x, x, axes: 2) }, .refused(.argument)),
    ("normal, deviation -1", { random.normal([2], standardDeviation: -1) }, .refused(.argument)),
    ("normal, mean NaN", { random.normal([2], mean: .nan) }, .refused(.argument)),
    ("normal, deviation 0", { random.normal([2], mean: 3, standardDeviation: 0) }, .value([3, 3])),
    (
      "truncatedNormal, deviation -1", { random.truncatedNormal([2], standardDeviation: -1) },
      .refused(.argument)
    ),
    ("uniform, low > high", { random.uniform([2], 1, 0) }, .refused(.argument)),
    ("uniform, low = high", { random.uniform([2], 1, 1) }, .value([1, 1])),
    ("bernoulli 1.5", { random.bernoulli([2], probability: 1.5) }, .refused(.argument)),
    ("bernoulli of 1.5", { random.bernoulli(probabilities: [0, 1.5]) }, .stopped(.argument)),
    ("bernoulli of NaN", { random.bernoulli(probabilities: Tensor([Float.nan])) }, .stopped(.argument)),
    ("bernoulli of 0 and 1", { random.bernoulli(probabilities: [0, 1]) }, .value([0, 1])),
    ("randint of nothing", { random.randint([2], in: 3..<3) }, .refused(.argument)),
    ("categorical of no classes", { random.categorical(logits: .zeros([2, 0])) }, .refused(.shape)),
    ("dropout 1.5", { dropout(x, rate: 1.5) }, .refused(.argument)),
    ("dropout NaN", { dropout(x, rate: .nan) }, .refused(.argument)),
    ("celu, alpha 0", { celu(x, alpha: 0) }, .refused(.argument)),
    ("softShrink, threshold -1", { softShrink(x, threshold: -1) }, .refused(.argument)),
    ("squareplus, b -1", { squareplus(x, b: -1) }, .refused(.argument)),
    ("layerNorm, epsilon -1", { layerNorm(x, epsilon: -1) }, .refused(.argument)),
    ("rmsNorm, epsilon NaN", { rmsNorm(x, epsilon: .nan) }, .refused(.argument)),
    (
      "label smoothing 2",
      { softmaxCrossEntropy(logits: [[1, 2]], labels: Tensor([0], dtype: .int32), labelSmoothing: 2) },
      .refused(.argument)
    ),
    ("gather of -1", { x.gather(Tensor([-1], dtype: .int32)) }, .stopped(.index)),
    ("gather by real numbers", { x.gather([1]) }, .refused(.dtype)),
  ]

  @Test func eachIsAnErrorOrThePeersValue() throws {
    for (name, call, outcome) in Self.table {
      let result = call()
      switch outcome {
      case .refused(let kind):
        #expect(result.failure?.kind == kind, "\(name): \(result.failure?.description ?? "no error")")
      case .stopped(let kind):
        #expect(result.failure == nil, "\(name): \(result.failure?.description ?? "")")
        let error = #expect(throws: GraphError.self, "\(name)") { try result.literal() }
        #expect(error?.kind == kind, "\(name): \(error.map { "\($0)" } ?? "no error")")
      case .value(let expected):
        do {
          let found = try result.scalars(as: Double.self)
          #expect(
            found.count == expected.count
              && zip(found, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) },
            "\(name): \(found) instead of \(expected)")
        } catch {
          Issue.record("\(name): \(error)")
        }
      }
    }
  }

  @Test func errorsOfTheRunNameThePlace() throws {
    let divided = Self.whole % Tensor([1, 2, 0], dtype: .int32)
    #expect(try failure(of: divided).problem == "the divisor at position 2 is 0")
    let hot = Self.labels.oneHot(classes: 3)
    #expect(try failure(of: hot).problem == "label 5 at position 1 is none of the 3 classes 0..<3")
    #expect(try failure(of: hot).advice?.contains("allowsOthers") == true)
  }
}
