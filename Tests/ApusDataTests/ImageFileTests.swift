import ApusGraph
import ApusIO
import ApusTestSupport
import Testing

@testable import ApusData

/// The path of a file in Tests/Fixtures/images.
func imagePath(_ name: String) -> String { fixturePath("images/\(name)") }

/// The arrays of one of the archives there.
func imageArrays(_ name: String) throws -> [String: Literal] {
  try NumPyFile.readLiterals(from: imagePath(name))
}

extension Image {
  /// An image of the bytes `[height, width]` or `[height, width, channels]`.
  init(bytes: Literal) throws {
    let sizes = bytes.shape.dimensions
    try self.init(
      width: sizes[1], height: sizes[0], channels: sizes.count > 2 ? sizes[2] : 1,
      pixels: bytes.scalars(as: UInt8.self))
  }

  /// The greatest distance of two pixels, or nil for images of other sizes or channels.
  func distance(to other: Image) -> Int? {
    guard size == other.size, channels == other.channels else { return nil }
    return zip(pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max()
  }
}

@Suite struct ImageFileTests {
  private let expected: [String: Literal]

  init() throws { expected = try imageArrays("expected.npz") }

  private func bytes(_ name: String) throws -> [UInt8] {
    let reader = try FileReader(path: imagePath(name))
    return try reader.bytes(at: 0, count: reader.byteCount)
  }

  /// Every file of every format against what Pillow reads in it. Decoders of other versions may round otherwise.
  @Test func readsWhatPillowReads() throws {
    #expect(expected.count == 26)
    for (name, literal) in expected {
      let pillows = try Image(bytes: literal)
      let image = try Image(contentsOf: imagePath(name))
      let distance = image.distance(to: pillows) ?? 256
      #expect(distance <= (name.hasSuffix("jpg") ? 1 : 0), "\(name): \(image.size), \(image.channels)")
    }
  }

  @Test func formatsAreKnownByTheirBytes() throws {
    #expect(try ImageFormat(ofFile: imagePath("photo.jpg")) == .jpeg)
    #expect(try ImageFormat(ofFile: imagePath("lossy.webp")) == .webp)
    #expect(try ImageFormat(ofFile: imagePath("colors.gif")) == .gif)
    #expect(try ImageFormat(ofFile: imagePath("palette-alpha.png")) == .png)
    #expect(try ImageFormat(ofFile: imagePath("expected.npz")) == nil)
    let misnamed = MemorySource(try bytes("photo.jpg"), path: "photo.png")
    #expect(try EncodedImage(misnamed).format == .jpeg)
  }

  @Test func orientationIsAppliedOnlyIfAsked() throws {
    let file = try EncodedImage(contentsOf: imagePath("orientation-6.jpg"))
    let stored = ImageDecoding(appliesOrientation: false)
    #expect(file.storedSize == ImageSize(width: 28, height: 20) && file.size(stored) == file.storedSize)
    #expect(file.size() == file.storedSize.turned)
    #expect(try file.image(stored).turned(quarters: 1) == file.image())
  }

  /// A region is decoded by itself, and is what the whole image has there.
  @Test(arguments: [
    "photo.jpg", "full-chroma.jpg", "half-chroma.jpg", "progressive.jpg", "restarts.jpg", "gray.jpg",
    "inks.jpg",
    "orientation-5.jpg", "orientation-6.jpg", "orientation-7.jpg", "orientation-8.jpg", "alpha.webp",
    "interlaced.gif",
  ])
  func regionsAreThoseOfTheWholeImage(name: String) throws {
    let file = try EncodedImage(contentsOf: imagePath(name))
    let whole = try file.image()
    var random = PhiloxGenerator(seed: 3)
    for _ in 0..<25 {
      let width = 1 + random.uniform(below: whole.width)
      let height = 1 + random.uniform(below: whole.height)
      let region = ImageRegion(
        left: random.uniform(below: whole.width - width + 1),
        top: random.uniform(below: whole.height - height + 1), width: width, height: height)
      let part = try file.image(region: region, resizedTo: region.size)
      #expect(part.distance(to: try whole.cropped(to: region)) == 0, "\(region)")
    }
    #expect(throws: DataError.self) {
      _ = try file.image(
        region: ImageRegion(left: 1, top: 0, width: whole.width, height: 1), resizedTo: ImageSize(1))
    }
  }

  /// Decoding at a fraction of the size looks like decoding all and shrinking.
  @Test(arguments: ["photo.jpg", "progressive.jpg", "orientation-6.jpg"])
  func largePhotosMayBeDecodedSmaller(name: String) throws {
    let file = try EncodedImage(contentsOf: imagePath(name))
    let all = ImageRegion(all: file.size())
    let small = ImageSize(width: max(1, file.size().width / 8), height: max(1, file.size().height / 8))
    let exact = try file.image(region: all, resizedTo: small)
    let reduced = try file.image(region: all, resizedTo: small, isReduced: true)
    let distance = try #require(exact.distance(to: reduced))
    #expect(distance > 0 && distance < 24)
  }

  @Test func transparencyIsLaidOnTheBackgroundAskedFor() throws {
    let file = try EncodedImage(contentsOf: imagePath("alpha.webp"))
    #expect(try file.image().channels == 4)
    let white = try file.image(ImageDecoding(channels: 3))
    #expect(white.pixels.prefix(3).elementsEqual([255, 255, 255]))
    let black = try file.image(ImageDecoding(channels: 3, background: 0))
    #expect(black.pixels.prefix(3).elementsEqual([0, 0, 0]))
    #expect(try Image(contentsOf: imagePath("transparent.gif"), channels: 1).channels == 1)
  }

  @Test func bombsAreRefusedBeforeTheyTakeMemory() throws {
    let text = message { _ = try Image(contentsOf: imagePath("bomb.jpg")) }
    #expect(text.contains("bomb.jpg") && text.contains("60000 by 60000 pixels"))
    #expect(
      message { _ = try EncodedImage(contentsOf: imagePath("photo.jpg"), pixelLimit: 99) }.contains("99"))
    var huge = try bytes("colors.gif")
    huge.replaceSubrange(6..<10, with: [0xff, 0xff, 0xff, 0xff])
    #expect(message { _ = try Image(MemorySource(huge, path: "a.gif")) }.contains("65535 by 65535"))
  }

  @Test func cutAndForeignFilesAreNamed() throws {
    let cut = Array(try bytes("photo.jpg").dropLast(400))
    #expect(throws: FileError.self) { _ = try Image(MemorySource(cut, path: "cut.jpg")) }
    #expect(message { _ = try Image(MemorySource(cut, path: "cut.jpg")) }.contains("cut.jpg: truncated"))
    let text = message { _ = try Image(MemorySource(Array("hello, world".utf8), path: "a.jpg")) }
    #expect(text.contains("a.jpg: unsupported") && text.contains("JPEG"))
    #expect(message { _ = try Image(MemorySource([], path: "b")) }.contains("empty"))
  }

  /// What a decoder reads all the same is not hidden.
  @Test func oddBytesAreReportedButRead() throws {
    var odd = try bytes("photo.jpg")
    let frame = try #require(odd.indices.first { odd[$0] == 0xff && odd[$0 + 1] == 0xc0 })
    odd.insert(contentsOf: [1, 2, 3], at: frame)
    let read = try EncodedImage(MemorySource(odd, path: "odd.jpg")).inspected()
    #expect(read.warning?.contains("extraneous") == true)
    #expect(read.image.size == ImageSize(width: 60, height: 44))
    #expect(try EncodedImage(contentsOf: imagePath("photo.jpg")).inspected().warning == nil)
  }

  /// Cut anywhere or with a byte changed: an error or an image, never a crash.
  @Test(arguments: [
    ("orientation-6.jpg", 4), ("interlaced.gif", 3), ("alpha.webp", 0), ("moving.webp", 200),
    ("orientation-6.png", 24),
  ])
  func survivesEveryDamage(name: String, spareByteCount: Int) throws {
    let bytes = try bytes(name)
    expectDamageToBeSurvived(
      bytes, neededByteCount: bytes.count - spareByteCount, masks: [0x01, 0x80, 0xff])
  }

  /// Of a file of text the first words are shown, of others the bytes.
  @Test func whatCameIsShownReadably() {
    func problem(_ bytes: [UInt8]) -> String {
      do {
        _ = try EncodedImage(MemorySource(bytes, path: "x.png"))
        return ""
      } catch { return "\(error)" }
    }
    #expect(problem(Array("root,color\n1".utf8)).contains("begins with \"root,color\""))
    #expect(problem([0x7f, 0x45, 0x0a]).contains("begins with the bytes 7f 45 0a"))
  }
}
