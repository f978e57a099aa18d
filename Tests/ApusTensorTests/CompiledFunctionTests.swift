import ApusGraph
import ApusTensor
import Synchronization
import Testing

@Suite struct CompiledFunctionTests {
  @Test func updatesVariablesInPlace() throws {
    let counter = Variable(0)
    let step = CompiledFunction { inputs in
      counter.assign(Tensor(counter.tensor.value + 1.0))
      return [Tensor(inputs[0].value * counter.tensor.value)]
    }
    let x = Tensor(Literal([1, 2, 3] as [Float], shape: [3]))
    #expect(try step([x])[0].literal().doubles == [1, 2, 3])
    #expect(try step([x])[0].literal().doubles == [2, 4, 6])
    #expect(try counter.tensor.literal().doubles == [2])
  }

  @Test func snapshotsOutliveLaterSteps() throws {
    let state = Variable(Tensor(Literal([1, 1] as [Float], shape: [2])))
    let step = CompiledFunction { _ in
      state.assign(Tensor(state.tensor.value * 2.0))
      return []
    }
    let none: [Tensor] = []
    _ = try step(none)
    let snapshot = state.tensor
    _ = try step(none)
    #expect(try snapshot.literal().doubles == [2, 2])
    #expect(try state.tensor.literal().doubles == [4, 4])
  }

  @Test func swapsTwoVariables() throws {
    let a = Variable(1), b = Variable(2)
    let swap = CompiledFunction { _ in
      let old = a.tensor
      a.assign(b.tensor)
      b.assign(old)
      return []
    }
    let none: [Tensor] = []
    _ = try swap(none)
    #expect(try a.tensor.literal().doubles == [2])
    #expect(try b.tensor.literal().doubles == [1])
  }

  @Test func updatesAFlatBlockThatItsPartsAreReadFrom() throws {
    let w = Variable(Tensor(Literal([1, 2, 3, 4] as [Float], shape: [2, 2])))
    let b = Variable(Tensor(Literal([5, 6] as [Float], shape: [2])))
    let flat = try FlatStorage([w, b])
    #expect(flat.offsets == [0, 16])
    let step = CompiledFunction { inputs in
      let y = inputs[0].value.matmul(w.tensor.value) + b.tensor.value
      flat.block.assign(Tensor(flat.block.tensor.value * 10.0))
      return [Tensor(y), Tensor(w.tensor.value.sum())]
    }
    let x = Tensor(Literal([1, 1] as [Float], shape: [1, 2]))
    let first = try step([x])
    #expect(try first[0].literal().doubles == [9, 12])
    #expect(try first[1].literal().doubles == [100])
    #expect(try step([x])[0].literal().doubles == [90, 120])
    #expect(try b.tensor.literal().doubles == [500, 600])
  }

  @Test func compilesOneProgramForEachInputType() throws {
    let double = compile { x in Tensor(x.value * 2.0) }
    for count in [1, 2, 3] {
      let x = Tensor(Literal((0..<count).map { Float($0) }, shape: [count]))
      #expect(try double(x).literal().doubles == (0..<count).map { Double($0 * 2) })
    }
  }

  @Test func aCapturedTensorIsBoundNotForgotten() throws {
    let large = Tensor(Literal((0..<100).map { Float($0) }, shape: [100]))
    let add = compile { x in Tensor(x.value + large.value) }
    let ones = Tensor(Literal(Array(repeating: Float(1), count: 100), shape: [100]))
    for _ in 0..<2 { #expect(try add(ones).literal().doubles == (1...100).map { Double($0) }) }
  }

  @Test func readingInsideATraceIsAnErrorThatSaysWhatToDo() throws {
    let peek = compile { x in
      _ = try x.literal()
      return x
    }
    let error = #expect(throws: GraphError.self) { try peek(Tensor(Literal(scalar: 1, dtype: .float32))) }
    #expect(error?.advice?.contains("return the tensor") == true)
  }

  @Test func aShapeErrorInTheBodyIsThrownBeforeAnythingRuns() throws {
    let state = Variable(0)
    let step = CompiledFunction { inputs in
      state.assign(Tensor(state.tensor.value + 1.0))
      return [Tensor(inputs[0].value.matmul(inputs[1].value))]
    }
    let x = Tensor(Literal([1, 2] as [Float], shape: [1, 2]))
    #expect(throws: GraphError.self) { try step([x, x]) }
    #expect(try state.tensor.literal().doubles == [0])
  }

  @Test func invalidatedTracesAreMadeAnew() throws {
    let weight = Variable(2)
    let isDoubled = Mutex(false)
    let step = CompiledFunction { _ in
      [Tensor(isDoubled.withLock { $0 } ? weight.tensor.value * 2.0 : weight.tensor.value)]
    }
    let none: [Tensor] = []
    #expect(try step(none)[0].literal().doubles == [2])
    isDoubled.withLock { $0 = true }
    #expect(try step(none)[0].literal().doubles == [2])
    weight.invalidateTraces()
    #expect(try step(none)[0].literal().doubles == [4])
  }
}
