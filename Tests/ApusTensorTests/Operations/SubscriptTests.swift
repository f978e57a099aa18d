import ApusGraph
import ApusTensor
import Testing

@Suite struct SubscriptTests {
  /// 0 … 23 as `[2, 3, 4]`.
  let x = Tensor.arange(24).reshaped([2, 3, 4])

  func numbers(_ tensor: Tensor) throws -> [Int] { try tensor.scalars() }

  @Test func positionsDropTheirAxis() throws {
    #expect(x[0].shape == [3, 4])
    #expect(x[1, 2].shape == [4])
    #expect(try x[1, 2, 3].item() == 23)
    #expect(try x[-1, -1, -1].item() == 23)
  }

  @Test func rangesKeepTheirAxis() throws {
    #expect(x[0..<1].shape == [1, 3, 4])
    #expect(try numbers(x[1, 1..., ..<2]) == [16, 17, 20, 21])
    #expect(try numbers(x[0, ...1, 2...3]) == [2, 3, 6, 7])
    #expect(try numbers(x[1, 0, (-2)...]) == [14, 15])
    #expect(try numbers(x[1, 0, ..<(-1)]) == [12, 13, 14])
  }

  @Test func stridesSkipAndTurn() throws {
    #expect(try numbers(x[0, 0, (0...).by(2)]) == [0, 2])
    #expect(try numbers(x[0, 0, (0...).by(-1)]) == [3, 2, 1, 0])
    #expect(try numbers(x[0, 0, (1..<4).by(-2)]) == [3, 1])
    #expect(try numbers(x[0, 0, stride(from: 0, to: 4, by: 3)]) == [0, 3])
    #expect(try numbers(x[0, 0, stride(from: 3, through: 1, by: -2)]) == [3, 1])
    #expect(try numbers(x[0, 0, stride(from: -1, through: -4, by: -1)]) == [3, 2, 1, 0])
    #expect(x[stride(from: 2, to: 2, by: 1)].shape == [0, 3, 4])
  }

  @Test func ellipsisAndNewAxes() throws {
    #expect(x[..., 0].shape == [2, 3])
    #expect(try numbers(x[0, ..., 1]) == [1, 5, 9])
    #expect(try numbers(x[0, ellipsis, 1]) == [1, 5, 9])
    #expect(x[newAxis].shape == [1, 2, 3, 4])
    #expect(x[0, newAxis, ellipsis, newAxis].shape == [1, 3, 4, 1])
    #expect(x[..., newAxis].shape == [2, 3, 4, 1])
    #expect(x[0...].shape == [2, 3, 4])
  }

  @Test func tensorsPickSlices() throws {
    let rows = Tensor([1, 0, 1], dtype: .int32)
    #expect(x[rows].shape == [3, 3, 4])
    #expect(try x[rows][2, 0, 0].item() == 12)
    #expect(try failure(of: x[x .> 3]).advice?.contains("select") == true)
  }

  @Test func assigningLeavesCopiesAlone() throws {
    var y = x
    let copy = y
    y[0, 0] = Tensor([9, 9, 9, 9], dtype: .int32)
    #expect(try numbers(y[0, 0]) == [9, 9, 9, 9])
    #expect(try numbers(copy[0, 0]) == [0, 1, 2, 3])
    #expect(try numbers(y[0, 1]) == [4, 5, 6, 7])
    #expect(y.dtype == .int32)
  }

  @Test func assigningBroadcasts() throws {
    var y = Tensor.zeros([3, 4])
    y[1] = Tensor(7)
    y[..., 0] = [1, 2, 3]
    y[0, (1...).by(2)] = [5, 6]
    #expect(try y.scalars() == [1, 5, 0, 6, 2, 7, 7, 7, 3, 0, 0, 0] as [Float])
    y[(0...).by(-1)] = y
    #expect(try y[0].scalars() == [3, 0, 0, 0] as [Float])
    y[0][1] = Tensor(8)
    #expect(try y[0].scalars() == [3, 8, 0, 0] as [Float])
    y[2..<2] = Tensor(100)
    #expect(try y.max().item() == 8)
    y[0...] = Tensor(1)
    #expect(try y.sum().item() == 12)
  }

  @Test func assigningByMaskAndIndices() throws {
    var y: Tensor = [1, -2, 3, -4]
    y[y .< 0] = Tensor(0)
    #expect(try y.scalars() == [1, 0, 3, 0] as [Float])
    y[Tensor([3, 1], dtype: .int32)] = [7, 8]
    #expect(try y.scalars() == [1, 8, 3, 7] as [Float])
    var table = Tensor.zeros([3, 2])
    table[Tensor([2, 0], dtype: .int32)] = Tensor(1)
    #expect(try table.scalars() == [1, 1, 0, 0, 1, 1] as [Float])
  }

  @Test func fractionsAreNotAssignedToWholeNumbers() throws {
    var y = x
    y[0, 0, 0] = Tensor(7)
    #expect(try y[0, 0, 0].item() == 7)
    y[0, 0, 0] = Tensor(7.5)
    #expect(try failure(of: y).kind == .dtype)
    var z = x
    z[0] = Tensor.ones([3, 4]) * Tensor([0.5, 1, 1, 1])
    #expect(try failure(of: z).advice?.contains("cast(to: .int32)") == true)
  }

  @Test func rangesBeyondTheAxisAreErrors() throws {
    for bad in [x[2], x[-3], x[0, 0, 2..<5], x[0, 0, 5...], x[0, 0, ..<(-5)], x[0, 0, 3..<(3 + 2)]] {
      let error = try failure(of: bad)
      #expect(error.kind == .index)
      #expect(error.problem.contains("lies outside axis"), "\(error)")
    }
    #expect(try failure(of: x[0, 0, 0, 0]).problem.contains("4 indices for the 3 axes"))
    #expect(try failure(of: x[0, 0, (0...).by(0)]).kind == .argument)
    var y = x
    y[0] = Tensor.zeros([5], dtype: .int32)
    #expect(try failure(of: y).kind == .shape)
  }
}
