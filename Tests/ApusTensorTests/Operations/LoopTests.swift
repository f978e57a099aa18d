import ApusGraph
import ApusTensor
import Testing

@Suite struct LoopTests {
  @Test func runningSums() throws {
    let (total, all) = scan(over: [1, 2, 3, 4], initial: Tensor(0)) { sum, x in (sum + x, sum + x) }
    #expect(try total.item() == 10)
    #expect(try all.scalars() == [1, 3, 6, 10] as [Float])
  }

  @Test func reverseKeepsThePlaces() throws {
    let (_, all) = scan(over: [1, 2, 3, 4], initial: Tensor(0), reverse: true) { sum, x in (sum + x, sum + x)
    }
    #expect(try all.scalars() == [10, 9, 7, 4] as [Float])
  }

  @Test func outerTensorsAreSeenInside() throws {
    let weight: Tensor = [[0.5, 0], [0, 2]]
    let bias = exp(Tensor([0, 0])) * 3
    let x = Tensor.ones([3, 2])
    let (last, _) = scan(over: x, initial: [0, 0]) { carry, slice in
      let next = matmul(carry, weight) + slice * bias
      return (next, next)
    }
    #expect(try last.scalars() == [5.25, 21] as [Float])
  }

  @Test func gradientsFlowThroughCarriesSequencesAndOuterTensors() throws {
    // h ← w h + x over x = 1, 2, 3 from h = 4: w³ 4 + w² + 2 w + 3.
    let (value, gradients) = valueAndGradient(at: [Tensor(2), Tensor(4), [1, 2, 3]]) { arguments in
      scan(over: arguments[2], initial: arguments[1]) { h, x in
        let next = arguments[0] * h + x
        return (next, next)
      }.carry
    }
    #expect(try value.item() == 43)
    #expect(try gradients[0].item() == 54)
    #expect(try gradients[1].item() == 8)
    #expect(try gradients[2].scalars() == [4, 2, 1] as [Float])
  }

  @Test func variablesAreReadAndAssigned() throws {
    let count = Variable(0, name: "count")
    let step = Variable(3, name: "step")
    let (_, all) = scan(over: Tensor.zeros([4]), initial: Tensor(0)) { carry, _ in
      count.assign(count.tensor + step.tensor)
      return (carry, count.tensor)
    }
    #expect(try all.scalars() == [3, 6, 9, 12] as [Float])
    #expect(try count.tensor.item() == 12)
  }

  @Test func gradientsReachVariablesInOneBlock() throws {
    let scale = Variable(Tensor([2, 3]), name: "scale")
    let shift = Variable(Tensor([1]), name: "shift")
    _ = try FlatStorage([scale, shift])
    let (total, _) = scan(over: [1, 2, 3], initial: Tensor(0)) { sum, x in
      let next = sum + (scale.tensor * x).sum() + shift.tensor.sum()
      return (next, next)
    }
    let slopes = gradients(
      of: total.value, withRespectTo: [scale.tensor.value, shift.tensor.value]
    ).map { Tensor($0) }
    #expect(try total.item() == 33)
    #expect(try slopes[0].scalars() == [6, 6] as [Float])
    #expect(try slopes[1].scalars() == [3] as [Float])
  }

  @Test func randomNumbersDifferFromStepToStep() throws {
    let source = RandomSource(seed: 3)
    let (_, all) = scan(over: Tensor.zeros([5]), initial: Tensor(0)) { carry, _ in
      (carry, source.uniform([]))
    }
    let numbers = try all.scalars(as: Float.self)
    #expect(Set(numbers).count == 5)
    let direct = RandomSource(seed: 3)
    let drawn = try (0..<5).map { _ in try direct.uniform([]).item(as: Float.self) }
    #expect(drawn == numbers)
    #expect(try source.counter.tensor.item() == direct.counter.tensor.item())
  }

  @Test func loopsOfNoSteps() throws {
    let (last, all) = scan(over: Tensor.zeros([0, 2]), initial: [1, 2]) { carry, x in (carry + x, x) }
    #expect(try last.scalars() == [1, 2] as [Float])
    #expect(all.shape == [0, 2])
  }

  @Test func severalCarriesAndNoSequence() throws {
    let (carries, outputs) = scan(over: [], initial: [Tensor(0), Tensor(1)], length: 7) { carries, _ in
      ([carries[1], carries[0] + carries[1]], [carries[0]])
    }
    #expect(try outputs[0].scalars() == [0, 1, 1, 2, 3, 5, 8] as [Float])
    #expect(try carries[0].item() == 13)
  }

  @Test func nestedLoops() throws {
    let table: Tensor = [[1, 2], [3, 4]]
    let factor = Tensor(10)
    let (total, _) = scan(over: table, initial: Tensor(0)) { sum, row in
      let (inner, _) = scan(over: row, initial: sum) { partial, x in (partial + x * factor, partial) }
      return (inner, inner)
    }
    #expect(try total.item() == 100)
  }

  @Test func mistakesInBodiesAreErrors() throws {
    let changed = scan(over: [1, 2], initial: Tensor(0)) { _, x in (x.expandedDimensions(axis: 0), x) }
    #expect(try failure(of: changed.carry).advice?.contains("keep its type and shape") == true)
    let missing = scan(over: [[1, 2]], initial: [Tensor(0), Tensor(0)]) { carries, _ in ([carries[0]], []) }
    #expect(try failure(of: missing.carries[0]).problem.contains("returned 1"))
    let lengths = scan(over: [Tensor.zeros([2]), Tensor.zeros([3])], initial: []) { _, x in ([], x) }
    #expect(try failure(of: lengths.outputs[0]).kind == .shape)
    let endless = scan(over: [], initial: [Tensor(0)]) { carries, _ in (carries, []) }
    #expect(try failure(of: endless.carries[0]).problem.contains("unknown"))
    #expect(throws: GraphError.self) {
      try scan(over: [1, 2], initial: Tensor(0)) { carry, x in
        try carry.item() > 0 ? (carry, x) : (x, x)
      }
    }
  }

  @Test func loopsUntilACondition() throws {
    let limit = Tensor(100)
    let results = whileLoop(initial: [Tensor(1), Tensor(0)]) {
      $0[0] .< limit
    } body: {
      [$0[0] * 2, $0[1] + 1]
    }
    #expect(try results[0].item() == 128)
    #expect(try results[1].item() == 7)
    let vector = whileLoop(initial: [[1, 2]], condition: { $0[0] .< 3 }, body: { [$0[0] + 1] })
    #expect(try failure(of: vector[0]).kind == .dtype)
  }

  @Test func whileLoopsAssignVariables() throws {
    let steps = Variable(0, name: "steps")
    let bound = Variable(5, name: "bound")
    let result = whileLoop(initial: [Tensor(0)]) {
      $0[0] .< bound.tensor
    } body: {
      steps.assign(steps.tensor + 1)
      return [$0[0] + 2]
    }
    #expect(try result[0].item() == 6)
    #expect(try steps.tensor.item() == 3)
  }
}
