import ApusGraph
import Testing

@testable import ApusData

@Suite struct ImageAugmentationTests {
  private func apply(_ augmentation: some Augmentation, _ picture: Literal, seed: UInt64) throws -> Literal {
    var random = PhiloxGenerator(seed: seed)
    return try augmentation.augmented(Sample(features: [picture], id: 0), random: &random).features[0]
  }

  @Test func flippingMirrorsEveryRow() throws {
    let picture = Literal((0..<12).map { Float($0) }, shape: [2, 3, 2])
    let flipped = try apply(RandomHorizontalFlip(probability: 1), picture, seed: 0)
    #expect(flipped.floats == [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7])
    #expect(try apply(RandomHorizontalFlip(probability: 0), picture, seed: 0).floats == picture.floats)
    let count = try (0..<200).count {
      try apply(RandomHorizontalFlip(), picture, seed: UInt64($0)).floats != picture.floats
    }
    #expect((70...130).contains(count))
  }

  /// Every shift against a plain reading of what it means, larger than the picture too.
  @Test(arguments: [0, 1, 2, 6])
  func shiftingMovesWhatIsInsideAndFillsTheRest(limit: Int) throws {
    let picture = Literal((1...24).map { Float($0) }, shape: [4, 3, 2])
    let source = picture.floats
    for seed in 0..<60 {
      var random = PhiloxGenerator(seed: UInt64(seed))
      let down = random.uniform(below: 2 * limit + 1) - limit
      let across = random.uniform(below: 2 * limit + 1) - limit
      var expected: [Float] = []
      for row in 0..<4 {
        for column in 0..<3 {
          for channel in 0..<2 {
            let (from, beside) = (row - down, column - across)
            let isInside = (0..<4).contains(from) && (0..<3).contains(beside)
            expected.append(isInside ? source[(from * 3 + beside) * 2 + channel] : -7)
          }
        }
      }
      #expect(try apply(RandomShift(upTo: limit, fill: -7), picture, seed: UInt64(seed)).floats == expected)
    }
  }

  @Test func croppingCutsOutNeighbours() throws {
    let picture = Literal((0..<20).map { UInt8($0) }, shape: [4, 5, 1])
    var corners: Set<UInt8> = []
    for seed in 0..<100 {
      let crop = try apply(RandomCrop(height: 2, width: 3), picture, seed: UInt64(seed))
      #expect(crop.shape == [2, 3, 1])
      let values = crop.scalars(as: UInt8.self)
      let corner = values[0]
      corners.insert(corner)
      #expect(values == [0, 1, 2, 5, 6, 7].map { corner + $0 })
    }
    #expect(corners == [0, 1, 2, 5, 6, 7, 10, 11, 12])
    #expect(
      message { _ = try apply(RandomCrop(height: 5, width: 1), picture, seed: 0) }.contains("[4, 5, 1]"))
  }

  @Test func whatIsNoPictureIsRefused() {
    let row = Literal([1, 2] as [Float], shape: [2])
    #expect(
      message { _ = try apply(RandomHorizontalFlip(), row, seed: 0) }.contains("[height, width, channels]"))
    let bytes = Literal([1] as [UInt8], shape: [1, 1, 1])
    #expect(message { _ = try apply(RandomShift(upTo: 1), bytes, seed: 0) }.contains("float32"))
  }
}
