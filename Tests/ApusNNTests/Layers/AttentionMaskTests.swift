import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

/// The number of axes says what a mask means, also where sizes happen to be equal.
@Suite struct AttentionMaskTests {
  private let x = RandomSource(seed: 7).normal([2, 3, 8])

  /// Truth values of a fixed pattern in which each query sees something.
  private func mask(_ shape: Shape) -> Tensor {
    let truths = (0..<shape.elementCount).map { $0 % 3 == 0 || $0 % 5 == 1 }
    return Tensor(Literal(truths, shape: shape))
  }

  @Test func aBatchIsNoHead() throws {
    // As many samples as heads: axes aligned from the last on would fit and be wrong.
    let layer = MultiHeadAttention(heads: 2, keySize: 4)
    let own = mask([2, 3, 3])
    let found = try layer(x, value: x, mask: own).doubles()
    let perSample = try (0..<2).flatMap { sample -> [Double] in
      let part = x[sample..<(sample + 1)]
      return try layer(part, value: part, mask: own[sample]).doubles()
    }
    #expect(difference(found, from: perSample) == nil)
    #expect(try layer(x, value: x, mask: own.expandedDimensions(axis: 1)).doubles() == found)
    #expect(try layer(x, value: x, mask: own.expandedDimensions(axis: 0)).doubles() != found)
    for layer in [SelfAttention(8, heads: 2)] {
      #expect(
        try layer(x, mask: own).doubles() == layer(x, mask: own.expandedDimensions(axis: 1)).doubles())
    }
  }

  @Test func paddingMasksNeedAnAxisForQueries() throws {
    let layer = SelfAttention(8, heads: 2)
    let padding = sequenceMask(lengths: Tensor(Literal([3, 2] as [Int32], shape: [2])), time: 3)
    let found = try layer(x, mask: padding.expandedDimensions(axis: 1)).doubles()
    let four = Tensor(padding.value.reshaped([2, 1, 1, 3]))
    #expect(try layer(x, mask: four).doubles() == found)
    let error = try #require(layer(x, mask: padding).failure)
    #expect(error.kind == .shape && error.advice?.contains("expandedDimensions(axis: 1)") == true)
  }

  @Test func whatCannotBeToldIsRefused() throws {
    let layer = SelfAttention(8, heads: 2)
    #expect(layer(x, mask: mask([3])).failure?.kind == .shape)
    #expect(layer(x, mask: mask([1, 2, 2, 3, 3])).failure?.kind == .shape)
    // Zeros and ones of whole numbers would be added to the scores.
    let numbers = Tensor(mask([3, 3]).value.cast(.int32))
    #expect(layer(x, mask: numbers).failure?.kind == .dtype)
  }

  @Test func lengthsAndPositionsOutOfRangeAreErrors() throws {
    for lengths in [[4, 1], [-1, 2]] as [[Int32]] {
      let result = sequenceMask(lengths: Tensor(Literal(lengths, shape: [2])), time: 3)
      #expect(throws: GraphError.self) { try result.literal() }
    }
    let ends = sequenceMask(lengths: Tensor(Literal([0, 3] as [Int32], shape: [2])), time: 3)
    #expect(try ends.literal().doubles == [0, 0, 0, 1, 1, 1])
    let layer = SelfAttention(8, heads: 2, causal: true)
    let cache = KeyValueCache(batch: 2, capacity: 4, heads: 2, size: 4)
    #expect(throws: GraphError.self) { try layer(x, cache: cache, position: Tensor(2)).literal() }
  }
}
