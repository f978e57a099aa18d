import ApusGraph
import ApusTensor
import Testing

@Suite struct ShapingTests {
  let x = Tensor.arange(24).reshaped([2, 3, 4])

  @Test func reshapingFillsOneOpenSize() throws {
    #expect(x.reshaped([-1, 4]).shape == [6, 4])
    #expect(x.reshaped([2, -1]).shape == [2, 12])
    #expect(Tensor.zeros([0, 3]).reshaped([-1, 3]).shape == [0, 3])
    #expect(try failure(of: x.reshaped([-1, -1])).problem.contains("more than one"))
    #expect(try failure(of: x.reshaped([-1, 5])).problem.contains("24 elements"))
    #expect(try failure(of: x.reshaped([5])).kind == .shape)
    #expect(try failure(of: Tensor.zeros([0]).reshaped([-1, 0])).kind == .shape)
  }

  @Test func flattening() {
    #expect(x.flattened().shape == [24])
    #expect(x.flattened(startAxis: 1).shape == [2, 12])
    #expect(Tensor(3).flattened().shape == [1])
  }

  @Test func orderOfAxes() throws {
    #expect(x.T.shape == [4, 3, 2])
    #expect(x.transposed([0, -1, 1]).shape == [2, 4, 3])
    #expect(x.movedAxis(0, to: -1).shape == [3, 4, 2])
    #expect(x.swappedAxes(0, 2).shape == [4, 3, 2])
    #expect(try x.T[3, 0, 1].item() == 15)
    #expect(try failure(of: x.transposed([0, 1])).kind == .axis)
    #expect(try failure(of: x.movedAxis(3, to: 0)).kind == .axis)
  }

  @Test func axesOfSizeOne() throws {
    let y = x.expandedDimensions(axis: 0).expandedDimensions(axis: -1)
    #expect(y.shape == [1, 2, 3, 4, 1])
    #expect(y.squeezed().shape == [2, 3, 4])
    #expect(y.squeezed(axis: -1).shape == [1, 2, 3, 4])
    #expect(try failure(of: y.squeezed(axis: 1)).problem.contains("2 elements"))
    #expect(try failure(of: x.expandedDimensions(axis: 5)).kind == .axis)
  }

  @Test func broadcastingToAShape() throws {
    #expect(try Tensor([1, 2]).broadcast(to: [2, 2]).scalars() == [1, 2, 1, 2] as [Float])
    #expect(try failure(of: Tensor([1, 2]).broadcast(to: [2, 3])).problem.contains("cannot be repeated"))
    #expect(try failure(of: x.broadcast(to: [4])).kind == .shape)
  }

  @Test func joiningCombinesTypes() throws {
    let joined = concatenated([Tensor([1, 2], dtype: .int32), Tensor([0.5])])
    #expect(joined.dtype == .float32)
    #expect(try joined.scalars() == [1, 2, 0.5] as [Float])
    #expect(try failure(of: concatenated([])).kind == .argument)
    #expect(try failure(of: concatenated([Tensor.zeros([2, 3]), Tensor.zeros([3, 4])])).kind == .shape)
    #expect(
      try failure(of: stacked([Tensor.zeros([2]), Tensor.zeros([3])])).advice?.contains("concatenated")
        == true)
    #expect(stacked([x, x], axis: -1).shape == [2, 3, 4, 2])
  }

  @Test func splitting() throws {
    #expect(x.split(2, axis: -1).map(\.shape) == [[2, 3, 2], [2, 3, 2]])
    #expect(x.split(sizes: [1, 0, 2], axis: 1).map(\.shape) == [[2, 1, 4], [2, 0, 4], [2, 2, 4]])
    #expect(try x.unstacked(axis: 2)[3].scalars() == [3, 7, 11, 15, 19, 23] as [Int32])
    #expect(try failure(of: x.split(5)[4]).problem.contains("multiple of 5"))
    #expect(try failure(of: x.split(sizes: [1, 1], axis: 1)[0]).kind == .shape)
  }

  @Test func diagonals() throws {
    let m: Tensor = [[1, 2, 3], [4, 5, 6]]
    #expect(try m.diagonal().scalars() == [1, 5] as [Float])
    #expect(try m.diagonal(offset: 1).scalars() == [2, 6] as [Float])
    #expect(try m.diagonal(offset: -1).scalars() == [4] as [Float])
    #expect(m.diagonal(offset: 5).shape == [0])
    #expect(try m.trace().item() == 6)
    #expect(try Tensor([1, 2]).diagonalMatrix().scalars() == [1, 0, 0, 2] as [Float])
    #expect(try m.lowerTriangle(offset: 1).scalars() == [1, 2, 0, 4, 5, 6] as [Float])
    #expect(try failure(of: Tensor([1]).diagonal()).kind == .shape)
    #expect(x.diagonal().shape == [2, 3])
  }

  @Test func failuresPropagateUnchanged() throws {
    let bad = matmul(Tensor.zeros([2, 3]), Tensor.zeros([4, 5]))
    let later = (bad.reshaped([7]).sum(axis: 9) + 1)[3]
    let error = try failure(of: later)
    #expect(error.operation == "matmul")
    #expect(error == bad.failure)
  }
}
