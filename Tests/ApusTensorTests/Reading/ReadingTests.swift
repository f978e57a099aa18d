import ApusGraph
import ApusTensor
import Synchronization
import Testing

@Suite struct ReadingTests {
  @Test func scalarsConvert() throws {
    let x: Tensor = [0, 1.75, -2.5]
    #expect(try x.scalars(as: Int32.self) == [0, 1, -2])
    #expect(try x.scalars(as: Double.self) == [0, 1.75, -2.5])
    #expect(try x.scalars(as: Bool.self) == [false, true, true])
    #expect(try Tensor([1 << 60] as [Int]).scalars(as: Int64.self) == [1 << 60])
    #expect(try Tensor([1 << 60] as [Int]).scalars(as: Int32.self) == [.max])
  }

  @Test func itemsAreSingle() throws {
    #expect(try Tensor(2.5).item() == 2.5)
    #expect(try Tensor([[3]]).item(as: Int.self) == 3)
    let error = #expect(throws: GraphError.self) { try Tensor([1, 2]).item() }
    #expect(error?.problem.contains("2 elements") == true)
  }

  @Test func whatNobodyAskedForDoesNotFail() throws {
    let wanted = Tensor([1, 2]) + 1
    try evaluate(wanted)
    let bad = Tensor([1, 2]).gather(Tensor([7] as [Int]))
    try evaluate(wanted)
    #expect(try wanted.scalars(as: Double.self) == [2, 3])
    #expect(throws: GraphError.self) { try evaluate(wanted, bad) }
    #expect(throws: GraphError.self) { try bad.literal() }
  }

  @Test func tensorsOfATraceAreNamed() throws {
    let leaked = Mutex<Tensor?>(nil)
    let function = CompiledFunction { inputs in
      leaked.withLock { $0 = inputs[0] + 1 }
      return inputs
    }
    _ = try function([Tensor(1.0)])
    let kept = try #require(leaked.withLock { $0 })
    let error = try #require(#expect(throws: GraphError.self) { try evaluate(kept * 2) })
    #expect(error.kind == .argument && error.advice?.contains("tracing") == true)
  }

  @Test func placesOfTheTrue() throws {
    let x: Tensor = [[0, 1, 0], [2, 0, 3]]
    #expect(try x.nonZero() == [[0, 1, 1], [1, 0, 2]])
  }

  @Test func closeness() throws {
    #expect(try allClose([1, 2], [1.0000001, 2]))
    #expect(try !allClose([1, 2], [1.1, 2]))
    #expect(try allClose(Tensor.ones([2, 2]), Tensor(1)))
    let nan = Tensor([Float.nan])
    #expect(try !allClose(nan, nan))
    #expect(try allClose(nan, nan, equalNaN: true))
    #expect(throws: GraphError.self) { try allClose(Tensor.zeros([2]), Tensor.zeros([3])) }
  }

  @Test func convertingLiteralsKeepsWholeNumbersExact() {
    let large = Literal([9_007_199_254_740_993, -1] as [Int64], shape: [2])
    #expect(large.converted(to: .int64).scalars(as: Int64.self) == [9_007_199_254_740_993, -1])
    #expect(large.converted(to: .uint8).scalars(as: UInt8.self) == [255, 0])
    #expect(large.converted(to: .bfloat16).doubles == [9_007_199_254_740_992, -1])
  }
}
