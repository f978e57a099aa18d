import ApusGraph
import ApusIO
import ApusTestSupport
import Foundation
import Testing

@testable import ApusData

/// BMP, TIFF, HEIC and AVIF files, written by scripts/fixtures/image_formats.py.
@Suite struct ForeignFormatTests {
  private static let folder = fixturePath("formats")
  private static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter {
      !$0.hasSuffix(".npz")
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } ?? []

  private static func isCompressedByLibheif(_ name: String) -> Bool {
    name.hasSuffix(".heic") || name.hasSuffix(".avif")
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    let reader = try FileReader(path: "\(Self.folder)/\(name)")
    return try reader.bytes(at: 0, count: reader.byteCount)
  }

  /// Other decoders round otherwise: of JPEG by 1, of HEVC and AV1, where colors are rounded, too, by 3.
  private func tolerance(_ name: String) -> Int {
    Self.isCompressedByLibheif(name) ? 3 : name == "jpeg.tif" ? 1 : 0
  }

  @Test func readsWhatPillowReads() throws {
    let expected = try NumPyFile.readLiterals(from: Self.folder + "/expected.npz")
    let index = try #require(expected["index"]).scalars(as: Int32.self)
    #expect(index.count == Self.names.count && index.count { $0 >= 0 } == 36)
    for (name, number) in zip(Self.names, index) where number >= 0 {
      if Self.isCompressedByLibheif(name), HEIFLibrary.shared == nil { continue }
      let pillows = try Image(bytes: #require(expected["\(number)"]))
      let image = try Image(contentsOf: "\(Self.folder)/\(name)")
      let distance = image.distance(to: pillows) ?? 256
      #expect(
        distance <= tolerance(name),
        "\(name): \(image.size), \(image.channels) channels, Pillow's \(pillows.size), \(pillows.channels)")
    }
  }

  /// The bytes decide, whatever a file is called.
  @Test(arguments: [
    ("rgb.bmp", ImageFormat.bmp), ("os2.bmp", .bmp), ("plain.tif", .tiff), ("big.tif", .tiff),
    ("photo.heic", .heic),
    ("photo.avif", .avif),
  ])
  func formatsAreKnownByTheirBytes(name: String, format: ImageFormat) throws {
    #expect(try ImageFormat(ofFile: "\(Self.folder)/\(name)") == format)
    if Self.isCompressedByLibheif(name), HEIFLibrary.shared == nil { return }
    #expect(try EncodedImage(MemorySource(bytes(name), path: "a.jpg")).format == format)
  }

  /// Masks are read as numbers: places in palettes, and 16 bits of which none are scaled.
  @Test(arguments: ["four-bits.bmp", "rle8.bmp", "palette.tif", "mask16.tif"])
  func masksKeepTheirNumbers(name: String) throws {
    let expected = try #require(try NumPyFile.readLiterals(from: Self.folder + "/values.npz")[name])
    let mask = try MaskReading.values.labels(at: "\(Self.folder)/\(name)", pixelLimit: 1 << 20)
    #expect(mask.pixels.map(Double.init) == expected.doubles)
    #expect(mask.size == ImageSize(width: 23, height: 14))
  }

  @Test func whatIsNotReadIsSaid() throws {
    let floats = message { _ = try Image(contentsOf: "\(Self.folder)/floats.tif") }
    #expect(floats.contains("unsupported") && floats.contains("floating point") && floats.contains("Convert"))
    let pages = try EncodedImage(contentsOf: "\(Self.folder)/pages.tif").inspected()
    #expect(pages.warning == "its first page of several is read")
    #expect(try EncodedImage(contentsOf: "\(Self.folder)/plain.tif").inspected().warning == nil)
    // A camera's raw file begins with a preview, which is not its image.
    var preview = try bytes("plain.tif")
    let entry = try #require(
      stride(from: 10, to: 200, by: 12).first { preview[$0] == 0 && preview[$0 + 1] == 1 })
    preview[entry..<entry + 12] = [0xfe, 0, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    #expect(message { _ = try Image(MemorySource(preview, path: "a.nef")) }.contains("as TIFF"))
    var packed = try bytes("rgb.bmp")
    packed[30] = 5
    #expect(message { _ = try Image(MemorySource(packed, path: "a.bmp")) }.contains("unsupported"))
  }

  @Test func aMissingLibraryIsNamedWithItsPackage() throws {
    #expect(HEIFLibrary(name: "libheif-that-nobody-has.so.1") == nil)
    let file = try bytes("photo.heic")
    let text = message { _ = try HEIFFile.header(file, path: "a.heic", library: nil) }
    #expect(
      text.contains("a.heic: unsupported: as HEIC: libheif") && text.contains("apt-get install libheif1"))
    let other = message { _ = try HEIFFile.header(bytes("photo.avif"), path: "a.avif", library: nil) }
    #expect(other.contains("as AVIF"))
  }

  @Test func bombsAreRefusedBeforeTheyTakeMemory() throws {
    var bitmap = try bytes("rgb.bmp")
    bitmap.replaceSubrange(18..<26, with: [0, 0, 0xff, 0, 0, 0, 0xff, 0])
    #expect(message { _ = try Image(MemorySource(bitmap, path: "a.bmp")) }.contains("pixels"))
    #expect(
      message { _ = try EncodedImage(contentsOf: "\(Self.folder)/plain.tif", pixelLimit: 99) }.contains("99"))
    // 4 by 4 million pixels of 24 bits in a kilobyte.
    var page = try bytes("plain.tif")
    for tag in [UInt8(0), 1] {
      let entry = try #require(
        stride(from: 10, to: 200, by: 12).first { page[$0] == tag && page[$0 + 1] == 1 })
      page.replaceSubrange(entry + 2..<entry + 12, with: [4, 0, 1, 0, 0, 0, 0, 0x20, 0, 0])
    }
    let text = message {
      _ = try EncodedImage(MemorySource(page, path: "a.tif"), pixelLimit: 1 << 30).image()
    }
    #expect(text.contains("truncated") && text.contains("fewer bytes"))
  }

  /// Cut anywhere or with a byte changed: an error or an image, never a crash. Rows and pages behind what is needed may
  /// be missing.
  @Test(arguments: [
    ("rgb.bmp", 3), ("four-bits.bmp", 0), ("rle8.bmp", 2), ("rle4.bmp", 2), ("bit-fields-alpha.bmp", 0),
    ("os2.bmp", 1), ("plain.tif", 200), ("lzw.tif", 200), ("fax.tif", 200), ("jpeg.tif", 400),
    ("tiles.tif", 200),
    ("palette.tif", 200), ("planes.tif", 200), ("deflate.tif", 300),
  ])
  func survivesEveryDamage(name: String, spareByteCount: Int) throws {
    let bytes = try bytes(name)
    expectDamageToBeSurvived(
      bytes, neededByteCount: bytes.count - spareByteCount, masks: [0x01, 0x80, 0xff])
  }

  @Test(.enabled(if: HEIFLibrary.shared != nil), arguments: ["photo.avif", "alpha.avif", "photo.heic"])
  func damagedHEIFFilesAreSurvived(name: String) throws {
    let bytes = try bytes(name)
    expectDamageToBeSurvived(bytes, neededByteCount: 300, masks: [0xff])
  }
}
