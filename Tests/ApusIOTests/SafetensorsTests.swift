import ApusGraph
import ApusTestSupport
import Testing

@testable import ApusIO

@Suite struct SafetensorsTests {
  /// What every-type.safetensors holds.
  private let everyType: [String: Literal] = [
    "b.float64": Literal([0, 0.125, 0.25] as [Double], shape: [3]),
    "a.float32": Literal([0, 0.25, 0.5, 0.75, 1, 1.25] as [Float], shape: [2, 3]),
    "c.int64": Literal([-2, -1, 0, 1] as [Int64], shape: [4]),
    "d.int32": Literal([-2, -1, 0, 1, 2] as [Int32], shape: [5]),
    "e.uint8": Literal([0, 1, 2, 3, 4] as [UInt8], shape: [5]),
    "f.bool": Literal([true, false, true], shape: [3]),
    "g.uint32": Literal([0, 1, 2] as [UInt32], shape: [3]),
    "scalar": Literal([2.5] as [Float], shape: .scalar),
    "nothing": Literal([] as [Float], shape: [0, 4]),
    "é ü \" \\ name": Literal([1] as [Float], shape: [1]),
  ]

  @Test func readsWhatTheReferenceWrote() throws {
    let file = try Safetensors(path: fixture("every-type.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    #expect(file.names == everyType.keys.sorted())
    for (name, expected) in everyType {
      let tensor = try file.literal(named: name)
      #expect(tensor.dtype == expected.dtype, "\(name)")
      #expect(tensor.shape == expected.shape, "\(name)")
      #expect(tensor.doubles == expected.doubles, "\(name)")
    }
  }

  @Test(arguments: ["activations", "indexing", "training"])
  func readsTheReferenceValues(name: String) throws {
    let file = try Safetensors(path: fixture("../\(name).safetensors"))
    #expect(file.metadata["cases"] != nil)
    for (name, literal) in try file.literals() { #expect(literal.shape == file.entry(named: name)?.shape) }
  }

  @Test func writesTheReferencesBytes() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/out.safetensors"
      try Safetensors.write(everyType, metadata: ["format": "pt"], to: path)
      let reader = try FileReader(path: path)
      #expect(try reader.bytes(at: 0, count: reader.byteCount) == fixtureBytes("every-type.safetensors"))
    }
  }

  @Test func widensHalfAndSmallIntegers() throws {
    let tensors = try Safetensors.readLiterals(from: fixture("widened.safetensors"))
    let half = try #require(tensors["half"])
    #expect(half.dtype == .float32)
    let values = half.scalars(as: Float.self)
    #expect(Array(values[..<9]) == [0, 0, 1, -2.5, 65504, 0x1p-24, 0x3ffp-24, .infinity, -.infinity])
    #expect(values[1].sign == .minus)
    #expect(values[9].isNaN)
    #expect(tensors["small"]?.dtype == .int32)
    #expect(tensors["small"]?.doubles == [-1, 2])
  }

  @Test func keepsBfloat16BitForBit() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/out.safetensors"
      let literal = try Literal(dtype: .bfloat16, shape: [2]) { bytes in
        bytes.storeBytes(of: 0x3f80, as: UInt16.self)
        bytes.storeBytes(of: 0xc049, toByteOffset: 2, as: UInt16.self)
      }
      try Safetensors.write(["x": literal], to: path)
      let back = try #require(try Safetensors.readLiterals(from: path)["x"])
      #expect(back.dtype == .bfloat16)
      #expect(back.doubles == [1, -3.140625])
    }
  }

  @Test func writesAnEmptyFile() throws {
    try withTemporaryFolder { folder in
      try Safetensors.write([:] as [String: Literal], to: folder + "/empty.safetensors")
      #expect(try Safetensors.readLiterals(from: folder + "/empty.safetensors").keys.sorted() == [])
    }
  }

  @Test func refusesTheReservedName() throws {
    let literal = Literal([1] as [Float], shape: [1])
    try withTemporaryFolder { folder in
      let path = folder + "/never.safetensors"
      #expect(reason { try Safetensors.write(["__metadata__": literal], to: path) } == .invalidRequest)
    }
  }

  @Test func survivesEveryDamage() throws {
    for name in ["every-type.safetensors", "widened.safetensors"] {
      survivesDamage(try fixtureBytes(name)) { _ = try Safetensors($0).literals() }
    }
  }

  private func file(header: String, dataCount: Int) -> MemorySource {
    let text = Array(header.utf8)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: text.count, size: 8)
    return MemorySource(bytes + text + [UInt8](repeating: 0, count: dataCount), path: "made.safetensors")
  }

  @Test(arguments: [
    // Sizes that no memory holds, and products that overflow.
    #"{"x":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,4611686018427387904]}}"#,
    #"{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#,
    #"{"x":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}"#,
    #"{"x":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}"#,
    #"{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
    #"{"x":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#,
    #"{"x":{"dtype":"F32","shape":[1e30],"data_offsets":[0,8]}}"#,
    // Offsets that run backwards, leave a hole, overlap, pass the end, or stop before it.
    #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
    #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
    #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
    // Names twice, wrong kinds of values, not JSON.
    #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"x":{"dtype":"F32","shape":[2]}}"#,
    #"{"x":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#,
    #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"a":1}}"#,
    #"[]"#, #"{"x":}"#, "", "{",
    #"{"x":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}}"#,
  ])
  func refusesHostileHeaders(header: String) {
    let source = file(header: header, dataCount: 8)
    let thrown = #expect(throws: FileError.self) { _ = try Safetensors(source).literals() }
    #expect(thrown?.path == "made.safetensors")
  }

  @Test func refusesAHeaderLongerThanTheFile() {
    var bytes = [UInt8](repeating: 0xff, count: 8)
    #expect(reason { _ = try Safetensors(MemorySource(bytes, path: "a")) } == .truncated)
    bytes = [0, 0, 0, 0, 0, 0, 0, 0x10]
    #expect(reason { _ = try Safetensors(MemorySource(bytes, path: "a")) } == .truncated)
  }

  @Test func namesTheTensorAndTheReason() {
    let source = file(
      header: #"{"conv.weight":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, dataCount: 8)
    let error = #expect(throws: FileError.self) { _ = try Safetensors(source) }
    let text = error?.description ?? ""
    #expect(text.contains("\"conv.weight\""))
    #expect(text.contains("12 bytes"))
  }

  @Test func listsWhatItCannotRead() throws {
    let source = file(
      header: #"{"x":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#, dataCount: 8)
    let opened = try Safetensors(source)
    #expect(opened.entry(named: "x")?.storedType == "C64")
    #expect(reason { _ = try opened.literal(named: "x") } == .unsupported)
    #expect(reason { _ = try opened.literal(named: "y") } == .invalidRequest)
  }

  @Test func refusesTruthValuesBeyondOne() {
    let source = file(
      header: #"{"x":{"dtype":"BOOL","shape":[8],"data_offsets":[0,8]}}"#, dataCount: 7)
    let bytes = source.bytes + [2]
    #expect(reason { _ = try Safetensors(MemorySource(bytes, path: "b")).literals() } == .corrupt)
  }
}
