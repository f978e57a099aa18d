import ApusGraph
import ApusTensor
import Testing

@Suite struct CreationTests {
  @Test func literals() throws {
    let matrix: Tensor = [[1, 2.5], [-3, 4]]
    #expect(matrix.shape == [2, 2])
    #expect(matrix.dtype == .float32)
    #expect(try matrix.scalars() == [1, 2.5, -3, 4] as [Float])
    let cube: Tensor = [[[1], [2]], [[3], [4]]]
    #expect(cube.shape == [2, 2, 1])
    #expect(Tensor(3).shape == [])
    #expect(Tensor(3).dtype == .float32)
    #expect(Tensor(-2.5).dtype == .float32)
    #expect(Tensor([1, 2, 3]).dtype == .float32)
    #expect(Tensor([[1, 2], [3, 4]], dtype: .int64).dtype == .int64)
    let empty: Tensor = []
    #expect(empty.shape == [0])
    #expect(
      try Tensor([9_007_199_254_740_993], dtype: .int64).scalars() == [9_007_199_254_740_993] as [Int64])
  }

  @Test func raggedLiteralsAreErrors() throws {
    #expect(try failure(of: [[1, 2], [3]]).problem.contains("one row has shape [2]"))
    #expect(try failure(of: Tensor([[1, 2], [3]] as [[Float]])).problem.contains("row 1 has 1"))
    #expect(try failure(of: Tensor([1.5], dtype: .int32)).kind == .dtype)
  }

  @Test func swiftArraysKeepTheirType() throws {
    #expect(Tensor([1, 2] as [Float]).dtype == .float32)
    #expect(Tensor([1, 2] as [Double]).dtype == .float64)
    #expect(Tensor([1, 2] as [Int]).dtype == .int64)
    #expect(Tensor([1, 2] as [Int32]).dtype == .int32)
    #expect(Tensor([true]).dtype == .bool)
    #expect(Tensor([1.5, 2] as [Double], dtype: .float32).dtype == .float32)
    let n = 3, d = 0.5
    #expect(Tensor(n).dtype == .int32)
    #expect(Tensor(d).dtype == .float32)
    #expect(Tensor(d, dtype: .float64).dtype == .float64)
    #expect(Tensor(true).dtype == .bool)
    #expect(Tensor([[1, 2], [3, 4]] as [[Float]]).shape == [2, 2])
    #expect(Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]).shape == [2, 2])
    let error = try failure(of: Tensor([1, 2, 3] as [Float], shape: [2, 2]))
    #expect(error.problem.contains("3 elements do not fill shape [2, 2]"))
    #expect(error.origin.line == #line - 2)
    #expect(try failure(of: Tensor([1] as [Float], shape: [-1, -1])).kind == .shape)
  }

  @Test(arguments: DType.allCases) func filledWithOneNumber(dtype: DType) throws {
    #expect(try Tensor.zeros([2, 2], dtype: dtype).scalars() == [0, 0, 0, 0] as [Float])
    #expect(try Tensor.ones([2], dtype: dtype).scalars() == [1, 1] as [Float])
    #expect(Tensor.ones([2], dtype: dtype).dtype == dtype)
    #expect(try Tensor.eye(2, dtype: dtype).scalars() == [1, 0, 0, 1] as [Float])
  }

  @Test func otherFillings() throws {
    #expect(try Tensor.full([2], 7.5).scalars() == [7.5, 7.5] as [Float])
    #expect(try failure(of: Tensor.full([2], 7.5, dtype: .int32)).kind == .dtype)
    #expect(try failure(of: Tensor.zeros([2, -1])).problem.contains("negative"))
    #expect(try failure(of: Tensor.zeros([1 << 40, 1 << 40])).problem.contains("too many"))
    let like = Tensor.ones(like: Tensor([1, 2], dtype: .int64))
    #expect(like.dtype == .int64)
    #expect(try like.scalars() == [1, 1] as [Int64])
    #expect(try Tensor.eye(2, columns: 3, offset: 1).scalars() == [0, 1, 0, 0, 0, 1] as [Float])
    #expect(Tensor.zeros([0, 3]).count == 0)
  }

  @Test func sequences() throws {
    #expect(try Tensor.arange(4).scalars() == [0, 1, 2, 3] as [Int32])
    #expect(try Tensor.arange(1, 2, step: 0.25).scalars() == [1, 1.25, 1.5, 1.75] as [Float])
    #expect(try Tensor.arange(3, 0, step: -1, dtype: .int32).scalars() == [3, 2, 1] as [Int32])
    #expect(Tensor.arange(3, 0).shape == [0])
    #expect(try failure(of: Tensor.arange(0, 1, step: 0)).kind == .argument)
    #expect(try Tensor.linspace(0, 1, count: 5).scalars() == [0, 0.25, 0.5, 0.75, 1] as [Float])
    #expect(try Tensor.linspace(2, 9, count: 1).scalars() == [2] as [Float])
    #expect(Tensor.linspace(0, 1, count: 0).shape == [0])
  }
}
