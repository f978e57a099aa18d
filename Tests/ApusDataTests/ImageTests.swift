import ApusGraph
import ApusIO
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct ImageTests {
  private func fixture(_ name: String) -> String { fixturePath("files/\(name)") }

  private func fixtureBytes(_ name: String) throws -> [UInt8] {
    let reader = try FileReader(path: fixture(name))
    return try reader.bytes(at: 0, count: reader.byteCount)
  }

  private let colors = (0..<60).map { UInt8($0 * 4) }
  private var grays: [UInt8] { stride(from: 0, to: 60, by: 3).map { colors[$0] } }
  private let alphas = (0..<20).map { UInt8(Double($0) * 255 / 19) }

  @Test(arguments: ["rgb.png", "rgb.ppm"]) func readsColors(name: String) throws {
    let image = try Image(contentsOf: fixture(name))
    #expect(image.width == 4 && image.height == 5 && image.channels == 3)
    #expect(image.pixels == colors)
  }

  @Test(arguments: ["gray.png", "gray.pgm", "gray16.png"]) func readsGrays(name: String) throws {
    let image = try Image(contentsOf: fixture(name))
    #expect(image.width == 4 && image.height == 5 && image.channels == 1)
    #expect(image.pixels == grays)
  }

  @Test(arguments: ["bits.pbm", "bits.png"]) func readsBlackAndWhite(name: String) throws {
    #expect(try Image(contentsOf: fixture(name)).pixels == grays.map { $0 / 4 % 2 == 1 ? 255 : 0 })
  }

  @Test func readsAlphaAndPalettes() throws {
    let both = try Image(contentsOf: fixture("gray-alpha.png"))
    #expect(both.channels == 2 && both.pixels == zip(grays, alphas).flatMap { [$0, $1] })
    let rgba = try Image(contentsOf: fixture("rgba.png"))
    #expect(rgba.channels == 4 && rgba.pixels[7] == alphas[1] && rgba.pixels[4] == colors[3])
    let palette = try Image(contentsOf: fixture("palette.png"))
    #expect(palette.channels == 3)
    #expect(
      palette.pixels == (try NumPyFile.readLiteral(from: fixture("palette-rgb.npy"))).scalars(as: UInt8.self))
  }

  @Test func grayIsPillowsGray() throws {
    let gray = try Image(contentsOf: fixture("rgb.png"), channels: 1)
    #expect(
      gray.pixels == (try NumPyFile.readLiteral(from: fixture("rgb-as-gray.npy"))).scalars(as: UInt8.self))
  }

  @Test func conversionsKeepWhatTheyCan() throws {
    let gray = try Image(width: 2, height: 1, channels: 1, pixels: [10, 200])
    #expect(try gray.converted(toChannels: 3).pixels == [10, 10, 10, 200, 200, 200])
    #expect(try gray.converted(toChannels: 2).pixels == [10, 255, 200, 255])
    #expect(try gray.converted(toChannels: 4).pixels == [10, 10, 10, 255, 200, 200, 200, 255])
    let clear = try Image(width: 3, height: 1, channels: 2, pixels: [100, 0, 100, 255, 100, 51])
    #expect(try clear.converted(toChannels: 1).pixels == [255, 100, 224])
    #expect(try clear.converted(toChannels: 1, background: 0).pixels == [0, 100, 20])
    #expect(throws: DataError.self) { _ = try gray.converted(toChannels: 5) }
  }

  @Test(arguments: 1...4) func writesWhatItReads(channels: Int) throws {
    var random = PhiloxGenerator(seed: UInt64(channels))
    for (width, height) in [(1, 1), (7, 3), (100, 80)] {
      let pixels = (0..<width * height * channels).map { _ in UInt8(random.uniform(below: 256)) }
      let image = try Image(width: width, height: height, channels: channels, pixels: pixels)
      try withTemporaryFolder { folder in
        try image.writePNG(to: folder + "/a.png")
        let back = try Image(contentsOf: folder + "/a.png")
        #expect(back == image)
      }
    }
  }

  @Test func imagesAreNumbersFromZeroToOne() throws {
    let image = try Image(contentsOf: fixture("rgb.png"))
    let literal = image.literal()
    #expect(literal.shape == [5, 4, 3] && literal.floats[1] == Float(4) / 255)
    #expect(try Image(literal) == image)
    let odd = Literal([-1, 2, .nan, 0.5] as [Float], shape: [2, 2])
    #expect(try Image(odd).pixels == [0, 255, 0, 128])
  }

  @Test(arguments: [
    "P2 2 1 255 0 255", "P2\n# a comment\n2 1\n# another\n255\n0\n255 ", "P5 2 1 255\n\u{0}\u{7f}",
  ])
  func readsNetpbmTexts(text: String) throws {
    let image = try Image(MemorySource(Array(text.utf8), path: "a.pgm"))
    #expect(image.width == 2 && image.height == 1 && image.pixels[0] == 0)
  }

  @Test func readsNetpbmOfOtherDepths() throws {
    #expect(try Image(MemorySource(Array("P2 3 1 4 0 2 4".utf8), path: "a")).pixels == [0, 128, 255])
    let deep = Array("P5 2 1 65535\n".utf8) + [0x80, 0x80, 0xff, 0xff]
    #expect(try Image(MemorySource(deep, path: "a")).pixels == [128, 255])
    #expect(try Image(MemorySource(Array("P3 1 1 255 1 2 3".utf8), path: "a")).pixels == [1, 2, 3])
    #expect(try Image(MemorySource(Array("P1 3 1 101".utf8), path: "a")).pixels == [0, 255, 0])
  }

  @Test(arguments: [
    "P5 99999999 99999999 255\n", "P2 16777216 16777216 255\n", "P5 1000 1000 255\nabc", "P2 2 1 255 0 256",
    "P5 0 1 255\n", "P5 1 1 0\n", "P5 1 1 65536\n", "P5 1 1 255", "P6 1 1 255\nab", "P1 1 1 2", "P4 9 1\na",
    "P2 2 1 255 0", "P5 1 1 7\n\u{10}", "P7 1 1\n", "P", "", "hello, world", "P9999999999999999999 1 1",
  ])
  func refusesWhatIsNoImage(text: String) {
    #expect(throws: FileError.self) { _ = try Image(MemorySource(Array(text.utf8), path: "a")) }
  }

  @Test func sizesOfNothingAreErrors() throws {
    let path = fixture("rgb.png"), nothing = ImageSize(width: 0, height: 8)
    for fitting in [ImageFitting.crop, .stretch, .pad, .crop(share: .nan), .crop(share: .infinity)] {
      #expect(throws: DataError.self) { try ImageLoading(nothing, fitting: fitting).image(at: path) }
    }
    #expect(nothing.fitting(into: ImageSize(10)).height <= 10)
    #expect(
      ImageRegion(centeredIn: ImageSize(8), aspectRatioOf: ImageSize(4), share: .infinity)
        == ImageRegion(all: ImageSize(8)))
  }

  @Test func refusesImagesBeyondTheLimit() throws {
    let text = message { _ = try Image(contentsOf: fixture("rgb.png"), pixelLimit: 19) }
    #expect(text.contains("4 by 5 pixels") && text.contains("19"))
    // A header that claims 2^31 - 1 by 2^31 - 1 pixels.
    var bytes = try fixtureBytes("rgb.png")
    for start in [16, 20] { bytes.replaceSubrange(start..<start + 4, with: [0x7f, 0xff, 0xff, 0xff]) }
    #expect(message { _ = try Image(MemorySource(bytes, path: "bomb")) }.contains("at most"))
    for start in [16, 20] { bytes.replaceSubrange(start..<start + 4, with: [0, 0, 0x1f, 0xff]) }
    #expect(message { _ = try Image(MemorySource(bytes, path: "bomb")) }.contains("cannot come of 77 bytes"))
  }

  /// Cut anywhere or with any byte changed: an error or an image, never a crash.
  @Test(arguments: ["rgb.png", "palette.png", "gray16.png", "gray.pgm", "rgb.ppm", "bits.pbm"])
  func survivesEveryDamage(name: String) throws {
    let bytes = try fixtureBytes(name)
    // What ends a PNG file, twelve bytes, holds nothing of the image.
    let needed = name.hasSuffix("png") ? bytes.count - 12 : bytes.count
    expectDamageToBeSurvived(bytes, neededByteCount: needed, masks: (0..<8).map { 1 << $0 })
  }
}
