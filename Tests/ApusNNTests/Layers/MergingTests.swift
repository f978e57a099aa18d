import ApusGraph
import ApusNN
import ApusTensor
import Testing

/// Layers that join or cut.
@Suite struct MergingTests {
  let a = Tensor(numbers: [1, 2, 3, 4], [2, 2])
  let b = Tensor(numbers: [10, 20, 30, 40], [2, 2])

  @Test func sumsProductsAndMeans() throws {
    #expect(try Add()([a, b, a]).doubles() == [12, 24, 36, 48])
    #expect(try Multiply()([a, b]).doubles() == [10, 40, 90, 160])
    #expect(try Average()([a, b]).doubles() == [5.5, 11, 16.5, 22])
    #expect(try Concatenate()([a, b]).doubles() == [1, 2, 10, 20, 3, 4, 30, 40])
    #expect(try Concatenate(axis: 0)([a, b]).doubles() == [1, 2, 3, 4, 10, 20, 30, 40])
  }

  @Test func productOfFactorsForEachChannel() throws {
    let picture = Tensor(numbers: [1, 2, 3, 4], [1, 2, 1, 2])
    let factors = Tensor(numbers: [10, 100], [1, 1, 1, 2])
    #expect(try Multiply()([picture, factors]).doubles() == [10, 200, 30, 400])
  }

  @Test func nothingToJoin() {
    #expect(Add()([]).failure?.kind == .argument)
    #expect(Concatenate()([a, Tensor(numbers: [1], [1])]).failure != nil)
  }

  @Test func failedInputsPass() {
    let failed = Concatenate()([])
    #expect(Add()([a, failed]).failure == failed.failure)
  }

  @Test func croppingTakesEdgesOff() throws {
    let x = Tensor(numbers: (0..<12).map { Float($0) }, [1, 3, 4, 1])
    #expect(try Cropping2D(height: (1, 0), width: (2, 1))(x).doubles() == [6, 10])
    #expect(try Cropping2D([1, 0])(x).doubles() == [4, 5, 6, 7])
    #expect(Cropping2D(2)(x).failure?.kind == .shape)
    #expect(Cropping2D(-1)(x).failure?.kind == .argument)
  }

  @Test func layerScaleStartsSmall() throws {
    let layer = LayerScale(initial: 0.5)
    #expect(try layer(a).doubles() == [0.5, 1, 1.5, 2])
    layer.gamma.assign(Tensor(numbers: [1, -1], [2]))
    #expect(try layer(a).doubles() == [1, -2, 3, -4])
    #expect(
      layer(Tensor(numbers: [1, 2, 3], [1, 3])).failure?.problem.contains("expects 2 channels") == true)
  }

  @Test func stochasticDepthDropsWholeSamples() throws {
    let x = Tensor(numbers: Array(repeating: 1, count: 64 * 3), [64, 3])
    let layer = StochasticDepth(0.25, source: RandomSource(seed: 7))
    #expect(try layer(x).doubles() == x.doubles())
    let rows = try withPhase(.training) { layer(x) }.doubles()
    let kept = (0..<64).map { rows[$0 * 3] }
    for row in 0..<64 { #expect(Set(rows[(row * 3)..<(row * 3 + 3)]).count == 1) }
    #expect(kept.allSatisfy { $0 == 0 || abs($0 - 4.0 / 3) < 1e-6 })
    // 16 of 64 are expected to go; 40 would be eight deviations away.
    #expect((1..<40).contains(kept.count { $0 == 0 }))
    #expect(StochasticDepth(1)(x).failure?.kind == .argument)
  }
}
