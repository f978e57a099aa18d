import ApusGraph
import Testing

@testable import ApusIO

@Suite struct IDXFileTests {
  private let plain: [UInt8] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255]

  @Test func readsPlainAndCompressedFiles() throws {
    for bytes in [plain, try Gzip.compress(plain)] {
      let literal = try IDXFile.readLiteral(MemorySource(bytes, path: "a"))
      #expect(literal.dtype == .uint8 && literal.shape == [2, 3])
      #expect(literal.doubles == [1, 2, 3, 4, 5, 255])
    }
  }

  @Test(
    arguments: [
      ([0x09, 0xff], DType.int32, -1.0), ([0x0b, 0xff, 0xfe], .int32, -2), ([0x0c, 0, 0, 1, 0], .int32, 256),
      ([0x0d, 0x40, 0x20, 0, 0], .float32, 2.5), ([0x0e, 0xbf, 0xf8, 0, 0, 0, 0, 0, 0], .float64, -1.5),
    ] as [([UInt8], DType, Double)])
  func readsEveryType(bytes: [UInt8], dtype: DType, value: Double) throws {
    let file = [0, 0, bytes[0], 1, 0, 0, 0, 1] + bytes.dropFirst()
    let literal = try IDXFile.readLiteral(MemorySource(file, path: "a"))
    #expect(literal.dtype == dtype && literal.doubles == [value])
  }

  @Test func refusesBytesTooManyOrTooFew() throws {
    for (change, expected) in [(plain + [0], FileError.Reason.corrupt), (plain.dropLast(), .truncated)] {
      #expect(reason { _ = try IDXFile.readLiteral(MemorySource(Array(change), path: "a")) } == expected)
      let compressed = try Gzip.compress(Array(change))
      #expect(reason { _ = try IDXFile.readLiteral(MemorySource(compressed, path: "a")) } == expected)
    }
  }

  @Test func refusesClaimsThatNothingBacks() throws {
    let huge: [UInt8] = [0, 0, 8, 3] + [UInt8](repeating: 0xff, count: 12) + [1, 2, 3]
    #expect(reason { _ = try IDXFile.readLiteral(MemorySource(huge, path: "a")) } != nil)
    #expect(reason { _ = try IDXFile.readLiteral(MemorySource(try Gzip.compress(huge), path: "a")) } != nil)
    let large: [UInt8] = [0, 0, 8, 1, 0x7f, 0xff, 0xff, 0xff, 1]
    #expect(
      reason { _ = try IDXFile.readLiteral(MemorySource(try Gzip.compress(large), path: "a")) } == .truncated)
  }

  @Test func survivesEveryDamage() throws {
    survivesDamage(plain) { _ = try IDXFile.readLiteral($0) }
    survivesDamage(try Gzip.compress(plain)) { _ = try IDXFile.readLiteral($0) }
  }
}
