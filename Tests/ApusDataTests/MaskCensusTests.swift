import ApusIO
import Foundation
import ApusTestSupport
import Testing

@testable import ApusData

/// What masks are taken for.
@Suite struct MaskCensusTests {
  /// Two masks of 40 by 40 pixels, each of the given colors or values in turn.
  private func census(
    _ pixels: [[UInt8]], channels: Int = 1, classCount: Int? = nil, _ encode: (Image) throws -> [UInt8]
  ) throws -> MaskCensus {
    try withTemporaryFolder { folder in
      let paths = try pixels.indices.map { number in
        let side = 40
        let repeated = (0..<side * side * channels).map { pixels[number][$0 % pixels[number].count] }
        let path = "\(folder)/\(number)"
        try AtomicFile.write(
          encode(Image(width: side, height: side, channels: channels, pixels: repeated)), to: path)
        return path
      }
      return try MaskCensus(paths: paths, classCount: classCount)
    }
  }

  private func png(_ image: Image) throws -> [UInt8] { try image.pngBytes() }

  @Test func numbersOf16BitsAreLabels() throws {
    // Four pixels each, by Pillow: 0, 1, 2, 0 and 0, 1, 0, 300.
    let small =
      "iVBORw0KGgoAAAANSUhEUgAAAAQAAAABEAAAAACMx4xSAAAAEUlEQVR4nGNgYGBgZGBiYAAAABQABMZW3nkAAAAASUVORK5CYII="
    let large =
      "iVBORw0KGgoAAAANSUhEUgAAAAQAAAABEAAAAACMx4xSAAAAEUlEQVR4nGNgYGBgZGBg1AEAADwALwH3jwoAAAAASUVORK5CYII="
    try withTemporaryFolder { folder in
      for (name, text) in [("small", small), ("large", large)] {
        try AtomicFile.write(try #require(Data(base64Encoded: text)).map { $0 }, to: folder + "/" + name)
      }
      let census = try MaskCensus(paths: [folder + "/small", folder + "/large"])
      #expect(census.reading == .values && census.classNames.count == 3)
      #expect(census.damaged.map(\.path) == [folder + "/large"])
      #expect(message { _ = try MaskCensus(paths: [folder + "/large"]) }.contains("up to 255"))
    }
  }

  @Test func blurredBlackAndWhiteIsTwoClasses() throws {
    // Mostly black and white, and everything between them.
    let blurred =
      [UInt8](repeating: 0, count: 4000) + (0...255).map { UInt8($0) } + [UInt8](repeating: 255, count: 4000)
    let size = 92
    func written(_ encode: (Image) throws -> [UInt8]) throws -> MaskCensus {
      try withTemporaryFolder { folder in
        let pixels = (0..<size * size).map { blurred[min($0, blurred.count - 1)] }
        try AtomicFile.write(
          encode(Image(width: size, height: size, channels: 1, pixels: pixels)), to: folder + "/a")
        return try MaskCensus(paths: [folder + "/a"])
      }
    }
    #expect(try written { try png($0) }.reading == .threshold(127))
    #expect(try written { try $0.jpegBytes(quality: 80) }.reading == .threshold(127))
    #expect(try written { try $0.jpegBytes(quality: 80) }.ignoredLabel == nil)
  }

  @Test func manyGrayValuesAreNoClassesUnlessNamed() throws {
    let values = (0..<150).map { UInt8($0) }
    #expect(message { _ = try census([values], png) }.contains("at most 64"))
    #expect(try census([values], classCount: 150, png).classNames.count == 150)
    #expect(
      message { _ = try census([[0, 0, 60, 120, 180]]) { try $0.jpegBytes(quality: 50) } }.contains("JPEG"))
  }

  @Test func blackAndWhiteBesideColorsAreColors() throws {
    try withTemporaryFolder { folder in
      let white: [UInt8] = [0, 255, 0, 255], red: [UInt8] = [255, 0, 0, 0, 0, 0, 255, 255, 255, 0, 0, 0]
      try Image(width: 2, height: 2, channels: 1, pixels: white).writePNG(to: folder + "/white.png")
      try Image(width: 2, height: 2, channels: 3, pixels: red).writePNG(to: folder + "/red.png")
      let census = try MaskCensus(paths: [folder + "/white.png", folder + "/red.png"])
      #expect(census.reading == .colors([[0, 0, 0], [255, 0, 0], [255, 255, 255]]))
    }
    #expect(try census([[1, 255]], png).reading == .colors([[1, 1, 1], [255, 255, 255]]))
  }
}
