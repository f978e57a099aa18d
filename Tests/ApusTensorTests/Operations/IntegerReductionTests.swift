import ApusGraph
import ApusTensor
import Testing

/// Reductions of narrow integers: the values are NumPy's (2.x) and PyTorch's, which promote to `int64`.
struct IntegerReductionTests {
  private static let narrow: [DType] = [.uint8, .int32, .uint32, .bool]

  private func largest(_ dtype: DType) -> Int {
    switch dtype {
    case .uint8: 255
    case .int32: Int(Int32.max)
    case .uint32: Int(UInt32.max)
    default: 1
    }
  }

  @Test(arguments: narrow) func sumsDoNotWrapAround(_ dtype: DType) throws {
    let x = Tensor.full([3, 1000], largest(dtype), dtype: dtype)
    let total = x.sum()
    #expect(total.dtype == .int64)
    #expect(try total.item(as: Int.self) == 3000 * largest(dtype))
    let rows = x.sum(axis: 1, keepDimensions: true)
    #expect(rows.shape == [3, 1] && rows.dtype == .int64)
    #expect(try rows.scalars() == Array(repeating: 1000 * largest(dtype), count: 3))
    // Without axes to sum over the type is the same.
    #expect(x.sum(axes: []).dtype == .int64)
    #expect(x.sum(axes: []).shape == [3, 1000])
  }

  @Test(arguments: narrow) func productsDoNotWrapAround(_ dtype: DType) throws {
    let number = dtype == .bool ? 1 : 200
    let x = Tensor.full([2, 5], number, dtype: dtype)
    #expect(x.product().dtype == .int64)
    #expect(
      try x.product(axis: 1).scalars() == [Int](repeating: dtype == .bool ? 1 : 320_000_000_000, count: 2))
  }

  @Test(arguments: narrow) func runningSumsAndProductsDoNotWrapAround(_ dtype: DType) throws {
    let x = Tensor.full([3], largest(dtype), dtype: dtype)
    let sums = x.cumulativeSum(axis: 0)
    #expect(sums.dtype == .int64)
    #expect(try sums.scalars() == [1, 2, 3].map { $0 * largest(dtype) })
    #expect(
      try x.cumulativeSum(axis: 0, reverse: true, exclusive: true).scalars()
        == [2, 1, 0].map { $0 * largest(dtype) })
    let two = Tensor.full([5], dtype == .bool ? 1 : 200, dtype: dtype)
    #expect(two.cumulativeProduct(axis: 0).dtype == .int64)
    #expect(
      try two.cumulativeProduct(axis: 0)[-1].item(as: Int.self) == (dtype == .bool ? 1 : 320_000_000_000))
    // Extremes are elements, so they keep the elements' type.
    #expect(x.cumulativeMax(axis: 0).dtype == (dtype == .bool ? .int32 : dtype))
  }

  @Test func extremesKeepTheirType() throws {
    for dtype in Self.narrow {
      #expect(Tensor.ones([3], dtype: dtype).max().dtype == dtype)
      #expect(Tensor.ones([3], dtype: dtype).min(axis: 0).dtype == dtype)
    }
    #expect(Tensor.ones([3], dtype: .bfloat16).sum().dtype == .bfloat16)
  }

  @Test func statisticsOfWholeNumbersAreComputedInDoublePrecision() throws {
    // Neighbors at 2^30 that float32 cannot tell apart.
    let x = Tensor([1 << 30, (1 << 30) + 2, (1 << 30) + 4], dtype: .int32)
    #expect(x.mean().dtype == .float32)
    #expect(try x.variance().item() == Double(Float(8.0 / 3)))
    #expect(try x.standardDeviation(correction: 1).item() == 2)
    #expect(try (x - (1 << 30)).norm().item() == Double(Float(20.0.squareRoot())))
    let pixels = Tensor([UInt8](repeating: 255, count: 100_000))
    #expect(try pixels.mean().item() == 255)
    #expect(try Tensor(pixels.value.mean()).item() == 255)
    #expect(try Tensor([1, 2, 4], dtype: .uint8).median().item() == 2)
    #expect(try Tensor([true, true, false, false]).mean().item() == 0.5)
  }

  @Test func countsAndTracesDoNotWrapAround() throws {
    let places = Tensor([0, 0, 1], dtype: .int32)
    #expect(places.bincount(length: 2).dtype == .int64)
    let weights = Tensor([200, 200, 7], dtype: .uint8)
    #expect(try places.bincount(length: 2, weights: weights).scalars() == [400, 7])
    #expect(Tensor([0.5]).histogram(bins: 2, range: 0...1).dtype == .int64)
    #expect(try Tensor([[200, 0], [0, 200]], dtype: .uint8).trace().item() == 400)
  }

  @Test func einsumAddsWholeNumbersInInt64() throws {
    let x = Tensor([[200, 100], [50, 200]], dtype: .uint8)
    #expect(try einsum("ij->", x).item() == 550)
    #expect(try einsum("ij,jk->ik", x, x).scalars() == [45000, 40000, 20000, 45000])
    // Nothing is summed here.
    #expect(einsum("ij->ji", x).dtype == .uint8)
  }
}
