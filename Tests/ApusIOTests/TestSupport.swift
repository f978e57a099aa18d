import ApusGraph
import ApusTestSupport
import Testing

@testable import ApusIO

/// The path of a file that scripts/fixtures/files.py wrote.
func fixture(_ name: String) -> String { fixturePath("files/\(name)") }

func fixtureBytes(_ name: String) throws -> [UInt8] {
  let file = try FileReader(path: fixture(name))
  return try file.bytes(at: 0, count: file.byteCount)
}

/// Runs `body` on damaged versions of `bytes`: cut at every length, each bit of every byte flipped in turn,
/// and many bytes changed at random. Passing means returning or throwing a `FileError`; whatever else
/// happens, a trap above all, is a failure of the test.
func survivesDamage(_ bytes: [UInt8], seed: UInt64 = 1, _ body: (MemorySource) throws -> Void) {
  func attempt(_ damaged: [UInt8], mustThrow: Bool) {
    do {
      try body(MemorySource(damaged, path: "damaged"))
      if mustThrow { Issue.record("accepted \(damaged.count) of \(bytes.count) bytes") }
    } catch is FileError {
      // What is asked for.
    } catch {
      Issue.record("threw \(type(of: error)) instead of a FileError")
    }
  }
  for count in 0..<bytes.count { attempt(Array(bytes[..<count]), mustThrow: true) }
  attempt(bytes + [0], mustThrow: true)
  for index in bytes.indices {
    for bit in 0..<8 {
      var damaged = bytes
      damaged[index] ^= 1 << UInt8(bit)
      attempt(damaged, mustThrow: false)
    }
  }
  var generator = TestGenerator(state: seed)
  for _ in 0..<500 {
    var damaged = bytes
    for _ in 0..<Int.random(in: 1...8, using: &generator) {
      damaged[Int.random(in: damaged.indices, using: &generator)] =
        [0, 1, 0x7f, 0x80, 0xff, 0x30, 0x39]
        .randomElement(using: &generator) ?? 0
    }
    attempt(damaged, mustThrow: false)
  }
}

/// SplitMix64, so that every run damages alike.
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}

/// The reason of the `FileError` that `body` throws, or nil.
func reason(_ body: () throws -> Void) -> FileError.Reason? {
  do {
    try body()
    return nil
  } catch {
    return (error as? FileError)?.reason
  }
}
