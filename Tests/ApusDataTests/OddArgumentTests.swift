import ApusGraph
import ApusTestSupport
import Testing

@testable import ApusData

/// Arguments that make no sense are typed errors, never taken for something else.
@Suite struct OddArgumentTests {
  private static let nan = Float.nan

  private func augment(_ augmentation: some Augmentation) throws {
    var random = PhiloxGenerator(seed: 1)
    let image = Literal([Float](repeating: 0.5, count: 8 * 8 * 3), shape: [8, 8, 3])
    _ = try augmentation.augmented(Sample(features: [image], id: 0), random: &random)
  }

  private func expectSetting(_ name: String, _ body: () throws -> Void) {
    let error = #expect(throws: DataError.self, "\(name)") { try body() }
    #expect(error?.reason == .setting && error?.category == .usage, "\(name)")
  }

  @Test func augmentations() throws {
    let cases: [(String, () throws -> any Augmentation)] = [
      ("flip -1", { RandomHorizontalFlip(probability: -1) }),
      ("flip 1.5", { RandomHorizontalFlip(probability: 1.5) }),
      ("flip NaN", { RandomHorizontalFlip(probability: Self.nan) }),
      ("shift -1", { RandomShift(upTo: -1) }), ("shift huge", { RandomShift(upTo: .max) }),
      ("shift fill", { RandomShift(upTo: 1, fill: Self.nan) }),
      ("crop 0", { RandomCrop(height: 0, width: 4) }), ("crop -1", { RandomCrop(height: 4, width: -1) }),
      ("jitter -0.1", { ColorJitter(brightness: -0.1) }), ("jitter NaN", { ColorJitter(contrast: Self.nan) }),
      ("jitter infinite", { ColorJitter(saturation: .infinity) }),
      ("erasing -1", { try RandomErasing(probability: -1) }),
      ("erasing 2", { try RandomErasing(probability: 2) }),
      ("erasing NaN", { try RandomErasing(probability: Self.nan) }),
      ("erasing fill", { try RandomErasing(fill: .infinity) }),
      ("erasing area", { try RandomErasing(area: 0...0.5) }),
      ("affine -1", { try RandomAffine(degrees: -1) }),
      ("affine NaN", { try RandomAffine(degrees: Self.nan) }),
      ("affine shift", { try RandomAffine(shift: 2) }), ("affine scale", { try RandomAffine(scale: 0...1) }),
      ("affine fill", { try RandomAffine(fill: Self.nan) }),
      ("RandAugment -1", { try RandAugment(magnitude: -1) }),
      ("RandAugment 31", { try RandAugment(magnitude: 31) }),
      ("RandAugment NaN", { try RandAugment(magnitude: Self.nan) }),
      ("RandAugment count", { try RandAugment(count: -1) }),
      ("RandAugment 17", { try RandAugment(count: 17) }),
      ("RandAugment fill", { try RandAugment(fill: Self.nan) }),
      ("resized crop size", { try RandomResizedCrop(ImageSize(0)) }),
      ("resized crop huge", { try RandomResizedCrop(ImageSize(1 << 30)) }),
      ("resized crop area", { try RandomResizedCrop(ImageSize(8), area: 0...1) }),
      ("resized crop ratio", { try RandomResizedCrop(ImageSize(8), aspectRatio: -1...1) }),
    ]
    let pixels = Literal([Float](repeating: 0.5, count: 2 * 8 * 8 * 3), shape: [2, 8, 8, 3])
    let data = try ArrayDataset(pixels)
    for (name, make) in cases {
      expectSetting(name) { try augment(make()) }
      // A loader says so before the first batch.
      expectSetting(name) { _ = try DataLoader(data, batchSize: 2, augmentations: [make()]) }
    }
  }

  @Test func augmentationsOfBatches() throws {
    let cases: [(String, () throws -> any BatchAugmentation)] = [
      ("MixUp 0", { try MixUp(alpha: 0) }), ("MixUp NaN", { try MixUp(alpha: .nan) }),
      ("MixUp probability", { try MixUp(probability: 1.1) }), ("CutMix -1", { try CutMix(alpha: -1) }),
      ("CutMix NaN", { try CutMix(probability: .nan) }), ("nothing to choose", { RandomChoice([]) }),
    ]
    for (name, make) in cases {
      expectSetting(name) {
        var random = PhiloxGenerator(seed: 1)
        var batch = Batch(features: [Literal([1, 2] as [Float], shape: [2])], ids: [0, 1])
        try make().augment(&batch, random: &random)
      }
    }
  }

  /// Beyond 1, brightness may fall to 0 and no further, as in torchvision.
  @Test func jitterBeyondOneIsThatOfTorchvision() throws {
    let white = [Float](repeating: 0.25, count: 4)
    var least = Float.infinity, most = -Float.infinity
    for seed in 0..<200 {
      var random = PhiloxGenerator(seed: UInt64(seed))
      let sample = Sample(features: [Literal(white, shape: [2, 2, 1])], id: 0)
      let value = try ColorJitter(brightness: 2, contrast: 0, saturation: 0)
        .augmented(sample, random: &random).features[0].floats[0]
      (least, most) = (min(least, value), max(most, value))
    }
    #expect(least >= 0 && least < 0.02 && most > 0.73 && most <= 0.75)
  }

  @Test func images() throws {
    let image = try Image(width: 4, height: 4, channels: 3, pixels: [UInt8](repeating: 9, count: 48))
    let map = Literal([1, 2, 3, 4] as [Float], shape: [2, 2])
    let cases: [(String, () throws -> Void)] = [
      ("share 0", { _ = try image.centerCropped(to: ImageSize(2), share: 0) }),
      ("share 2", { _ = try image.centerCropped(to: ImageSize(2), share: 2) }),
      ("share NaN", { _ = try image.centerCropped(to: ImageSize(2), share: .nan) }),
      ("size 0", { _ = try image.resized(to: ImageSize(0)) }),
      ("size -1", { _ = try image.letterboxed(to: ImageSize(-1)) }),
      ("huge", { _ = try image.resized(to: ImageSize(width: .max, height: .max)) }),
      ("padding", { _ = try image.padded(left: -1) }), ("padding huge", { _ = try image.padded(top: .max) }),
      ("region", { _ = try image.cropped(to: ImageRegion(left: .max, top: 0, width: 1, height: 1)) }),
      ("channels", { _ = try image.converted(toChannels: 5) }),
      ("quality", { _ = try image.jpegBytes(quality: 0) }),
      ("cut 0", { _ = try image.overlaid(heatmap: map, cut: 0) }),
      ("cut 2", { _ = try image.overlaid(heatmap: map, cut: 2) }),
      ("cut NaN", { _ = try image.overlaid(heatmap: map, cut: .nan) }),
      ("loading size", { _ = try ImageLoading(ImageSize(0)).framed(image) }),
      ("loading channels", { _ = try ImageLoading(ImageSize(2), channels: 7).framed(image) }),
      ("loading share", { _ = try ImageLoading(ImageSize(2), fitting: .crop(share: .nan)).framed(image) }),
      ("statistics", { _ = try ChannelStatistics(means: [.nan], stds: [1]) }),
      ("std 0", { _ = try ChannelStatistics(means: [0], stds: [0]) }),
    ]
    for (name, body) in cases { expectSetting(name, body) }
    #expect(throws: DataError.self) { try Image(width: 1 << 40, height: 1 << 40, channels: 4, pixels: []) }
    #expect(throws: DataError.self) { try Image(tiles: [image], columns: .max, gap: .max) }
  }

  /// Sizes whose product is no number, and memory that is not there.
  @Test func whatCannotBeHeldIsRefusedBeforeMemoryIsTaken() throws {
    for sizes in [[1 << 40, 1 << 40], [1 << 62, 2], [.max, .max, .max], [1 << 50]] {
      let error = #expect(throws: DataError.self) { try checkedShape(sizes, .float32, for: "a batch") }
      #expect(error?.reason == .memory && error?.category == .resources)
    }
    #expect(try checkedShape([0, .max, .max], .float32, for: "a batch").elementCount == 0)
    let loading = ImageLoading(ImageSize(1 << 14), channels: 4)
    let data = try ImageDataset(paths: [String](repeating: "none.png", count: 4096), loading: loading)
    #expect(throws: DataError.self) { try data.batch(at: Array(0..<4096)) }
    // A dataset of as many samples as there are numbers.
    struct Endless: Dataset {
      var count: Int { .max }
      subscript(index: Int) -> Sample {
        get throws { Sample(features: [], id: index) }
      }
    }
    #expect(try Endless().classLabels() == nil)
    #expect(throws: DataError.self) { try Endless().concatenated(with: Endless()) }
  }

  @Test func randomNumbersOfNoRange() {
    var random = PhiloxGenerator(seed: 1)
    #expect(random.uniform(below: 0) == 0 && random.uniform(below: -5) == 0)
    #expect(random.permutation(-1) == [] && random.permutation(0) == [])
    #expect(random.beta(0, 1).isNaN && random.beta(-.infinity, .nan).isNaN)
  }
}
