import ApusGraph
import ApusTensor
import Testing

@Suite struct VariableTests {
  @Test func assignmentsAreComputedWithTheRest() throws {
    let count = Variable(0, name: "count")
    for _ in 0..<3 {
      count.assign(count.tensor + 1)
      #expect(try (Tensor(1) + 1).item() == 2)
      // Nothing is left of the history, though nobody read the cell.
      #expect(count.tensor.value.result != nil)
    }
    #expect(try count.tensor.item() == 3)
  }

  @Test func partsOfABlockAreComputedWithTheRest() throws {
    let first = Variable(Tensor([1, 2])), second = Variable(Tensor(3))
    let storage = try FlatStorage([first, second])
    first.assign(first.tensor * 2)
    #expect(try (Tensor(1) + 1).item() == 2)
    #expect(storage.block.tensor.value.result != nil)
    #expect(try first.tensor.scalars() == [2, 4] as [Float])
    #expect(try second.tensor.item() == 3)
  }

  @Test func aValueOfAnotherTypeIsAnError() throws {
    let weight = Variable(Tensor([1, 2]), name: "weight")
    weight.assign(Tensor([1, 2, 3]))
    #expect(try failure(of: weight.tensor).problem.contains("'weight' holds float32[2]"))
  }
}
