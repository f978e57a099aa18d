import ApusGraph
import Testing

@testable import ApusRuntime

@Suite(.serialized) struct ProfilerTests {
  private let roofline = Roofline(operationRate: 1e9, memoryRate: 1e8)

  private func work(_ inputs: [Value], _ outputs: [Value]) throws -> [(name: String, work: KernelWork)] {
    try Program(Graph(inputs: inputs, outputs: outputs), optimizations: Optimizations())
      .steps.descriptions.map { ($0.name, $0.work) }
  }

  @Test func aProductIsCountedByItsFormula() throws {
    let x = Value.input(.float32, [4, 8]), w = Value.input(.float32, [8, 16])
    let steps = try work([x, w], [x.matmul(w)])
    #expect(steps.map(\.work.operationCount) == [1024])
    #expect(steps.map(\.work.bytesRead) == [640])
    #expect(steps.map(\.work.bytesWritten) == [256])
  }

  @Test func aConvolutionIsCountedByItsFormula() throws {
    let x = Value.input(.float32, [2, 9, 9, 4]), kernel = Value.input(.float32, [3, 3, 4, 8])
    let spec = ConvolutionSpec(strides: [2, 2], padsLow: [0, 0], padsHigh: [0, 0], dilations: [1, 1])
    let forward = try work([x, kernel], [.apply(.convolution(spec, .none), [x, kernel])])
    let expected = 18_432.0
    #expect(forward.first { $0.name == "convolution" }?.work.operationCount == expected)
    let gradient = Value.input(.float32, [2, 4, 4, 8])
    let filter = try work(
      [x, gradient], [.apply(.convolutionFilterGradient(spec, kernelSpatial: [3, 3]), [x, gradient])])
    #expect(filter.first { $0.name == "convolutionFilterGradient" }?.work.operationCount == expected)
  }

  @Test func aLoopReadsEachOperandOnceAndABroadcastOneByItsMemory() throws {
    let x = Value.input(.float32, [10, 6]), b = Value.input(.float32, [6])
    let steps = try work([x, b], [((x + b).tanh() * x).sum(axes: [0])])
    #expect(steps.map(\.work.operations) == [["add", "tanh", "multiply", "reduce.sum"]])
    #expect(steps.map(\.work.operationCount) == [240])
    #expect(steps.map(\.work.bytesRead) == [264])
    #expect(steps.map(\.work.bytesWritten) == [24])
  }

  @Test func aLoopOfStepsCountsItsBodyForEach() throws {
    let carry = Value.input(.float32, [5]), slice = Value.input(.float32, [5])
    let body = Graph(inputs: [carry, slice], outputs: [(carry + slice).tanh()])
    let start = Value.input(.float32, [5]), sequence = Value.input(.float32, [7, 5])
    let spec = ScanSpec(body: body, length: 7, carryCount: 1, sequenceCount: 1)
    let steps = try work([start, sequence], Node.apply(.scan(spec), [start, sequence]))
    #expect(steps.map(\.work.operationCount).reduce(0, +) == 70)
  }

  @Test func everyStepOfARunIsNoted() throws {
    let x = Value.input(.float32, [37, 41]), w = Value.input(.float32, [41, 43])
    let graph = Origin.$current.withValue(Origin(layerPath: "watched", file: "T.swift", line: 7)) {
      Graph(inputs: [x, w], outputs: [x.matmul(w).tanh().sum(axes: [0])])
    }
    let program = try Program(graph)
    let memory = try [37 * 41, 41 * 43, 43].map { (count: Int) in try Buffer(byteCount: 4 * count) }
    for buffer in memory {
      buffer.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: buffer.byteCount)
    }
    func run() throws {
      try Engine.shared.run {
        try program.run(inputs: [memory[0].pointer, memory[1].pointer], outputs: [memory[2].pointer])
      }
    }
    try run()
    try Profiler.start()
    for _ in 0..<3 { try run() }
    // Other tests run at the same time, and are watched as well.
    let profile = try #require(Profiler.stop())
    try run()
    let steps = profile.steps.indices.filter { profile.steps[$0].origin.contains("watched") }
    #expect(steps.map { profile.steps[$0].name } == program.stepNames)
    #expect(steps.map { profile.steps[$0].index } == Array(program.stepNames.indices))
    for step in steps {
      let events = profile.events.filter { $0.step == step }
      #expect(events.count == 3)
      #expect(events.allSatisfy { $0.duration >= 0 })
    }
    #expect(profile.roofline.operationRate > 1e6)
    #expect(profile.roofline.memoryRate > 1e6)
    #expect(zip(profile.events, profile.events.dropFirst()).allSatisfy { $0.start <= $1.start })
  }

  @Test func totalsAddUpWhatBelongsTogether() {
    let steps = [
      Profile.Step(program: 1, index: 0, name: "matmul", operationCount: 1e9, bytesRead: 100),
      Profile.Step(program: 1, index: 1, name: "copy", bytesRead: 5e7, bytesWritten: 5e7),
      Profile.Step(program: 2, index: 0, name: "matmul", operationCount: 2e9),
    ]
    let events = [
      Profile.Event(step: 0, start: 0, duration: 2_000_000_000),
      Profile.Event(step: 1, start: 2_000_000_000, duration: 2_000_000_000),
      Profile.Event(step: 2, start: 5_000_000_000, duration: 4_000_000_000),
    ]
    let totals = Profile(steps: steps, events: events, roofline: roofline).totals { $0.name }
    #expect(totals.map(\.step.name) == ["matmul", "copy"])
    #expect(totals.map(\.calls) == [2, 1])
    #expect(totals.map(\.seconds) == [6, 2])
    #expect(totals.map(\.rooflineShare) == [0.5, 0.5])
  }

  @Test func aTraceHoldsWhatJSONMustEscape() {
    let step = Profile.Step(program: 1, index: 0, name: "host \"call\"\\\n", origin: "layer 'é'")
    let profile = Profile(
      steps: [step], events: [Profile.Event(step: 0, start: 5, duration: 1500)], roofline: roofline)
    #expect(profile.chromeTrace.contains("\"name\":\"host \\\"call\\\"\\\\ \""))
    #expect(profile.chromeTrace.contains("\"origin\":\"layer 'é'\""))
    #expect(profile.chromeTrace.contains("\"ts\":0.0,\"dur\":1.5"))
  }
}
