import ApusGraph
import ApusTensor
import Testing

@Suite struct DescriptionTests {
  @Test func rows() {
    let x: Tensor = [[1, 2.5], [-3, 100]]
    #expect(x.description == "[[  1.0,   2.5],\n [ -3.0, 100.0]]")
    #expect(x.debugDescription == "Tensor(float32[2, 2])\n\(x)")
    #expect(Tensor([1, 2], dtype: .int32).description == "[1, 2]")
    #expect(Tensor([true, false]).description == "[ true, false]")
    #expect(Tensor(0.1).description == "0.1")
    let cube = Tensor([[[1], [2]], [[3], [4]]], dtype: .int32)
    #expect(cube.description == "[[[1],\n  [2]],\n\n [[3],\n  [4]]]")
    #expect(Tensor.zeros([0, 3]).description == "[] (float32[0, 3])")
  }

  @Test func numbersOfAllSizes() {
    #expect(Tensor([1e-7, 1]).description == "[1.0000e-07, 1.0000e+00]")
    #expect(Tensor([Float.nan, .infinity, -1]).description == "[ nan,  inf, -1.0]")
    #expect(Tensor([-1e10]).description == "[-1.0000e+10]")
    #expect(Tensor([3.14159265]).description == "[3.141593]")
    #expect(Tensor([0.333333333, 1234.5]).description == "[   0.333, 1234.500]")
  }

  @Test func longAxesAreCutShort() {
    #expect(Tensor.arange(2000).description == "[   0,    1,    2, …, 1997, 1998, 1999]")
    #expect(Tensor.zeros([100, 100]).description.split(separator: "\n").count == 7)
  }

  @Test func tracedTensorsShowTheirType() throws {
    let function = CompiledFunction { inputs in
      #expect("\(inputs[0])" == "Tensor(float32[2, 3], traced)")
      #expect(throws: GraphError.self) { try inputs[0].scalars(as: Float.self) }
      return inputs
    }
    _ = try function([Tensor.zeros([2, 3])])
  }

  @Test func failuresAreShown() {
    let text = (Tensor.zeros([2]) + Tensor.zeros([3])).description
    #expect(text.contains("failed") && text.contains("cannot be broadcast"))
    #expect("\(Tensor([1, 2]).gather(Tensor([5], dtype: .int32)))".contains("failed"))
  }
}
