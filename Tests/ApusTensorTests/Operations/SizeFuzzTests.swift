import ApusGraph
import ApusTensor
import Testing

/// Sizes that nobody means: huge, negative, overflowing when multiplied or added. Every function that takes a size, a
/// count, an axis or a place gives a tensor or a failed tensor for each; none ends the process, and none takes memory
/// for what is not looked at.
struct SizeFuzzTests {
  private static let interesting: [Int] = [
    0, 1, 2, 3, 5, 7, -1, -2, -3, 1 << 16, 1 << 31, (1 << 31) - 1, 1 << 32, 1 << 40, 1 << 48, (1 << 48) + 1,
    1 << 50,
    1 << 61, 1 << 62, .max, .max - 1, .max / 2, .max / 3, .min, .min + 1, .min / 2, -(1 << 31), -(1 << 40),
  ]

  /// Numbers that are the same at every run.
  private struct Source: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) | (state << 31)
    }
    mutating func size() -> Int {
      switch next() % 4 {
      case 0: Int(next() % 6)
      case 1: Int(bitPattern: UInt(next()))
      default: interesting[Int(next() % UInt64(interesting.count))]
      }
    }
    mutating func shape() -> Shape { Shape((0..<Int(next() % 4)).map { _ in size() }) }
    mutating func list(_ count: Int) -> [Int] { (0..<count).map { _ in size() } }
    mutating func spatial() -> SpatialSize { SpatialSize(list(next() % 2 == 0 ? 1 : 2)) }
    mutating func padding() -> Padding {
      switch next() % 4 {
      case 0: .valid
      case 1: .same
      case 2: .causal
      default:
        .explicit([
          SpatialPadding(before: size(), after: size()), SpatialPadding(before: size(), after: size()),
        ])
      }
    }
  }

  private typealias Call = @Sendable (inout Source) -> [Tensor]

  private static let creations: [(String, Call)] = [
    ("zeros", { [.zeros($0.shape())] }), ("full", { [.full($0.shape(), 2, dtype: .uint8)] }),
    ("eye", { [.eye($0.size(), columns: $0.size(), offset: $0.size())] }),
    ("arange", { [.arange($0.size())] }),
    ("arange of bytes", { [.arange($0.size(), dtype: .uint8)] }),
    ("arange to", { [.arange(Double($0.size()) * 1e9, Double($0.size()) * 1e12, step: Double($0.size()))] }),
    ("linspace", { [.linspace(0, 1, count: Swift.min($0.size(), 1 << 50) | 1 << 49)] }),
    ("Tensor", { [Tensor([1, 2, 3] as [Float], shape: $0.shape())] }),
  ]

  private static let shapings: [(String, Call)] = [
    ("reshaped", { [sample.reshaped($0.shape())] }),
    ("reshaped with an open size", { [sample.reshaped(Shape([-1] + $0.list(2)))] }),
    ("flattened", { [sample.flattened(startAxis: $0.size())] }),
    ("transposed", { [sample.transposed($0.list(2))] }),
    ("swappedAxes", { [sample.swappedAxes($0.size(), $0.size())] }),
    ("movedAxis", { [sample.movedAxis($0.size(), to: $0.size())] }),
    ("expandedDimensions", { [sample.expandedDimensions(axis: $0.size())] }),
    ("squeezed", { [sample.squeezed(axes: $0.list(1))] }),
    ("broadcast", { [sample.broadcast(to: $0.shape())] }),
    ("broadcast in front", { [sample.broadcast(to: Shape([$0.size()] + sample.shape.dimensions))] }),
    ("repeated", { [sample.repeated($0.size(), axis: $0.size())] }),
    ("repeated 0", { [sample.repeated($0.size(), axis: 0)] }),
    ("tiled", { [sample.tiled($0.list(Int($0.next() % 4)))] }),
    ("flipped", { [sample.flipped(axes: $0.list(1))] }),
    ("rolled", { [sample.rolled($0.size(), axis: 1)] }), ("split", { sample.split($0.size(), axis: 1) }),
    ("split into sizes", { sample.split(sizes: $0.list(3), axis: 1) }),
    ("split a huge axis", { huge.split($0.size()) }), ("unstacked", { huge.unstacked(axis: $0.size()) }),
    ("concatenated", { concatenatedHuge($0.size()) }),
    ("stacked", { [stacked([huge, huge, huge], axis: $0.size())] }),
    ("padded", { [sample.padded([($0.size(), $0.size()), ($0.size(), $0.size())])] }),
    ("padded by mirrors", { [sample.padded([($0.size(), $0.size()), (1, 1)], mode: .reflect)] }),
    ("padded by edges", { [sample.padded([($0.size(), $0.size()), (0, 0)], mode: .edge)] }),
    ("padded by wrapping", { [sample.padded([($0.size(), $0.size()), (0, 0)], mode: .wrap)] }),
    ("position", { [sample[$0.size(), $0.size()]] }), ("range", { [sample[range($0.size(), $0.size())]] }),
    ("closed range", { [sample[closed($0.size(), $0.size())]] }), ("up to", { [sample[..<$0.size()]] }),
    ("through", { [sample[...$0.size()]] }), ("from", { [sample[($0.size())...]] }),
    ("by steps", { [sample[0..., (0...).by($0.size())]] }),
    ("range by steps", { [sample[range($0.size(), $0.size()).by($0.size())]] }),
    ("assigned", { [assigned($0.size(), $0.size())] }),
  ]

  private static let computations: [(String, Call)] = [
    ("sum", { [sample.sum(axes: $0.list(2))] }), ("huge sum", { [huge.sum(axes: [$0.size()])] }),
    ("variance", { [sample.variance(correction: $0.size())] }),
    ("topK", { [sample.topK($0.size(), axis: -1).values] }),
    ("argmax of many", { [huge.argmax(axis: $0.size())] }), ("sorted", { [huge.sorted(axis: $0.size())] }),
    ("cumulativeSum", { [huge.cumulativeSum(axis: $0.size())] }),
    ("bincount", { [labels.bincount(length: $0.size())] }),
    ("histogram", { [sample.histogram(bins: $0.size(), range: 0...1)] }),
    ("oneHot", { [labels.oneHot(classes: $0.size())] }),
    ("oneHot of bytes", { [labels.cast(to: .uint8).oneHot(classes: $0.size())] }),
    ("gather", { [sample.gather(labels, axis: $0.size())] }),
    ("diagonal", { [sample.diagonal(offset: $0.size())] }),
    ("lowerTriangle", { [sample.lowerTriangle(offset: $0.size())] }),
    ("upperTriangle", { [sample.upperTriangle(offset: $0.size())] }),
    ("diagonalMatrix", { [Tensor.zeros([Swift.max(0, Swift.min($0.size(), 1 << 40))]).diagonalMatrix()] }),
    ("tensordot", { [tensordot(sample, sample, axes: $0.size())] }),
    ("tensordot over axes", { [tensordot(sample, sample, leftAxes: $0.list(1), rightAxes: $0.list(1))] }),
    ("outer", { _ in [outer(huge, huge)] }),
    ("matmul", { _ in [matmul(huge.reshaped([-1, 1]), huge.reshaped([1, -1]))] }),
    (
      "conv",
      {
        [
          conv(
            image, kernel, strides: $0.spatial(), padding: $0.padding(), dilations: $0.spatial(),
            groups: $0.size())
        ]
      }
    ),
    (
      "conv in one group",
      { [conv(image, kernel, strides: $0.spatial(), padding: $0.padding(), dilations: $0.spatial())] }
    ),
    (
      "convTranspose",
      {
        [
          convTranspose(
            image, kernel, strides: $0.spatial(), padding: $0.padding(), outputPadding: $0.spatial(),
            dilations: $0.spatial(), groups: $0.size())
        ]
      }
    ),
    (
      "convTranspose in one group",
      {
        [convTranspose(image, kernel, strides: $0.spatial(), padding: $0.padding(), dilations: $0.spatial())]
      }
    ),
    ("maxPool", { [maxPool(image, $0.spatial(), strides: $0.spatial(), padding: $0.padding())] }),
    ("averagePool", { [averagePool(image, $0.spatial(), strides: $0.spatial(), padding: $0.padding())] }),
    ("softmax", { [softmax(sample, axis: $0.size())] }), ("glu", { [glu(sample, axis: $0.size())] }),
    ("shifted", { [labels << $0.size(), labels >> $0.size()] }),
    ("arithmetic", { [labels + $0.size(), labels % $0.size()] }),
    ("power", { [power(labels, $0.size())] }),
    (
      "scan",
      { scan(over: [], initial: [sample], length: $0.size()) { carries, _ in (carries, carries) }.outputs }
    ),
  ]

  private static let draws: [(String, Call)] = [
    ("uniform", { [RandomSource(seed: 1).uniform($0.shape())] }),
    ("uniform in float64", { [RandomSource(seed: 1).uniform($0.shape(), dtype: .float64)] }),
    ("normal", { [RandomSource(seed: 1).normal($0.shape())] }),
    ("truncatedNormal", { [RandomSource(seed: 1).truncatedNormal($0.shape())] }),
    ("bernoulli", { [RandomSource(seed: 1).bernoulli($0.shape())] }),
    ("bits", { [RandomSource(seed: 1).bits($0.shape())] }),
    ("randint", { [RandomSource(seed: 1).randint([2], in: range($0.size(), $0.size()), dtype: .int64)] }),
    ("randint of a shape", { [RandomSource(seed: 1).randint($0.shape(), in: 0..<9)] }),
    ("categorical", { [RandomSource(seed: 1).categorical(logits: sample, count: $0.size())] }),
    ("permutation", { [RandomSource(seed: 1).permutation($0.size())] }),
    ("shuffled", { [RandomSource(seed: 1).shuffled(sample, axis: $0.size())] }),
  ]

  private static let sample: Tensor = [[1, 2, 3], [4, 5, 6]]
  private static let labels = Tensor([0, 1, 2], dtype: .int32)
  private static let image = Tensor.ones([1, 5, 6, 2])
  private static let kernel = Tensor.ones([3, 2, 2, 4])
  /// A few bytes that look like a petabyte.
  private static let huge = Tensor.ones([1 << 47])

  private static func range(_ a: Int, _ b: Int) -> Range<Int> { Swift.min(a, b)..<Swift.max(a, b) }
  private static func closed(_ a: Int, _ b: Int) -> ClosedRange<Int> { Swift.min(a, b)...Swift.max(a, b) }
  private static func concatenatedHuge(_ count: Int) -> [Tensor] {
    [concatenated(Array(repeating: huge, count: Swift.max(1, Swift.min(count, 9))))]
  }
  private static func assigned(_ a: Int, _ b: Int) -> Tensor {
    var x = sample
    x[range(a, b)] = Tensor(1)
    return x
  }

  @Test func noSizeEndsTheProcess() throws {
    var source = Source(state: 20)
    for (name, call) in Self.creations + Self.shapings + Self.computations + Self.draws {
      for round in 0..<20 {
        for result in call(&source) {
          if let failure = result.failure {
            #expect(!failure.problem.isEmpty && !failure.operation.isEmpty, "\(name), \(round)")
            continue
          }
          #expect(result.shape.dimensions.allSatisfy { $0 >= 0 }, "\(name), \(round)")
          #expect(result.count <= Shape.elementLimit, "\(name), \(round)")
          // Small results are computed; those that would take hours or more memory than there is are not.
          guard result.count <= 1 << 12, name != "huge sum", name != "outer", name != "matmul" else {
            continue
          }
          do {
            _ = try result.literal()
          } catch let error as any ApusError {
            #expect(!error.problem.isEmpty, "\(name), \(round): \(error)")
          }
        }
      }
    }
  }

  @Test func whatWasFatalIsAnErrorOrAValue() throws {
    // Fine while nobody looks at its elements.
    #expect(Tensor.zeros([1 << 40]).count == 1 << 40)
    #expect(try Tensor.zeros([1 << 40])[3].item() == 0)
    #expect(Tensor.eye(1 << 20).shape == [1 << 20, 1 << 20])
    #expect(try failure(of: Tensor.eye(1 << 20)).kind == .memory)
    #expect(try failure(of: Tensor.zeros([1 << 46])).kind == .memory)
    #expect(try failure(of: Tensor.eye(1 << 24)).kind == .memory)
    #expect(try failure(of: Self.sample.tiled([1 << 50])).kind == .memory)
    #expect(try failure(of: Tensor.arange(0, 1e18)).kind == .memory)
    #expect(try failure(of: Self.sample.reshaped([-1, .max, 3])).kind == .shape)
    #expect(try failure(of: outer(Self.huge, Self.huge)).problem.contains("2^48"))
    #expect(try failure(of: Tensor.arange(300, dtype: .uint8)).kind == .dtype)
    // One class more than bytes tell apart.
    #expect(try Tensor([0], dtype: .uint8).oneHot(classes: 257).sum().item() == 1)
    #expect(try Self.sample.diagonal(offset: .min).scalars() == [] as [Float])
    #expect(try Self.sample.lowerTriangle(offset: .max).scalars() == [1, 2, 3, 4, 5, 6] as [Float])
    #expect(try Self.sample.upperTriangle(offset: .max).sum().item() == 0)
    #expect(try Tensor.eye(2, offset: .min).sum().item() == 0)
    #expect(try Self.sample[0..., (0...).by(.max)].scalars() == [1, 4] as [Float])
    #expect(try failure(of: Self.sample[0..., ...Int.max]).kind == .index)
    #expect(try failure(of: Self.sample.split(.max)[0]).kind == .shape)
  }
}
