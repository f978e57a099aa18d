import ApusGraph
import Testing

@testable import ApusIO

/// Files of torch.save; scripts/fixtures/pytorch_files.py wrote those that are read here.
@Suite struct PyTorchFileTests {
  @Test(arguments: ["every-type.pt", "every-type-old.pt"]) func everyType(name: String) throws {
    let file = try PyTorchFile(path: fixture(name))
    #expect(file.entries.count == 14)
    let expected: [String: (DType, Shape, [Double])] = [
      "matrix": (.float32, [2, 3], [0, 1, 2, 3, 4, 5]),
      "transposed": (.float32, [3, 2], [0, 3, 1, 4, 2, 5]),
      "part": (.int64, [4], [3, 4, 5, 6]), "scalar": (.float32, [], [2.5]), "empty": (.float32, [0, 4], []),
      "float64": (.float64, [3], [0, 0.125, 0.25]), "float16": (.float32, [3], [0.5, -2, 65504]),
      "bfloat16": (.bfloat16, [3], [0.5, -2, 1024]), "int32": (.int32, [4], [-2, -1, 0, 1]),
      "int16": (.int32, [4], [-2, -1, 0, 1]), "int8": (.int32, [4], [-2, -1, 0, 1]),
      "uint8": (.uint8, [4], [0, 1, 2, 3]), "bool": (.bool, [3], [1, 0, 1]),
      "parameter": (.float32, [2], [1, 1]),
    ]
    let literals = try file.literals()
    #expect(Set(literals.keys) == Set(expected.keys))
    for (name, (dtype, shape, values)) in expected {
      let literal = try #require(literals[name])
      #expect(literal.dtype == dtype, "\(name)")
      #expect(literal.shape == shape, "\(name)")
      #expect(literal.doubles == values, "\(name)")
    }
  }

  @Test func weightsBesideOtherThings() throws {
    let file = try PyTorchFile(path: fixture("checkpoint-old.pt"))
    #expect(
      file.names == [
        "0.bias", "0.weight", "1.bias", "1.num_batches_tracked", "1.running_mean", "1.running_var",
        "1.weight",
        "2.bias", "2.weight",
      ])
    #expect(file.entry(named: "0.weight")?.shape == [2, 3, 1, 2])
    #expect(try file.literal(named: "0.bias").doubles == [10, 20])
  }

  @Test func aMissingNameIsToldWhatThereIs() throws {
    let file = try PyTorchFile(path: fixture("checkpoint-old.pt"))
    #expect(reason { _ = try file.literal(named: "3.weight") } == .invalidRequest)
  }

  @Test func damagedFiles() throws {
    survivesDamage(try fixtureBytes("checkpoint-old.pt")) { _ = try PyTorchFile($0).literals() }
  }

  @Test func damagedPrograms() throws {
    let file = try FileReader(path: fixture("every-type.pt"))
    let archive = try ZipReader(file)
    let program = try #require(archive.entries.first { $0.name.hasSuffix("data.pkl") })
    let bytes = try archive.contents(of: program)
    survivesDamage(bytes) { source in
      var reader = PickleReader(source)
      _ = try reader.next()
      guard reader.position == source.byteCount else {
        throw FileError(path: source.path, reason: .corrupt, problem: "bytes follow")
      }
    }
  }

  /// A pickle that would run a command where it is unpickled.
  @Test func programsAreNotRun() throws {
    var bytes: [UInt8] = [0x80, 2] + Array("cos\nsystem\n".utf8) + [UInt8(ascii: "X"), 9, 0, 0, 0]
    bytes += Array("touch /x0".utf8) + [0x85, UInt8(ascii: "R"), UInt8(ascii: ".")]
    var reader = PickleReader(MemorySource(bytes, path: "hostile"))
    guard case .call("os.system", let arguments) = try reader.next() else {
      Issue.record("the call should be described")
      return
    }
    #expect(arguments.first?.textValue == "touch /x0")
  }

  @Test func otherFilesAreRefused() throws {
    #expect(reason { _ = try PyTorchFile(path: fixture("stored.npz")) } == .unsupported)
    #expect(reason { _ = try PyTorchFile(path: fixture("scalar.npy")) } == .corrupt)
    #expect(reason { _ = try PyTorchFile(path: "/nowhere/x.pt") } == .missing)
  }
}
