import ApusGraph
import ApusIO
import Foundation
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct SegmentationDatasetTests {
  /// An image whose red says what its label is, and the labels.
  private func pair(_ seed: Int, width: Int = 20, height: Int = 16) throws -> (
    image: Image, labels: [UInt8]
  ) {
    let labels = (0..<width * height).map { place -> UInt8 in
      let (x, y) = (place % width, place / width)
      return UInt8((x / 5 + y / 4 + seed) % 3)
    }
    let pixels = labels.enumerated().flatMap { [$1 * 100, UInt8($0 % 251), UInt8($0 % 83)] }
    return (try Image(width: width, height: height, channels: 3, pixels: pixels), labels)
  }

  private func write(_ count: Int, to folder: String) throws {
    for name in ["images", "masks"] {
      try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
    }
    for number in 0..<count {
      let (image, labels) = try pair(number)
      try image.writePNG(to: "\(folder)/images/\(number).png")
      try Image(width: 20, height: 16, channels: 1, pixels: labels).writePNG(
        to: "\(folder)/masks/\(number).png")
    }
  }

  private func dataset(_ folder: String, _ loading: ImageLoading) throws -> SegmentationDataset {
    try SegmentationDataset(
      folder: folder + "/images", masks: folder + "/masks", classNames: ["a", "b", "c"], loading: loading)
  }

  /// The labels that the images' red tells.
  private func told(_ batch: Batch) -> [Int32] {
    stride(from: 0, to: batch.features[0].shape.elementCount, by: 3).map { batch.features[0].floats[$0] }
      .map { Int32(($0 * 2.55).rounded()) }
  }

  @Test func masksBelongToTheirImages() throws {
    try withTemporaryFolder { folder in
      try write(3, to: folder)
      let data = try dataset(folder, ImageLoading(ImageSize(width: 20, height: 16)))
      #expect(data.count == 3 && data.classNames == ["a", "b", "c"] && data.extraMasks.isEmpty)
      #expect(try data.classLabels() == nil)
      let batch = try data.batch(at: [2, 0])
      #expect(batch.features[0].shape == [2, 16, 20, 3] && batch.targets?.shape == [2, 16, 20])
      #expect(batch.targets?.scalars(as: Int32.self) == told(batch))
      #expect(try data.inMemory().batch(at: [1]).targets?.shape == [1, 16, 20])
      let (first, second) = try data.split(0.7, seed: 1)
      #expect(first.count == 2 && second.count == 1)
    }
  }

  /// Whatever moves the image moves its labels: without mixing of pixels the image still tells each one's label.
  @Test func augmentationsMoveBoth() throws {
    try withTemporaryFolder { folder in
      try write(2, to: folder)
      let data = try dataset(folder, ImageLoading(ImageSize(width: 20, height: 16)))
      let memory = try data.inMemory()
      let lists: [[any Augmentation]] = [
        [RandomHorizontalFlip()], [RandomShift(upTo: 5)], [RandomCrop(height: 7, width: 9)],
        [RandomCrop(height: 8, width: 8), RandomHorizontalFlip(probability: 1)],
        [RandomHorizontalFlip(probability: 1), RandomCrop(height: 9, width: 8)],
        [try RandomResizedCrop(ImageSize(8), interpolation: .nearest), RandomShift(upTo: 3)],
      ]
      for augmentations in lists {
        for source in [data as any Dataset, memory] {
          let loader = try DataLoader(source, batchSize: 2, seed: 4, augmentations: augmentations)
          for epoch in 0..<4 {
            let batches = try loader.batches(epoch: epoch)
            let batch = try #require(try batches.next())
            #expect(batch.targets?.scalars(as: Int32.self) == told(batch), "\(augmentations)")
          }
        }
      }
      // A turn mixes pixels of the image, but not labels: most still agree.
      let turn = try DataLoader(
        data, batchSize: 2, seed: 4,
        augmentations: [try RandomAffine(degrees: 30, scale: 1...1.2, fillLabel: 7)])
      let batch = try #require(try turn.batches().next())
      let labels = try #require(batch.targets?.scalars(as: Int32.self)), colors = told(batch)
      let inside = labels.indices.filter { labels[$0] != 7 }
      #expect(inside.count < labels.count && Set(labels) == [0, 1, 2, 7])
      #expect(inside.count { labels[$0] == colors[$0] } > inside.count * 7 / 10)
    }
  }

  @Test func paddingHasTheIgnoredLabel() throws {
    try withTemporaryFolder { folder in
      try write(1, to: folder)
      let data = try SegmentationDataset(
        folder: folder + "/images", masks: folder + "/masks", classNames: ["a", "b", "c"],
        loading: ImageLoading(ImageSize(20), fitting: .pad), ignoredLabel: 255)
      let labels = try #require(try data[0].target?.scalars(as: Int32.self))
      #expect(labels[0..<40].allSatisfy { $0 == 255 } && labels[40..<360].allSatisfy { $0 < 3 })
      let small = try dataset(folder, ImageLoading(ImageSize(8)))
      #expect(try small[0].target?.shape == [8, 8])
    }
  }

  @Test func masksAreReadInThreeWays() throws {
    try withTemporaryFolder { folder in
      let colors: [[UInt8]] = [[9, 9, 9], [200, 0, 0], [0, 200, 0]]
      let labels = try pair(0).labels
      let path = folder + "/m.png"
      try Image(width: 20, height: 16, channels: 3, pixels: labels.flatMap { colors[Int($0)] }).writePNG(
        to: path)
      #expect(try MaskReading.colors(colors).labels(at: path, pixelLimit: 1000).pixels == labels)
      #expect(message { _ = try MaskReading.values.labels(at: path, pixelLimit: 1000) }.contains(".colors"))
      #expect(
        message { _ = try MaskReading.colors([[9, 9, 9]]).labels(at: path, pixelLimit: 1000) }
          .contains("none of the classes'"))
      let alpha = labels.flatMap { [UInt8(0), $0 * 100] }
      try Image(width: 20, height: 16, channels: 2, pixels: alpha).writePNG(to: path)
      #expect(
        try MaskReading.threshold(127).labels(at: path, pixelLimit: 1000).pixels == labels.map { $0 / 2 })
    }
    // The places in a palette, not its colors.
    let palette = try MaskReading.values.labels(at: imagePath("palette-alpha.png"), pixelLimit: 1 << 20)
    let image = try Image(contentsOf: imagePath("palette-alpha.png"), channels: 4)
    var colors: [UInt8: [UInt8]] = [:]
    for place in stride(from: 0, to: palette.pixels.count, by: 7) {
      let color = Array(image.pixels[place * 4..<place * 4 + 4])
      #expect(colors[palette.pixels[place], default: color] == color)
      colors[palette.pixels[place]] = color
    }
    #expect(colors.count > 4)
  }

  /// Numbers that an image to be looked at would have as 0...255.
  @Test func masksOfFewBitsKeepTheirNumbers() throws {
    try withTemporaryFolder { folder in
      func labels(_ bytes: [UInt8], _ name: String) throws -> [UInt8] {
        try AtomicFile.write(bytes, to: folder + "/" + name)
        return try MaskReading.values.labels(at: folder + "/" + name, pixelLimit: 1000).pixels
      }
      // Four pixels each, by Pillow: gray of 1 and of 16 bits, and a palette in which every color is black.
      let (gray, black) = (
        try labels(Self.bytes("gray1"), "1.png"), try labels(Self.bytes("black"), "p.png")
      )
      #expect(gray == [0, 1, 1, 0] && black == [0, 2, 1, 2])
      let long = try labels(Self.bytes("gray16"), "16.png")
      #expect(long == [0, 1, 2, 0])
      let plain = try labels(Array("P2 4 1 20 0 3 20 11 ".utf8), "m.pgm")
      #expect(plain == [0, 3, 20, 11])
      #expect(message { _ = try labels(Array("P2 2 1 300 0 3 ".utf8), "n.pgm") }.contains("300"))
    }
  }

  /// Small PNG files.
  private static func bytes(_ name: String) -> [UInt8] {
    let texts = [
      "gray1": "iVBORw0KGgoAAAANSUhEUgAAAAQAAAABAQAAAADRRzJgAAAACklEQVR4nGNIAAAAYgBhsZh58gAAAABJRU5E"
        + "rkJggg==",
      "gray16": "iVBORw0KGgoAAAANSUhEUgAAAAQAAAABEAAAAACMx4xSAAAAEUlEQVR4nGNgYGBgZGBiYAAAABQABMZW3nkA"
        + "AAAASUVORK5CYII=",
      "black": "iVBORw0KGgoAAAANSUhEUgAAAAQAAAABAgMAAACEUudeAAAACVBMVEUAAAAAAAAAAACDY+nAAAAACklEQVR4"
        + "nGNQAwAAKAAngY81RgAAAABJRU5ErkJggg==",
    ]
    return texts[name].flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
  }

  @Test func whatDoesNotFitIsNamed() throws {
    try withTemporaryFolder { folder in
      try write(2, to: folder)
      let loading = ImageLoading(ImageSize(8))
      try FileManager.default.moveItem(atPath: folder + "/masks/1.png", toPath: folder + "/masks/2.png")
      #expect(message { _ = try dataset(folder, loading) }.contains("1 of 2 images have no mask: 1.png"))
      try FileManager.default.removeItem(atPath: folder + "/images/1.png")
      #expect(try dataset(folder, loading).extraMasks == ["2.png"])
      try Image(width: 20, height: 16, channels: 1, pixels: [UInt8](repeating: 255, count: 320))
        .writePNG(to: folder + "/masks/0.png")
      #expect(message { _ = try dataset(folder, loading)[0] }.contains("`ignoredLabel`"))
      try Image(width: 16, height: 20, channels: 1, pixels: [UInt8](repeating: 0, count: 320))
        .writePNG(to: folder + "/masks/0.png")
      #expect(message { _ = try dataset(folder, loading)[0] }.contains("16 by 20"))
      #expect(throws: DataError.self) {
        _ = try SegmentationDataset(paths: ["a"], maskPaths: [], classNames: ["a", "b"], loading: loading)
      }
      #expect(throws: DataError.self) {
        _ = try SegmentationDataset(paths: ["a"], maskPaths: ["b"], classNames: ["a"], loading: loading)
      }
    }
  }
}

@Suite struct ImageOverlayTests {
  @Test func labelsColorTheirPixels() throws {
    let image = try Image(width: 2, height: 1, channels: 1, pixels: [100, 100])
    let labels = Literal([0, 1] as [Int32], shape: [1, 2])
    let shown = try image.overlaid(labels: labels, colors: [[0, 0, 0], [200, 0, 50]], opacity: 0.5)
    #expect(shown.pixels == [100, 100, 100, 150, 50, 75])
    #expect(throws: DataError.self) { try image.overlaid(labels: Literal([0] as [Int32], shape: [1, 1])) }
    #expect(throws: DataError.self) { try image.overlaid(labels: labels, opacity: 2) }
  }
}
