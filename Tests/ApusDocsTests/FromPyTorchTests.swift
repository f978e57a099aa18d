import ApusGraph
import ApusIO
import ApusTensor
import ApusTestSupport
import Testing

/// The Swift of the page "From PyTorch and NumPy" about tensors.
@Suite struct FromPyTorchTests {
  let x: Tensor = [[1, 2, 3], [4, 5, 6]]

  @Test func tensorsAreCreated() throws {
    let a: Tensor = [[1, 2], [3, 4]]
    #expect((a.shape, a.rank, a.count, a.dtype) == ([2, 2], 2, 4, .float32))
    let integers = Tensor([Int32(0), 2])
    #expect(integers.dtype == .int32)
    #expect(try numbers(integers) == [0, 2])
    let shaped = Tensor([1.0, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    #expect(try numbers(shaped) == numbers(x))
    #expect(try numbers(Tensor.zeros([2, 3])) == [0, 0, 0, 0, 0, 0])
    #expect(try numbers(Tensor.ones(like: a)) == [1, 1, 1, 1])
    #expect(try numbers(Tensor.full([2, 2], 7)) == [7, 7, 7, 7])
    #expect(try numbers(Tensor.arange(5)) == [0, 1, 2, 3, 4])
    #expect(try numbers(Tensor.linspace(0, 1, count: 5)) == [0, 0.25, 0.5, 0.75, 1])
    #expect(try numbers(Tensor.eye(3)) == [1, 0, 0, 0, 1, 0, 0, 0, 1])
  }

  @Test func aTensorIsAValue() throws {
    let a: Tensor = [1, 2]
    var b = a
    b += 1
    #expect(try numbers(a) == [1, 2])
    #expect(try numbers(b) == [2, 3])
  }

  @Test func shapesChange() throws {
    #expect(x.reshaped([3, -1]).shape == [3, 2])
    #expect(try numbers(x.transposed([1, 0])) == [1, 4, 2, 5, 3, 6])
    #expect(try numbers(x.T) == [1, 4, 2, 5, 3, 6])
    #expect(try numbers(x.swappedAxes(0, 1)) == [1, 4, 2, 5, 3, 6])
    #expect(x.movedAxis(0, to: 1).shape == [3, 2])
    #expect(x.expandedDimensions(axis: 0).shape == [1, 2, 3])
    #expect(x.expandedDimensions(axis: 0).squeezed(axis: 0).shape == [2, 3])
    #expect(x.flattened().shape == [6])
    #expect(x.broadcast(to: [4, 2, 3]).shape == [4, 2, 3])
    #expect(try numbers(x.tiled([2, 1])) == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6])
    #expect(try numbers(x.repeated(2, axis: 0)) == [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6])
    #expect(concatenated([x, x], axis: 1).shape == [2, 6])
    #expect(stacked([x, x]).shape == [2, 2, 3])
    #expect(x.split(3, axis: 1).map(\.shape) == [[2, 1], [2, 1], [2, 1]])
    #expect(x.unstacked(axis: 0).map(\.shape) == [[3], [3]])
    #expect(try numbers(x.flipped(axis: 0)) == [4, 5, 6, 1, 2, 3])
    #expect(try numbers(x.rolled(1, axis: 1)) == [3, 1, 2, 6, 4, 5])
    #expect(try numbers(x.padded([(0, 0), (1, 1)])) == [0, 1, 2, 3, 0, 0, 4, 5, 6, 0])
    #expect(x.cast(to: .int32).dtype == .int32)
  }

  @Test func elementsAreIndexed() throws {
    let ends = (x[0], x[-1])
    #expect(try numbers(ends.0) == [1, 2, 3])
    #expect(try numbers(ends.1) == [4, 5, 6])
    #expect(try numbers(x[..., 1]) == [2, 5])
    #expect(try numbers(x[0..<1, 1..<3]) == [2, 3])
    #expect(try numbers(x[0..., (0...).by(2)]) == [1, 3, 4, 6])
    #expect(x[newAxis].shape == [1, 2, 3])
    #expect(try numbers(x[Tensor([Int32(1), 0])]) == [4, 5, 6, 1, 2, 3])
    let i = Tensor([Int32(2), 0], shape: [2, 1])
    #expect(try numbers(x.gathered(along: 1, i)) == [3, 4])
    let j = Tensor([Int32(2), 0])
    #expect(try numbers(x.gather(j, axis: 1)) == [3, 1, 6, 4])
    #expect(try numbers(x.replacing(with: 0, where: x .> 2)) == [1, 2, 0, 0, 0, 0])
    #expect(try numbers(select(x .> 2, x, 0)) == [0, 0, 3, 4, 5, 6])
    #expect(try (x - 1).nonZero() == [[0, 0, 1, 1, 1], [1, 2, 0, 1, 2]])
    #expect(try x.nonZero().count == 2)
    var y = x
    y[0] = Tensor.zeros([3])
    #expect(try numbers(y) == [0, 0, 0, 4, 5, 6])
    #expect(try numbers(x) == [1, 2, 3, 4, 5, 6])
  }

  @Test func elementsAreComputed() throws {
    let y: Tensor = [[6, 5, 4], [3, 2, 1]]
    #expect(try numbers(x + 1) == [2, 3, 4, 5, 6, 7])
    #expect(try numbers(power(x, 2)) == [1, 4, 9, 16, 25, 36])
    #expect((x .> 2).dtype == .bool)
    #expect(try numbers((x .> 1) && (x .< 4)) == [0, 1, 1, 0, 0, 0])
    let (sizes, powers, logarithms, roots) = (abs(x), exp(x), log(x), sqrt(x))
    #expect(try allClose(sizes, x))
    #expect(try allClose(log(powers), x))
    #expect(try allClose(exp(logarithms), x))
    #expect(try allClose(roots * roots, x))
    #expect(try numbers(clip(x, 2, 5)) == [2, 2, 3, 4, 5, 5])
    #expect(try numbers(maximum(x, y)) == [6, 5, 4, 4, 5, 6])
    let isClose = try allClose(x, y)
    #expect(!isClose)
    let (rectified, logistic, tangent) = (relu(x), sigmoid(x), tanh(x))
    #expect(try allClose(rectified, x))
    #expect(try allClose(2 * sigmoid(2 * x) - 1, tangent))
    #expect(try numbers(logistic).allSatisfy { 0.7 < $0 && $0 < 1 })
    let (probabilities, logProbabilities) = (softmax(x), logSoftmax(x))
    #expect(try allClose(log(probabilities), logProbabilities))
    // 1 · Φ(1)
    #expect(abs(try numbers(gelu(x, approximate: false))[0] - 0.8413447) < 1e-6)
  }

  @Test func numbersAreReduced() throws {
    let (total, columns) = (x.sum(), x.sum(axis: 0))
    #expect(try total.item() == 21)
    #expect(try numbers(columns) == [5, 7, 9])
    #expect(x.mean(axis: 1, keepDimensions: true).shape == [2, 1])
    #expect(abs(try x.variance(correction: 1).item() - 3.5) < 1e-6)
    #expect(abs(try x.variance().item() - 17.5 / 6) < 1e-6)
    #expect(try numbers(x.max(axis: 1)) == [3, 6])
    #expect(try numbers(x.argmax(axis: 1)) == [2, 2])
    #expect(try x.product().item() == 720)
    #expect(try numbers(x.cumulativeSum(axis: 1)) == [1, 3, 6, 4, 9, 15])
    #expect(abs(try x.norm().item() - 9.539392) < 1e-5)
    #expect(try (x .> 0).all().item() == 1)
    let (values, indices) = x.topK(2)
    #expect(try numbers(values) == [3, 2, 6, 5])
    #expect(try numbers(indices) == [2, 1, 2, 1])
    #expect(try numbers(x.sorted(descending: true)) == [3, 2, 1, 6, 5, 4])
    #expect(abs(try numbers(x.logSumExp(axis: 1))[0] - 3.407606) < 1e-5)
  }

  @Test func matricesAreMultiplied() throws {
    let a: Tensor = [[1, 2], [3, 4]]
    let b: Tensor = [[5, 6], [7, 8]]
    #expect(try numbers(matmul(a, b)) == [19, 22, 43, 50])
    #expect(try numbers(einsum("ij,kj->ik", x, x)) == [14, 32, 32, 77])
    #expect(try numbers(tensordot(x, x, leftAxes: [1], rightAxes: [1])) == [14, 32, 32, 77])
    #expect(try numbers(a.lowerTriangle()) == [1, 0, 3, 4])
    #expect(try a.trace().item() == 5)
    let source = RandomSource(seed: 3)
    let (q, k, v) = (source.normal([1, 4, 2, 8]), source.normal([1, 4, 2, 8]), source.normal([1, 4, 2, 8]))
    let attended = scaledDotProductAttention(q, k, v, causal: true)
    // The first step sees itself alone.
    #expect(try allClose(attended[0, 0], v[0, 0], relativeTolerance: 1e-4, absoluteTolerance: 1e-5))
  }

  @Test func randomNumbersRepeat() throws {
    RandomSource.$current.withValue(RandomSource(seed: 7)) {
      RandomSource.current.reset(seed: 1)
    }
    try RandomSource.$current.withValue(RandomSource(seed: 1)) {
      let first = try numbers(RandomSource.current.uniform([2, 3]))
      #expect(first.allSatisfy { 0 <= $0 && $0 < 1 })
      RandomSource.current.reset(seed: 1)
      #expect(try numbers(RandomSource.current.uniform([2, 3])) == first)
      #expect(try numbers(RandomSource.current.normal([2, 3])).count == 6)
      let dice = try numbers(RandomSource.current.randint([2, 3], in: 0..<10))
      #expect(dice.allSatisfy { 0 <= $0 && $0 < 10 })
      #expect(try numbers(RandomSource.current.permutation(5)).sorted() == [0, 1, 2, 3, 4])
      #expect(RandomSource.current.bernoulli([4], probability: 0.3).dtype == .bool)
    }
  }

  @Test func numbersAreRead() throws {
    #expect(try x.sum().item() == 21)
    #expect(try x.scalars(as: Float.self) == [1, 2, 3, 4, 5, 6])
    let path = temporaryPath("x.npy")
    try NumPyFile.write(x, to: path)
    let same: Tensor = try NumPyFile.read(from: path)
    #expect(try numbers(same) == numbers(x))
  }
}
