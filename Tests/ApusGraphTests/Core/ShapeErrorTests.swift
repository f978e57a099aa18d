import ApusGraph
import Testing

/// Operands that do not fit give failed values whose errors name the sizes.
struct ShapeErrorTests {
  private func float(_ shape: Shape) -> Value { .input(.float32, shape) }

  private func failure(_ value: Value) throws -> GraphError { try #require(value.failure) }

  @Test func broadcasting() throws {
    let error = try failure(float([3, 2]) + float([3]))
    #expect(error.kind == .shape && error.operation == "add")
    #expect(error.problem.contains("[3, 2]") && error.problem.contains("[3]"))
  }

  @Test func products() throws {
    let error = try failure(float([2, 3]).matmul(float([4, 5])))
    #expect(error.kind == .shape && error.problem.contains("axis 1 of [2, 3] has 3, axis 0 of [4, 5] has 4"))
  }

  @Test func types() throws {
    let error = try failure(float([2]) + .input(.int32, [2]))
    #expect(error.kind == .dtype && error.problem.contains("float32") && error.problem.contains("int32"))
    #expect(try failure(Value.input(.int32, [2]).exp()).kind == .dtype)
    #expect(try failure(Value.input(.bool, [2]).sum()).kind == .dtype)
    #expect(try failure(float([2]).gather(float([1]), axis: 0)).kind == .dtype)
  }

  @Test func axes() throws {
    let error = try failure(float([2, 3]).argmax(axis: 2))
    #expect(error.kind == .axis && error.problem.contains("axis 2") && error.problem.contains("[2, 3]"))
    #expect(try failure(float([2, 3]).transposed([0, 0])).kind == .axis)
    #expect(try failure(float([2, 0]).argmax(axis: 1)).kind == .shape)
  }

  @Test func shapes() throws {
    #expect(try failure(float([2, 3]).reshaped([4])).problem.contains("6 elements"))
    #expect(try failure(float([4]).slice(axis: 0, 2..<9)).kind == .index)
    #expect(try failure(.concatenate([float([2, 3]), float([2])], axis: 0)).kind == .shape)
    #expect(try failure(float([3]).broadcast(to: [4])).kind == .shape)
    #expect(try failure(float([2]).padded(low: [-3], high: [0])).kind == .shape)
  }

  @Test func convolutions() throws {
    let spec = ConvolutionSpec(strides: [1, 1], padsLow: [0, 0], padsHigh: [0, 0], dilations: [1, 1])
    let small = try failure(.apply(.convolution(spec, .none), [float([1, 2, 8, 3]), float([3, 3, 3, 4])]))
    #expect(
      small.problem.contains("height") && small.problem.contains("size 2") && small.problem.contains("3 taps")
    )
    let channels = try failure(
      .apply(.convolution(spec, .none), [float([1, 8, 8, 1]), float([3, 3, 3, 4])]))
    #expect(channels.problem.contains("1 channels") && channels.problem.contains("takes 3"))
    let flat = try failure(.apply(.convolution(spec, .none), [float([8, 8, 3]), float([3, 3, 3, 4])]))
    #expect(flat.problem.contains("[batch, height, width, channels]"))
  }

  @Test func labels() throws {
    let oneHot = try failure(
      Node.apply(.softmaxCrossEntropy(labelSmoothing: 0), [float([4, 3]), .input(.int32, [4, 3])])[0])
    #expect(oneHot.problem.contains("[4]") && oneHot.advice?.contains("one-hot") == true)
  }

  @Test func loops() throws {
    let state = Value.input(.float32, [2])
    let growing = Graph(inputs: [state], outputs: [.concatenate([state, state], axis: 0)])
    let error = try failure(
      .apply(.scan(ScanSpec(body: growing, length: 3, carryCount: 1, sequenceCount: 0)), [float([2])]))
    #expect(error.problem.contains("float32[2]") && error.problem.contains("float32[4]"))
  }

  @Test("The first error is the one that is reported")
  func propagation() throws {
    let first = float([3]) + float([2])
    let later = (first.exp().matmul(float([7, 7])) + float([5])).sum()
    #expect(try failure(later) == failure(first))
    #expect(try failure(Value.scalar(1, .float32) * first) == failure(first))
    let graph = Graph(inputs: [], outputs: [later])
    let error = #expect(throws: GraphError.self) { try Reference.evaluate(graph, inputs: []) }
    #expect(try error == failure(first))
  }

  @Test func originsAreKept() throws {
    let origin = Origin(layerPath: "encoder.dense", file: "Model.swift", line: 3)
    let value = Origin.$current.withValue(origin) { float([3]) + float([2]) }
    #expect(try failure(value).origin == origin)
    #expect(try failure(value).description.contains("layer 'encoder.dense' at Model.swift:3"))
  }
}
