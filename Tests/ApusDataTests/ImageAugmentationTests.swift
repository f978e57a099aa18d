import ApusGraph
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct ImageAugmentationTests {
  private func apply(_ augmentation: some Augmentation, _ image: Literal, seed: UInt64) throws -> Literal {
    var random = PhiloxGenerator(seed: seed)
    return try augmentation.augmented(Sample(features: [image], id: 0), random: &random).features[0]
  }

  @Test func flippingMirrorsEveryRow() throws {
    let image = Literal((0..<12).map { Float($0) }, shape: [2, 3, 2])
    let flipped = try apply(RandomHorizontalFlip(probability: 1), image, seed: 0)
    #expect(flipped.floats == [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7])
    #expect(try apply(RandomHorizontalFlip(probability: 0), image, seed: 0).floats == image.floats)
    let count = try (0..<200).count {
      try apply(RandomHorizontalFlip(), image, seed: UInt64($0)).floats != image.floats
    }
    #expect((70...130).contains(count))
  }

  /// Every shift against a plain reading of what it means, larger than the image too.
  @Test(arguments: [0, 1, 2, 6])
  func shiftingMovesWhatIsInsideAndFillsTheRest(limit: Int) throws {
    let image = Literal((1...24).map { Float($0) }, shape: [4, 3, 2])
    let source = image.floats
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
      #expect(try apply(RandomShift(upTo: limit, fill: -7), image, seed: UInt64(seed)).floats == expected)
    }
  }

  @Test func croppingCutsOutNeighbors() throws {
    let image = Literal((0..<20).map { UInt8($0) }, shape: [4, 5, 1])
    var corners: Set<UInt8> = []
    for seed in 0..<100 {
      let crop = try apply(RandomCrop(height: 2, width: 3), image, seed: UInt64(seed))
      #expect(crop.shape == [2, 3, 1])
      let values = crop.scalars(as: UInt8.self)
      let corner = values[0]
      corners.insert(corner)
      #expect(values == [0, 1, 2, 5, 6, 7].map { corner + $0 })
    }
    #expect(corners == [0, 1, 2, 5, 6, 7, 10, 11, 12])
    #expect(
      message { _ = try apply(RandomCrop(height: 5, width: 1), image, seed: 0) }.contains("[4, 5, 1]"))
  }

  @Test func whatIsNoImageIsRefused() {
    let row = Literal([1, 2] as [Float], shape: [2])
    #expect(
      message { _ = try apply(RandomHorizontalFlip(), row, seed: 0) }.contains("[height, width, channels]"))
    let bytes = Literal([1] as [UInt8], shape: [1, 1, 1])
    #expect(message { _ = try apply(RandomShift(upTo: 1), bytes, seed: 0) }.contains("float32"))
  }
}

@Suite struct PhotoAugmentationTests {
  private func image(height: Int = 6, width: Int = 8) -> Literal {
    let count = height * width * 3
    return Literal((0..<count).map { Float($0) / Float(count) }, shape: [height, width, 3])
  }

  private func apply(_ augmentation: some Augmentation, _ image: Literal, seed: UInt64) throws -> Literal {
    var random = PhiloxGenerator(seed: seed)
    return try augmentation.augmented(Sample(features: [image], id: 0), random: &random).features[0]
  }

  @Test func resizedCropsKeepTheirShareAndProportions() throws {
    let crop = try RandomResizedCrop(ImageSize(5), area: 0.2...0.6)
    let whole = ImageSize(width: 400, height: 300)
    var shares: [Double] = []
    for seed in 0..<200 {
      var random = PhiloxGenerator(seed: UInt64(seed))
      let region = crop.framing(of: whole, random: &random).region
      try region.check(in: whole)
      shares.append(Double(region.size.width * region.size.height) / 120_000)
      let ratio = Double(region.size.width) / Double(region.size.height)
      #expect((0.74...1.35).contains(ratio))
    }
    #expect(shares.allSatisfy { (0.19...0.61).contains($0) })
    #expect(shares.min() ?? 1 < 0.25 && shares.max() ?? 0 > 0.55)
    #expect(try apply(crop, image(), seed: 1).shape == [5, 5, 3])
    // No rectangle of these proportions fits: the middle is taken.
    var random = PhiloxGenerator(seed: 0)
    let thin = crop.framing(of: ImageSize(width: 1000, height: 2), random: &random)
    #expect(thin.region == ImageRegion(left: 499, top: 0, width: 2, height: 2))
    #expect(throws: DataError.self) { _ = try RandomResizedCrop(ImageSize(5), area: 0...1) }
  }

  @Test func colorsStayInRangeAndGraysGray() throws {
    let image = image()
    #expect(
      try apply(ColorJitter(brightness: 0, contrast: 0, saturation: 0), image, seed: 1).floats
        == image.floats)
    for seed in 0..<20 {
      let changed = try apply(ColorJitter(), image, seed: UInt64(seed)).floats
      #expect(changed != image.floats && changed.allSatisfy { (0...1).contains($0) })
    }
    let gray = Literal([Float](repeating: 0.5, count: 12), shape: [2, 2, 3])
    let changed = try apply(ColorJitter(), gray, seed: 3).floats
    #expect(Set(changed.map { ($0 * 1e5).rounded() }).count == 1)
  }

  @Test func turningByNothingChangesNothing() throws {
    let image = image()
    #expect(try apply(RandomAffine(degrees: 0), image, seed: 1).floats == image.floats)
    // An image twice as large shows its middle.
    let large = try apply(RandomAffine(degrees: 0, scale: 2...2), image, seed: 1).floats
    #expect(abs(large.reduce(0, +) - image.floats.reduce(0, +)) < 1)
    let turned = try apply(RandomAffine(degrees: 90, fill: -1), image, seed: 5).floats
    #expect(turned.contains(-1) && turned.allSatisfy { $0 >= -1 && $0 <= 1 })
    #expect(throws: DataError.self) { _ = try RandomAffine(degrees: 181) }
  }

  @Test func erasingCoversOneRectangle() throws {
    let image = image(height: 20, width: 30)
    for seed in 0..<20 {
      let values = try apply(RandomErasing(probability: 1, fill: -1), image, seed: UInt64(seed)).floats
      let covered = values.indices.filter { values[$0] == -1 }.map { ($0 / 90, $0 / 3 % 30) }
      let rows = Set(covered.map(\.0)).count, columns = Set(covered.map(\.1)).count
      #expect(rows * columns * 3 == covered.count && (6...240).contains(rows * columns))
    }
    #expect(try apply(RandomErasing(probability: 0), image, seed: 0).floats == image.floats)
    #expect(throws: DataError.self) { _ = try RandomErasing(area: 0...1) }
  }
}
