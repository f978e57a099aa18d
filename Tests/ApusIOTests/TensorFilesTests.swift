import ApusGraph
import ApusTensor
import ApusTestSupport
import Testing

@testable import ApusIO

@Suite struct TensorFilesTests {
  private let tensors: [String: Tensor] = [
    "sum": Tensor([[1, 2], [3, 4]]) + 1, "whole": Tensor([1, 2, 3], dtype: .int32),
  ]

  @Test func safetensorsHoldTensors() throws {
    try withTemporaryFolder { folder in
      try Safetensors.write(tensors, metadata: ["made by": "a test"], to: folder + "/a.safetensors")
      let file = try Safetensors(path: folder + "/a.safetensors")
      #expect(file.metadata == ["made by": "a test"])
      #expect(try file.tensor(named: "sum").scalars(as: Float.self) == [2, 3, 4, 5])
      let all = try Safetensors.read(from: folder + "/a.safetensors")
      #expect(all["whole"]?.dtype == .int32 && all["sum"]?.shape == [2, 2])
    }
  }

  @Test func numPyFilesHoldTensors() throws {
    try withTemporaryFolder { folder in
      try NumPyFile.write(tensors["sum"] ?? Tensor(0), to: folder + "/a.npy")
      #expect(try NumPyFile.read(from: folder + "/a.npy").scalars(as: Float.self) == [2, 3, 4, 5])
      try NumPyFile.writeArchive(tensors, compressed: true, to: folder + "/a.npz")
      let back = try NumPyFile.readArchive(from: folder + "/a.npz")
      #expect(try back["whole"]?.scalars(as: Int32.self) == [1, 2, 3])
    }
  }

  @Test func aTensorThatCannotBeComputedLeavesNoFile() throws {
    try withTemporaryFolder { folder in
      let bad = Tensor([1, 2]) + Tensor([1, 2, 3])
      #expect(throws: GraphError.self) { try Safetensors.write(["bad": bad], to: folder + "/a") }
      #expect(reason { _ = try FileReader(path: folder + "/a") } == .missing)
    }
  }
}
