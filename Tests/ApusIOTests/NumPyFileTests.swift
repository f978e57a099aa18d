import ApusGraph
import ApusTestSupport
import Testing

@testable import ApusIO

@Suite struct NumPyFileTests {
  @Test(arguments: [
    ("f2", DType.float32, "little"), ("f2", .float32, "big"), ("f4", .float32, "little"),
    ("f4", .float32, "big"), ("f8", .float64, "little"), ("f8", .float64, "big"),
    ("i1", .int32, "bytes"), ("i2", .int32, "little"), ("i2", .int32, "big"), ("i4", .int32, "little"),
    ("i4", .int32, "big"), ("i8", .int64, "little"), ("i8", .int64, "big"),
    ("u1", .uint8, "bytes"), ("u2", .int32, "little"), ("u2", .int32, "big"), ("u4", .uint32, "little"),
    ("u4", .uint32, "big"), ("u8", .int64, "little"), ("u8", .int64, "big"), ("b1", .bool, "bytes"),
  ])
  func readsEveryType(type: String, dtype: DType, order: String) throws {
    let literal = try NumPyFile.readLiteral(from: fixture("\(type)-\(order).npy"))
    let expected: [Double] =
      switch type.first {
      case "f", "i": [-3, -2, -1, 0, 1, 2]
      case "u": [0, 1, 2, 3, 4, 5]
      default: [0, 1, 0, 1, 0, 1]
      }
    #expect(literal.dtype == dtype)
    #expect(literal.shape == [2, 3])
    #expect(literal.doubles == expected)
  }

  @Test func readsColumnOrder() throws {
    let literal = try NumPyFile.readLiteral(from: fixture("fortran.npy"))
    #expect(literal.shape == [2, 3, 4])
    #expect(literal.scalars(as: Int32.self) == Array(0..<24))
  }

  @Test func readsScalarsEmptyArraysAndEveryVersion() throws {
    let scalar = try NumPyFile.readLiteral(from: fixture("scalar.npy"))
    #expect(scalar.shape == .scalar && scalar.doubles == [7.5])
    #expect(try NumPyFile.readLiteral(from: fixture("empty.npy")).shape == [3, 0, 2])
    for version in 1...3 {
      #expect(try NumPyFile.readLiteral(from: fixture("version\(version).npy")).doubles == [0, 1, 2, 3, 4])
    }
  }

  @Test func refusesRecordsAndPickles() {
    #expect(reason { _ = try NumPyFile.readLiteral(from: fixture("records.npy")) } == .unsupported)
    #expect(reason { _ = try NumPyFile.readLiteral(from: fixture("objects.npy")) } == .unsupported)
  }

  @Test func writesNumPysBytes() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/out.npy"
      try NumPyFile.write(Literal([-3, -2, -1, 0, 1, 2] as [Float], shape: [2, 3]), to: path)
      let reader = try FileReader(path: path)
      #expect(try reader.bytes(at: 0, count: reader.byteCount) == fixtureBytes("f4-little.npy"))
    }
  }

  @Test(arguments: [Shape([]), [0], [5], [2, 3], [1, 2, 1, 3]])
  func readsBackWhatItWrites(shape: Shape) throws {
    try withTemporaryFolder { folder in
      let values = (0..<shape.elementCount).map { Int64($0) << 33 }
      try NumPyFile.write(Literal(values, shape: shape), to: folder + "/a.npy")
      let back = try NumPyFile.readLiteral(from: folder + "/a.npy")
      #expect(back.shape == shape && back.scalars(as: Int64.self) == values)
    }
  }

  @Test func writesBfloat16AsFloat32() throws {
    try withTemporaryFolder { folder in
      let literal = try Literal(dtype: .bfloat16, shape: [1]) { $0.storeBytes(of: 0xc049, as: UInt16.self) }
      try NumPyFile.write(literal, to: folder + "/a.npy")
      let back = try NumPyFile.readLiteral(from: folder + "/a.npy")
      #expect(back.dtype == .float32 && back.doubles == [-3.140625])
    }
  }

  @Test(arguments: ["stored.npz", "deflated.npz"])
  func readsArchives(name: String) throws {
    let arrays = try NumPyFile.readLiterals(from: fixture(name))
    #expect(arrays["weight"]?.shape == [2, 3])
    #expect(arrays["weight"]?.doubles == [0, 0.25, 0.5, 0.75, 1, 1.25])
    #expect(arrays["label"]?.doubles == [0, 1, 2, 3])
    #expect(arrays["mask"]?.scalars(as: Bool.self) == [true, false, true])
    if name == "deflated.npz" { #expect(arrays["zeros"]?.doubles == [Double](repeating: 0, count: 10_000)) }
  }

  @Test(arguments: [true, false])
  func archivesReadBack(compressed: Bool) throws {
    try withTemporaryFolder { folder in
      let arrays = [
        "a": Literal((0..<70_000).map { Float($0 % 7) }, shape: [700, 100]),
        "b/c": Literal([1, 2] as [Int32], shape: [2]), "none": Literal([] as [Float], shape: [0]),
      ]
      try NumPyFile.writeArchive(arrays, compressed: compressed, to: folder + "/a.npz")
      let back = try NumPyFile.readLiterals(from: folder + "/a.npz")
      #expect(back.keys.sorted() == arrays.keys.sorted())
      for (name, literal) in arrays {
        #expect(back[name]?.shape == literal.shape)
        #expect(back[name]?.doubles == literal.doubles)
      }
    }
  }

  @Test func survivesEveryDamage() throws {
    for name in ["f4-little.npy", "f2-big.npy", "fortran.npy", "u8-big.npy", "b1-bytes.npy"] {
      survivesDamage(try fixtureBytes(name)) { _ = try NumPyFile.readLiteral($0) }
    }
  }

  @Test(arguments: ["stored.npz", "deflated.npz"])
  func archivesSurviveEveryDamage(name: String) throws {
    survivesDamage(try fixtureBytes(name)) { _ = try NumPyFile.readLiterals($0) }
  }

  @Test(arguments: [
    "(1152921504606846976,)", "(4294967296, 4294967296)", "(0, 4294967296, 4294967296)",
    "(9223372036854775807,)", "(99999999999999999999,)", "(-1,)", "(2, 3", "2", "(1.5,)", "('a',)",
  ])
  func refusesHostileShapes(shape: String) {
    let text = Array("{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }\n".utf8)
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes.append(littleEndian: text.count, size: 2)
    let source = MemorySource(bytes + text + [0, 0, 0, 0], path: "made.npy")
    #expect(throws: FileError.self) { _ = try NumPyFile.readLiteral(source) }
  }
}
