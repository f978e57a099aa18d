import ApusGraph
import ApusIO
import Testing

@testable import ApusData

@Suite struct ImageResizingTests {
  private let fixtures: [String: Literal]

  init() throws { fixtures = try imageArrays("resized.npz") }

  private func image(_ name: String) throws -> Image { try Image(bytes: #require(fixtures[name])) }

  /// Smaller, larger, both, in one direction, with alpha: to the bit what Pillow makes of the same bytes.
  @Test(arguments: Image.Interpolation.allCases)
  func resizesAsPillowDoes(interpolation: Image.Interpolation) throws {
    var count = 0
    for (name, literal) in fixtures where name.contains("-\(interpolation.rawValue)-") {
      let expected = try Image(bytes: literal)
      let source = try image(name.hasPrefix("alpha") ? "alpha" : "source")
      let resized = try source.resized(to: expected.size, interpolation: interpolation)
      #expect(resized.distance(to: expected) == 0, "\(name)")
      count += 1
    }
    #expect(count == 9)
  }

  /// The path for numbers has the same weights as the one for bytes, and clips nothing.
  @Test(arguments: [Image.Interpolation.nearest, .box, .bilinear])
  func numbersAreResizedAsBytesAre(interpolation: Image.Interpolation) throws {
    let source = try image("source")
    let size = ImageSize(width: 13, height: 20)
    let region = ImageRegion(left: 2, top: 1, width: 17, height: 14)
    let bytes = try source.cropped(to: region).resized(to: size, interpolation: interpolation)
    let numbers = try source.pixels.map { Float($0) }.withUnsafeBytes {
      try resample(
        region, of: $0, size: source.size, channels: 3, to: size, interpolation, as: Float.self)
    }
    for (byte, number) in zip(bytes.pixels, numbers) { #expect(abs(Float(byte) - number) < 1.01) }
    #expect(bytes.pixels.count == numbers.count)
  }

  @Test func flatImagesStayFlat() throws {
    for channels in 1...4 {
      let flat = try Image(
        width: 5, height: 7, channels: channels, pixels: [UInt8](repeating: 255, count: 35 * channels))
      for (width, height) in [(1, 1), (3, 4), (11, 2), (5, 20), (28, 28)] {
        for interpolation in Image.Interpolation.allCases {
          let resized = try flat.resized(
            to: ImageSize(width: width, height: height), interpolation: interpolation)
          #expect(resized.width == width && resized.height == height && resized.channels == channels)
          #expect(resized.pixels.allSatisfy { $0 == 255 })
        }
      }
    }
  }

  @Test func sizesThatMakeNoImageAreRefused() throws {
    let source = try image("source")
    for size in [ImageSize(width: 0, height: 1), ImageSize(width: 1, height: -1), ImageSize(1 << 20)] {
      #expect(throws: DataError.self) { _ = try source.resized(to: size) }
    }
    #expect(try source.resized(to: source.size) == source)
  }

  @Test func cropsAndBordersAreWhereTheyShouldBe() throws {
    let image = try Image(width: 4, height: 3, channels: 1, pixels: Array(0..<12))
    #expect(try image.cropped(to: ImageRegion(left: 1, top: 1, width: 2, height: 2)).pixels == [5, 6, 9, 10])
    for region in [(3, 0, 2, 1), (0, 2, 1, 2), (-1, 0, 1, 1), (0, 0, 0, 1), (.max, 0, 1, 1)] {
      let (left, top, width, height) = region
      #expect(throws: DataError.self) {
        _ = try image.cropped(to: ImageRegion(left: left, top: top, width: width, height: height))
      }
    }
    #expect(
      try image.padded(left: 1, bottom: 1, background: 9).pixels == [
        9, 0, 1, 2, 3, 9, 4, 5, 6, 7, 9, 8, 9, 10, 11, 9, 9, 9, 9, 9,
      ])
    let clear = try Image(width: 1, height: 1, channels: 2, pixels: [7, 0])
    #expect(try clear.padded(right: 1).pixels == [7, 0, 0, 255])
    #expect(throws: DataError.self) { _ = try image.padded(left: -1) }

    let square = try image.centerCropped(to: ImageSize(3))
    #expect(square.pixels == [0, 1, 2, 4, 5, 6, 8, 9, 10])
    let boxed = try image.letterboxed(to: ImageSize(width: 4, height: 5), background: 1)
    #expect(boxed.pixels == [1, 1, 1, 1] + Array(0..<12) + [1, 1, 1, 1])
    #expect(image.size.fitting(into: ImageSize(width: 100, height: 6)) == ImageSize(width: 8, height: 6))
  }

  @Test func theMiddleOfAImageKeepsTheProportionsAskedFor() {
    let photo = ImageSize(width: 640, height: 480)
    let all = ImageRegion(centeredIn: photo, aspectRatioOf: ImageSize(224))
    #expect(all == ImageRegion(left: 80, top: 0, width: 480, height: 480))
    let inner = ImageRegion(centeredIn: photo, aspectRatioOf: ImageSize(224), share: 0.875)
    #expect(inner == ImageRegion(left: 110, top: 30, width: 420, height: 420))
    let thin = ImageRegion(
      centeredIn: ImageSize(width: 1, height: 900), aspectRatioOf: ImageSize(8), share: 0.1)
    #expect(thin.size == ImageSize(1))
  }

  @Test func flipsAndTurnsMovePixels() throws {
    let image = try Image(width: 3, height: 2, channels: 1, pixels: [0, 1, 2, 3, 4, 5])
    #expect(image.flippedHorizontally().pixels == [2, 1, 0, 5, 4, 3])
    #expect(image.flippedVertically().pixels == [3, 4, 5, 0, 1, 2])
    #expect(image.turned(quarters: 1).pixels == [3, 0, 4, 1, 5, 2])
    #expect(image.turned(quarters: -1).pixels == [2, 5, 1, 4, 0, 3])
    #expect(image.turned(quarters: 6).pixels == [5, 4, 3, 2, 1, 0])
    #expect(image.turned(quarters: 4) == image)
  }
}
