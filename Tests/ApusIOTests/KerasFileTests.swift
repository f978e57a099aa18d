import ApusGraph
import Testing

@testable import ApusIO

/// Files of Keras, and what they are made of; scripts/fixtures/keras_files.py wrote those that are read here.
@Suite struct KerasFileTests {
  /// The variables as `layer/layer/name = first number`.
  func listed(_ name: String) throws -> [String] {
    try KerasFile(path: fixture(name)).variables
      .filter { $0.value.dtype == .float32 }
      .map {
        ($0.layers + [$0.name]).joined(separator: "/") + " = \(Int($0.value.doubles[0])) \($0.value.shape)"
      }
      .sorted()
  }

  static let byPlace = [
    "first/0 = 10 [1, 2, 2, 2]", "first/1 = 20 [2]", "head/0 = 70 [2, 1]", "head/1 = 80 [1]",
    "inner/depth/0 = 60 [1, 1, 2, 1]", "norm/0 = 30 [2]", "norm/1 = 40 [2]", "norm/2 = 50 [2]",
  ]

  @Test(arguments: ["keras.weights.h5", "keras-archive.keras"]) func weightsByPlace(name: String) throws {
    #expect(try listed(name) == Self.byPlace)
  }

  @Test func wholeModelsWithoutTheirOptimizer() throws {
    let variables = try KerasFile(path: fixture("keras-whole.h5")).variables
    #expect(variables.count == 8)
    let kernel = try #require(variables.first { $0.layers.first == "first" && $0.name == "kernel" })
    #expect(kernel.value.doubles == [10, 11, 12, 13, 14, 15, 16, 17])
    #expect(variables.contains { $0.layers.first == "inner" && $0.layers.last == "depth" })
  }

  @Test func filesOfKeras2() throws {
    let variables = try KerasFile(path: fixture("keras-old.h5")).variables
    #expect(variables.count == 8)
    #expect(
      Set(variables.map(\.name)) == [
        "kernel", "bias", "beta", "moving_mean", "moving_variance", "depthwise_kernel",
      ])
  }

  @Test func everyType() throws {
    let file = try HDF5File(FileReader(path: fixture("types.h5")))
    var values: [String: Literal] = [:]
    for dataset in file.datasets { values[dataset.path[0]] = try file.literal(of: dataset) }
    for name in ["f2", "f4", "f8", "i1", "i2", "i4", "i8"] {
      #expect(values[name]?.doubles == [-2, -1, 0, 1], "\(name)")
    }
    for name in ["u1", "u2", "u4", "u8"] { #expect(values[name]?.doubles == [0, 1], "\(name)") }
    #expect(values["f8"]?.dtype == .float64)
    #expect(values["i8"]?.dtype == .int64)
    #expect(values["big"]?.doubles == [0, 1, 2])
    #expect(values["scalar"]?.shape == [])
    #expect(values["empty"]?.shape == [0, 2])
    #expect(values["words"] == nil)
  }

  @Test func theFormOfNewerLibraries() throws {
    let variables = try KerasFile(path: fixture("new.h5")).variables
    #expect(variables.map(\.value.doubles) == [[0, 1, 2, 3]])
    #expect(variables.map(\.layers) == [["layer"]])
  }

  @Test func whatIsNotRead() {
    #expect(reason { _ = try KerasFile(path: fixture("chunks.h5")) } == .unsupported)
    #expect(reason { _ = try KerasFile(path: fixture("stored.npz")) } == .unsupported)
    #expect(reason { _ = try KerasFile(path: fixture("scalar.npy")) } == .corrupt)
  }

  /// Cut and changed files are refused or read, and nothing else.
  @Test(arguments: ["keras-old.h5", "new.h5", "types.h5"]) func damagedFiles(name: String) throws {
    let bytes = try fixtureBytes(name)
    var generator = TestGenerator(state: 5)
    func attempt(_ damaged: [UInt8]) {
      do {
        _ = try KerasFile(MemorySource(damaged, path: "damaged"))
      } catch is FileError {
        // What is asked for.
      } catch {
        Issue.record("threw \(type(of: error)) instead of a FileError")
      }
    }
    for count in stride(from: 0, to: bytes.count, by: 97) {
      #expect(throws: FileError.self) { try KerasFile(MemorySource(Array(bytes[..<count]), path: "cut")) }
    }
    // Most of a file's bytes say nothing; those that do are hit by chance.
    let telling = bytes.indices.filter { bytes[$0] != 0 }
    for _ in 0..<600 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = telling[Int.random(in: telling.indices, using: &generator)]
        damaged[index] =
          Bool.random(using: &generator)
          ? 0xff : damaged[index] ^ (1 << UInt8.random(in: 0...7, using: &generator))
      }
      attempt(damaged)
    }
  }
}
