import ApusGraph
import ApusRuntime
import ApusTensor
import Synchronization
import Testing

/// A device of its own behind compiled functions: here the CPU, with every call counted.
private final class CountedExecutor: Executor {
  let compiled = Atomic<Int>(0), runs = Atomic<Int>(0), preparations = Atomic<Int>(0)

  final class Counted: Executable {
    let inner: any Executable
    unowned let owner: CountedExecutor
    init(_ inner: any Executable, _ owner: CountedExecutor) {
      self.inner = inner
      self.owner = owner
    }
    var leaves: [Value] { inner.leaves }
    var isSmall: Bool { inner.isSmall }
    func run(inputs: [UnsafeMutableRawPointer], outputs: [UnsafeMutableRawPointer], preparing: Bool) throws {
      owner.runs.add(1, ordering: .relaxed)
      if preparing { owner.preparations.add(1, ordering: .relaxed) }
      try inner.run(inputs: inputs, outputs: outputs, preparing: preparing)
    }
  }

  func executable(for graph: Graph, updates: [Int: Int], keeping kept: Set<Int>?) throws -> any Executable {
    compiled.add(1, ordering: .relaxed)
    return Counted(try Engine.shared.executable(for: graph, updates: updates, keeping: kept), self)
  }

  func perform(_ work: Engine.Work, _ context: UnsafeMutableRawPointer, mayStay: Bool) {
    Engine.shared.perform(work, context, mayStay: mayStay)
  }
}

struct ExecutorTests {
  @Test func aCompiledFunctionKnowsItsDeviceByTwoProtocolsOnly() throws {
    let device = CountedExecutor()
    let weight = Variable(Tensor([2, 3])), count = Variable(0)
    let step = CompiledFunction(on: device) { inputs in
      count.assign(count.tensor + 1)
      return [inputs[0] * exp(weight.tensor).sum(), count.tensor]
    }
    for round in 1...3 {
      let results = try step([Tensor([1, 10])])
      #expect(try results[1].item() == Double(round))
      let expected = try (Tensor([1, 10]) * exp(Tensor([2, 3])).sum()).scalars(as: Float.self)
      #expect(try results[0].scalars() == expected)
    }
    #expect(device.compiled.load(ordering: .relaxed) == 1)
    #expect(device.runs.load(ordering: .relaxed) == 3)
    #expect(device.preparations.load(ordering: .relaxed) == 1)
    // Other types are compiled apart, by the same device.
    _ = try step([Tensor([1, 2, 3])])
    #expect(device.compiled.load(ordering: .relaxed) == 2)
    // Changed weights are prepared again.
    weight.assign(Tensor([0, 0]))
    #expect(try step([Tensor([1, 10])])[0].scalars() == [2, 20] as [Float])
    #expect(device.preparations.load(ordering: .relaxed) == 3)
  }
}
