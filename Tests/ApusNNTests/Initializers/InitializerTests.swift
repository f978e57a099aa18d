import ApusGraph
import ApusNN
import ApusTensor
import Testing

@Suite struct InitializerTests {
  private func moments(_ initializer: Initializer, _ shape: Shape) throws -> (
    mean: Double, deviation: Double, range: ClosedRange<Double>
  ) {
    let numbers = try initializer(shape, from: RandomSource(seed: 1)).doubles()
    let mean = numbers.reduce(0, +) / Double(numbers.count)
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
    return (mean, variance.squareRoot(), (numbers.min() ?? 0)...(numbers.max() ?? 0))
  }

  /// Scale, fan and whether the distribution is uniform, as Keras has them for a kernel of [300, 200].
  @Test(arguments: [
    (Initializer.glorotUniform, 1.0, 250.0, true), (.glorotNormal, 1, 250, false), (.heUniform, 2, 300, true),
    (.heNormal, 2, 300, false), (.lecunUniform, 1, 300, true), (.lecunNormal, 1, 300, false),
    (.varianceScaling(scale: 3, mode: .output, distribution: .normal), 3, 200, false),
  ])
  func varianceIsScaled(initializer: Initializer, scale: Double, fan: Double, isUniform: Bool) throws {
    let (mean, deviation, range) = try moments(initializer, [300, 200])
    let expected = (scale / fan).squareRoot()
    #expect(abs(mean) < expected * 0.02)
    #expect(abs(deviation / expected - 1) < 0.02)
    if isUniform {
      let limit = (3 * scale / fan).squareRoot()
      #expect(range.upperBound <= limit && range.upperBound > 0.99 * limit)
      #expect(range.lowerBound >= -limit && range.lowerBound < -0.99 * limit)
    } else if !initializer.name.hasPrefix("variance") {
      // Cut off at two deviations of the untruncated distribution.
      #expect(range.upperBound <= 2 * expected / 0.8796 * 1.0001)
    }
  }

  @Test func plainOnes() throws {
    #expect(try Initializer.zeros([2]).doubles() == [0, 0])
    #expect(try Initializer.ones([2]).doubles() == [1, 1])
    #expect(try Initializer.constant(3)([2]).doubles() == [3, 3])
    #expect(try Initializer.identity(gain: 2)([2, 3]).doubles() == [2, 0, 0, 0, 2, 0])
    #expect(throws: GraphError.self) { try Initializer.identity()([2]).literal() }
    let normal = try moments(.randomNormal(mean: 1, standardDeviation: 0.5), [10_000])
    #expect(abs(normal.mean - 1) < 0.025)
    #expect(abs(normal.deviation - 0.5) < 0.02)
    let uniform = try moments(.randomUniform(2, 3), [10_000])
    #expect(uniform.range.lowerBound >= 2 && uniform.range.upperBound < 3)
    let truncated = try moments(.truncatedNormal(standardDeviation: 1), [10_000])
    #expect(truncated.range.lowerBound >= -2 && truncated.range.upperBound <= 2)
  }

  @Test func fansOfConvolutions() {
    #expect(Fans([3, 5, 4, 8]) == Fans(input: 60, output: 120))
    #expect(Fans([7]) == Fans(input: 7, output: 7))
    #expect(Fans([]) == Fans(input: 1, output: 1))
  }

  @Test(arguments: [[6, 4], [4, 6], [2, 3, 4], [5, 5]] as [Shape])
  func orthogonalVectorsAreOrthonormal(shape: Shape) throws {
    let matrix = Initializer.orthogonal(gain: 2)(shape, dtype: .float64, from: RandomSource(seed: 3))
    let columns = shape[shape.rank - 1], rows = shape.elementCount / columns
    let numbers = try matrix.doubles()
    let isTall = rows >= columns
    let count = min(rows, columns), length = max(rows, columns)
    for i in 0..<count {
      for j in 0..<count {
        let product = (0..<length).reduce(0.0) { sum, k in
          sum
            + (isTall
              ? numbers[k * columns + i] * numbers[k * columns + j]
              : numbers[i * columns + k] * numbers[j * columns + k])
        }
        #expect(abs(product - (i == j ? 4 : 0)) < 1e-12)
      }
    }
    #expect(throws: GraphError.self) { try Initializer.orthogonal()([3]).literal() }
  }

  @Test func sameSeedSameNumbers() throws {
    func draw(_ seed: UInt64) throws -> [Double] {
      try Initializer.glorotUniform([4, 4], from: RandomSource(seed: seed)).doubles()
    }
    #expect(try draw(1) == draw(1))
    #expect(try draw(1) != draw(2))
  }
}
