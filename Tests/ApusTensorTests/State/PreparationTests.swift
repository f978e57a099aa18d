import ApusGraph
import ApusTensor
import Testing

/// What depends only on state that a function does not change is computed once, and again when that has changed.
@Suite struct PreparationTests {
  private func vector(_ numbers: Float...) -> Tensor { Tensor(Literal(numbers, shape: [numbers.count])) }

  /// x · |w|: the absolute values are a kernel of their own, made from state alone.
  private func product(_ weight: Variable) -> CompiledFunction {
    CompiledFunction { [Tensor($0[0].value.matmul(weight.tensor.value.unary(.absolute)))] }
  }

  private func numbers(_ function: CompiledFunction) throws -> [Double] {
    try function([Tensor(Literal([1, 1] as [Float], shape: [1, 2]))])[0].literal().doubles
  }

  @Test func happensOnceForEachValueOfTheState() throws {
    let weight = Variable(Tensor(Literal([1, -2, 3, -4] as [Float], shape: [2, 2])))
    let function = product(weight)
    for _ in 0..<3 { #expect(try numbers(function) == [4, 6]) }
    #expect(function.preparationCount == 1)
    weight.assign(Tensor(Literal([5, 6, -7, -8] as [Float], shape: [2, 2])))
    for _ in 0..<3 { #expect(try numbers(function) == [12, 14]) }
    #expect(function.preparationCount == 2)
  }

  @Test func happensAgainAfterAnUpdateInPlace() throws {
    let weight = Variable(Tensor(Literal([1, -2, 3, -4] as [Float], shape: [2, 2])))
    let function = product(weight)
    let double = CompiledFunction { _ in
      weight.assign(Tensor(weight.tensor.value * 2.0))
      return []
    }
    for factor in [1.0, 2, 4, 8] {
      for _ in 0..<2 { #expect(try numbers(function) == [4 * factor, 6 * factor]) }
      _ = try double([] as [Tensor])
    }
    #expect(function.preparationCount == 4)
  }

  @Test func seesAPartOfABlockChangeWithTheBlock() throws {
    let weight = Variable(Tensor(Literal([1, -2, 3, -4] as [Float], shape: [2, 2])))
    let other = Variable(1)
    let flat = try FlatStorage([weight, other])
    let function = product(weight)
    #expect(try numbers(function) == [4, 6])
    flat.block.assign(Tensor(flat.block.tensor.value * -3.0))
    #expect(try numbers(function) == [12, 18])
    weight.assign(Tensor(Literal([1, 1, 1, 1] as [Float], shape: [2, 2])))
    #expect(try numbers(function) == [2, 2])
    let halve = CompiledFunction { _ in
      flat.block.assign(Tensor(flat.block.tensor.value * 0.5))
      return []
    }
    _ = try halve([] as [Tensor])
    for _ in 0..<2 { #expect(try numbers(function) == [1, 1]) }
    #expect(function.preparationCount == 4)
  }

  @Test func leavesOutWhatTheFunctionItselfUpdates() throws {
    let weight = Variable(vector(1, -2))
    let step = CompiledFunction { inputs in
      let size = weight.tensor.value.unary(.absolute).sum()
      weight.assign(Tensor(weight.tensor.value - 1.0))
      return [Tensor(inputs[0].value * size)]
    }
    for expected in [3.0, 3, 5, 7] { #expect(try step([vector(1)])[0].literal().doubles == [expected]) }
  }

  @Test func packedWeightsGiveTheProductOfThePlainOnes() throws {
    let random = RandomSource(seed: 3)
    let weight = Variable(random.normal([70, 130]))
    let x = random.normal([5, 70])
    let function = CompiledFunction { [matmul($0[0], weight.tensor)] }
    for _ in 0..<2 {
      let expected = try matmul(x, weight.tensor).literal().doubles
      for (got, want) in zip(try function([x])[0].literal().doubles, expected) {
        #expect(abs(got - want) < 1e-4)
      }
      weight.assign(random.normal([70, 130]))
    }
  }

  @Test func isTriedAgainAfterBadState() throws {
    let labels = Variable(Tensor(Literal([0, 7] as [Int32], shape: [2])))
    let table = Tensor(Literal((0..<40).map { Float($0) }, shape: [4, 10]))
    let function = CompiledFunction { inputs in
      let rows = Value.apply(.gather(axis: 0, mode: .checked), [table.value, labels.tensor.value])
      return [Tensor(rows.sum(axes: [1]) + inputs[0].value)]
    }
    for _ in 0..<2 { #expect(throws: GraphError.self) { try function([vector(0, 0)]) } }
    labels.assign(Tensor(Literal([0, 1] as [Int32], shape: [2])))
    #expect(try function([vector(0, 0)])[0].literal().doubles == [45, 145])
  }
}
