import ApusTestSupport
import Testing

@testable import ApusIO

@Suite struct ZipTests {
  private func archive(_ members: [(String, [UInt8])], compressed: Bool) throws -> [UInt8] {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zip"
      try AtomicFile.write(to: path) { file in
        let writer = ZipWriter(file)
        for (name, bytes) in members { try writer.add(name, bytes, compressed: compressed) }
        try writer.finish()
      }
      let reader = try FileReader(path: path)
      return try reader.bytes(at: 0, count: reader.byteCount)
    }
  }

  @Test func refusesClaimsThatDeflateCannotKeep() throws {
    var bytes = try archive([("a", [UInt8](repeating: 7, count: 1000))], compressed: true)
    // The claimed size in the directory: 2^32 - 2 bytes out of about a dozen.
    let record = try #require(
      (0..<bytes.count - 4).first { bytes.littleEndian(at: $0, size: 4) == 0x0201_4b50 })
    for index in 0..<4 { bytes[record + 24 + index] = index == 0 ? 0xfe : 0xff }
    let zip = try ZipReader(MemorySource(bytes, path: "bomb.zip"))
    let error = #expect(throws: FileError.self) { _ = try zip.contents(of: zip.entries[0]) }
    #expect(error?.problem.contains("4294967294 bytes are claimed") == true)
  }

  @Test func refusesMoreThanIsClaimed() throws {
    var bytes = try archive([("a", [UInt8](repeating: 7, count: 100_000))], compressed: true)
    let record = try #require(
      (0..<bytes.count - 4).first { bytes.littleEndian(at: $0, size: 4) == 0x0201_4b50 })
    for index in 0..<4 { bytes[record + 24 + index] = index == 0 ? 10 : 0 }
    let zip = try ZipReader(MemorySource(bytes, path: "bomb.zip"))
    #expect(reason { _ = try zip.contents(of: zip.entries[0]) } == .corrupt)
  }

  @Test func refusesMembersThatOverlap() throws {
    var bytes = try archive([("a", [1, 2, 3]), ("b", [4, 5, 6])], compressed: false)
    let records = (0..<bytes.count - 4).filter { bytes.littleEndian(at: $0, size: 4) == 0x0201_4b50 }
    for index in 0..<4 { bytes[records[1] + 42 + index] = 0 }
    #expect(reason { _ = try ZipReader(MemorySource(bytes, path: "overlap.zip")) } == .corrupt)
  }

  @Test func noticesAChangedByte() throws {
    var bytes = try archive([("a", Array("hello".utf8))], compressed: false)
    bytes[31] ^= 1
    let zip = try ZipReader(MemorySource(bytes, path: "a.zip"))
    #expect(reason { _ = try zip.contents(of: zip.entries[0]) } == .corrupt)
  }

  @Test func refusesTwoMembersOfOneName() {
    #expect(reason { _ = try archive([("a", [1]), ("a", [2])], compressed: false) } == .invalidRequest)
  }

  @Test func holdsNothing() throws {
    let bytes = try archive([], compressed: false)
    #expect(try ZipReader(MemorySource(bytes, path: "empty.zip")).entries == [])
  }

  @Test func refusesWhatIsNoArchive() {
    let noise = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(reason { _ = try ZipReader(MemorySource(noise, path: "noise")) } == .corrupt)
    #expect(reason { _ = try ZipReader(MemorySource([], path: "nothing")) } == .corrupt)
  }
}
