import ApusGraph
import Testing

@testable import ApusData

@Suite struct RandAugmentTests {
  /// An image after one change.
  private func changed(
    _ kind: RandAugmentOperation.Kind, _ strength: Float, _ values: [Float], height: Int, width: Int,
    channels: Int = 1
  ) -> [Float] {
    var values = values
    values.withUnsafeMutableBufferPointer {
      RandAugmentOperation(kind, strength: strength).apply(to: $0, (height, width, channels), 0.5)
    }
    return values
  }

  private func isClose(_ found: [Float], _ wanted: [Float]) -> Bool {
    found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-5 }
  }

  @Test func colorsChangeAsTheySay() {
    let row: [Float] = [0.2, 0.4, 0.6, 0.8]
    func one(_ kind: RandAugmentOperation.Kind, _ strength: Float) -> [Float] {
      changed(kind, strength, row, height: 1, width: 4)
    }
    #expect(one(.identity, 1) == row)
    #expect(isClose(one(.brightness, -0.5), [0.11, 0.22, 0.33, 0.44]))
    #expect(isClose(one(.brightness, 1), [0.38, 0.76, 1, 1]))
    #expect(isClose(one(.contrast, -1), [0.47, 0.49, 0.51, 0.53]))
    #expect(isClose(one(.solarize, 0.3), [0.2, 0.4, 0.6, 0.2]))
    #expect(isClose(one(.stretchContrast, 0.3), [0, 1.0 / 3, 2.0 / 3, 1]))
    // Sixteen levels of 255: 51, 102, 153, 204 → 48, 96, 144, 192.
    #expect(isClose(one(.posterize, 1), [48, 96, 144, 192].map { $0 / 255 }))
    #expect(
      isClose(
        changed(.saturation, -1, [1, 0, 0], height: 1, width: 1, channels: 3), [0.3691, 0.2691, 0.2691]))
    let spot: [Float] = [0, 0, 0, 0, 0.5, 0, 0, 0, 0]
    let sharp = changed(.sharpness, -1, spot, height: 3, width: 3)
    #expect(isClose(sharp, [0, 0, 0, 0, 0.05 + 0.9 * 2.5 / 13, 0, 0, 0, 0]))
  }

  /// Of as many pixels of each brightness as there are levels, nothing changes; of half of them, twice the range.
  @Test func equalizingSpreadsBrightness() {
    let even = (0..<1024).map { Float($0 / 4) / 255 }
    #expect(isClose(changed(.equalize, 0, even, height: 32, width: 32), even))
    let dark = (0..<1024).map { Float($0 / 8) / 255 }
    let spread = changed(.equalize, 0, dark, height: 32, width: 32)
    #expect(spread.max() == 1 && zip(spread, spread.dropFirst()).allSatisfy { $0 <= $1 })
    let flat = [Float](repeating: 0.3, count: 1024)
    #expect(changed(.equalize, 0, flat, height: 32, width: 32) == flat)
  }

  @Test func whatIsNoNumberEndsNothing() {
    let found = changed(.equalize, 0, [.nan] + (1..<600).map { Float($0 % 7) / 7 }, height: 20, width: 30)
    #expect(found.allSatisfy { (0...1).contains($0) })
  }

  @Test func geometryMovesPixels() {
    let image = (1...9).map { Float($0) / 10 }
    // 150 / 331 of three pixels is one.
    #expect(
      isClose(
        changed(.shiftAcross, 1, image, height: 3, width: 3),
        [0.5, 0.1, 0.2, 0.5, 0.4, 0.5, 0.5, 0.7, 0.8]))
    #expect(
      isClose(
        changed(.shiftDown, -1, image, height: 3, width: 3),
        [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.5, 0.5, 0.5]))
    let sheared = changed(.shearAcross, 1, image, height: 3, width: 3)
    #expect(
      isClose(Array(sheared[3..<6]), [0.4, 0.5, 0.6]) && abs(sheared[1] - (0.7 * 0.2 + 0.3 * 0.1)) < 1e-5)
    for kind in [RandAugmentOperation.Kind.turn, .shearDown, .shearAcross, .shiftDown] {
      #expect(isClose(changed(kind, 0, image, height: 3, width: 3), image))
      #expect(changed(kind, 0.9, image, height: 3, width: 3) != image)
    }
  }

  @Test func labelsMoveAlongAndAllChangesComeUp() throws {
    let augmentation = try RandAugment(count: 3, magnitude: 12, fill: 0, fillLabel: 7)
    // Where only geometry can change a flat half, the label tells the same half.
    var kinds: Set<RandAugmentOperation.Kind> = []
    for seed in 0..<200 {
      var random = PhiloxGenerator(seed: UInt64(seed))
      kinds.insert(RandAugmentOperation(strength: 0.3, random: &random).kind)
    }
    #expect(kinds.count == RandAugmentOperation.Kind.allCases.count)
    var moved = 0
    for seed in 0..<40 {
      let image = Literal((0..<64).map { $0 % 8 < 4 ? Float(0) : 1 }, shape: [8, 8, 1])
      let labels = Literal((0..<64).map { Int32($0 % 8 < 4 ? 0 : 1) }, shape: [8, 8])
      var first = PhiloxGenerator(seed: UInt64(seed)), second = first
      let sample = Sample(features: [image], target: labels, id: 0)
      let result = try augmentation.augmented(sample, random: &first)
      #expect(
        try augmentation.augmented(sample, random: &second).features[0].floats == result.features[0].floats)
      #expect(result.features[0].floats.allSatisfy { (0...1).contains($0) })
      let target = try #require(result.target)
      if target.doubles != labels.doubles { moved += 1 }
      #expect(target.doubles.allSatisfy { [0, 1, 7].contains($0) })
    }
    #expect(moved > 10)
    #expect(throws: DataError.self) { try RandAugment(magnitude: 31) }
    #expect(throws: DataError.self) { try RandAugment(count: -1) }
  }
}
