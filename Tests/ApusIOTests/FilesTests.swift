import Foundation
import ApusTestSupport
import Testing

@testable import ApusIO

@Suite struct AtomicFileTests {
  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func text(_ path: String) throws -> String {
    let reader = try FileReader(path: path)
    return String(decoding: try reader.bytes(at: 0, count: reader.byteCount), as: UTF8.self)
  }

  @Test func replacesTheOldFileOnlyOnCommit() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write("old", to: path)
      let file = try AtomicFile(path: path)
      try file.write("new")
      #expect(try text(path) == "old")
      try file.commit()
      #expect(try text(path) == "new")
      #expect(try names(in: folder) == ["a.txt"])
      #expect(reason { try file.write("more") } == .invalidRequest)
    }
  }

  @Test func leavesNothingWhenTheBodyThrows() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      #expect(throws: Stop.self) {
        try AtomicFile.write(to: folder + "/a.txt") { file in
          try file.write("part")
          throw Stop()
        }
      }
      let left = try names(in: folder)
      #expect(left == [])
    }
  }

  @Test func keepsPermissionsAndFollowsLinks() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("old", to: folder + "/real")
      chmod(folder + "/real", 0o640)
      symlink("real", folder + "/link")
      try AtomicFile.write("new", to: folder + "/link")
      #expect(try text(folder + "/real") == "new")
      let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/real")
      #expect(attributes[.posixPermissions] as? Int == 0o640)
      #expect(try names(in: folder) == ["link", "real"])
    }
  }

  @Test func saysWhatIsWrongWithThePlace() throws {
    try withTemporaryFolder { folder in
      #expect(reason { try AtomicFile.write("a", to: folder + "/none/a") } == .unwritable)
      #expect(reason { try AtomicFile.write("a", to: folder) } == .unwritable)
      #expect(reason { try AtomicFile.write("a", to: folder + "/") } != nil)
      let left = try names(in: folder)
      #expect(left == [])
    }
  }
}

@Suite struct FileReaderTests {
  @Test func refusesWhatIsNotAFile() {
    #expect(reason { _ = try FileReader(path: "/no/such/file") } == .missing)
    #expect(reason { _ = try FileReader(path: "/tmp") } == .unreadable)
  }

  @Test func doesNotWaitForAPipe() throws {
    try withTemporaryFolder { folder in
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(reason { _ = try FileReader(path: folder + "/pipe") } == .unreadable)
    }
  }

  @Test func refusesPlacesBeyondTheEnd() throws {
    let source = MemorySource([1, 2, 3], path: "three")
    #expect(try source.bytes(at: 3, count: 0) == [])
    #expect(reason { _ = try source.bytes(at: 2, count: 2) } == .truncated)
    #expect(reason { _ = try source.bytes(at: Int.max, count: Int.max) } == .truncated)
    #expect(reason { _ = try source.bytes(at: -1, count: 1) } == .truncated)
  }

  @Test func noticesAFileThatShrinks() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("hello", to: folder + "/a")
      let reader = try FileReader(path: folder + "/a")
      truncate(folder + "/a", 2)
      #expect(reason { _ = try reader.bytes(at: 0, count: 5) } == .truncated)
    }
  }
}

@Suite struct SHA256Tests {
  /// The examples of FIPS 180-4's annex, and lengths around the block's edges from `sha256sum`.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func knownDigests(text: String, digest: String) { #expect(SHA256.hash(of: Array(text.utf8)) == digest) }

  @Test func piecesMakeTheWhole() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
    for step in [1, 7, 63, 64, 65, 200] {
      var hash = SHA256()
      for start in stride(from: 0, to: bytes.count, by: step) {
        hash.update(Array(bytes[start..<min(start + step, bytes.count)]))
      }
      #expect(hash.hexadecimal() == SHA256.hash(of: bytes))
    }
  }

  @Test func hashesAMillionLetters() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000), to: folder + "/a")
      let digest = try SHA256.hash(ofFile: folder + "/a")
      #expect(digest == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
  }
}

@Suite struct JSONTests {
  @Test func readsEveryKindOfValue() throws {
    let text = #" {"a": [1, -2.5, 1e3, true, false, null], "b": {"c": "x\n\u00e9\ud83d\ude00\/"}, "d": []} "#
    let json = try JSON(parsing: Array(text.utf8))
    #expect(
      json["a"] == .array([.integer(1), .number(-2.5), .number(1000), .bool(true), .bool(false), .null]))
    #expect(json["b"]?["c"]?.stringValue == "x\né😀/")
    #expect(json["d"]?.arrayValue == [])
    #expect(json["e"] == nil)
  }

  @Test(arguments: [false, true])
  func readsBackWhatItWrites(indented: Bool) throws {
    let json = JSON.object([
      .init("text", .string("a\"b\\c\u{1}\t")), .init("none", .array([])), .init("whole", .integer(Int.max)),
      .init("numbers", .array([.number(0.1), .number(3), .number(1e300), .bool(false), .null])),
    ])
    #expect(try JSON(parsing: Array(json.text(indented: indented).utf8)) == json)
  }

  @Test func literalsKeepTheOrderOfTheirKeys() {
    let name = "a\"b", count = 3
    let json: JSON = [
      "z": .string(name), "a": [1, 2.5, true, "\(count) × x"], "m": ["inner": .null], "empty": [:],
    ]
    #expect(json.text() == #"{"z":"a\"b","a":[1,2.5,true,"3 × x"],"m":{"inner":null},"empty":{}}"#)
  }

  @Test func numbersThatJSONLacksBecomeNull() {
    #expect(JSON.array([.number(.nan), .number(.infinity)]).text() == "[null,null]")
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", "1e", "-", "+1", "\"", "\"\\x\"",
    "\"\\ud800\"", "\"\\ud800\\u0041\"", "tru", "nul", "[1] 2", "{1:2}", "\"\u{1}\"", "1e999", "'a'",
    String(repeating: "[", count: 100_000),
  ])
  func refusesWhatIsNotJSON(text: String) {
    #expect(throws: JSON.ParseError.self) { _ = try JSON(parsing: Array(text.utf8)) }
  }

  @Test func refusesBytesThatAreNotUTF8() {
    #expect(throws: JSON.ParseError.self) { _ = try JSON(parsing: [0x22, 0xff, 0x22]) }
  }

  @Test(
    arguments: [
      ([0], "byte 0"), ([0x1b], "byte 27"), ([0xff], "byte 255"), ([0x5b, 0x7d], "'}'"),
      ([0xc3, 0xa9], "'é'"),
      ([0xf0, 0x9f, 0x90, 0xa6], "'🐦'"), ([0x5b], "the end"),
    ] as [([UInt8], String)])
  func saysWhatCameInWordsThatATerminalCanShow(bytes: [UInt8], words: String) {
    let error = #expect(throws: JSON.ParseError.self) { _ = try JSON(parsing: bytes) }
    #expect(error?.problem.hasSuffix("expected, \(words) came") == true)
  }
}
