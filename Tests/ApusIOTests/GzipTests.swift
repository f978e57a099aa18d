import Testing

@testable import ApusIO

@Suite struct GzipTests {
  private let text = (0..<3000).map { UInt8(truncatingIfNeeded: $0 / 7) }

  @Test(arguments: [0, 1, 300, 200_000])
  func decompressesWhatItCompressed(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 / 9) }
    let source = MemorySource(try Gzip.compress(bytes), path: "a.gz")
    #expect(try GzipReader.recognizes(source))
    #expect(try Gzip.decompress(source, limit: count) == bytes)
  }

  @Test func readsMembersInARow() throws {
    let both = try Gzip.compress([1, 2, 3]) + Gzip.compress([4, 5])
    #expect(try Gzip.decompress(MemorySource(both, path: "a.gz"), limit: 10) == [1, 2, 3, 4, 5])
  }

  @Test func refusesMoreThanTheLimit() throws {
    let source = MemorySource(try Gzip.compress(text), path: "a.gz")
    #expect(reason { _ = try Gzip.decompress(source, limit: text.count - 1) } == .tooLarge)
  }

  @Test func readsExactCounts() throws {
    let reader = try GzipReader(MemorySource(try Gzip.compress(text), path: "a.gz"))
    #expect(try reader.bytes(count: 10) == Array(text[..<10]))
    #expect(try reader.bytes(count: text.count - 10) == Array(text[10...]))
    #expect(reason { _ = try reader.bytes(count: 1) } == .truncated)
  }

  @Test func claimsOfTheCallerAllocateNothing() throws {
    let reader = try GzipReader(MemorySource(try Gzip.compress(text), path: "a.gz"))
    #expect(reason { _ = try reader.bytes(count: 1 << 60) } == .truncated)
  }

  @Test func survivesEveryDamage() throws {
    survivesDamage(try Gzip.compress(Array(text[..<200]))) { _ = try Gzip.decompress($0, limit: 1 << 20) }
  }
}
