import ApusFixtures
import ApusGraph
import ApusTensor
import Testing

@Suite struct SpatialReferenceTests {
  @Test func convolutions() throws {
    let checks = try ReferenceChecks("convolution", absolute: 1e-4)
    for test in checks.family.cases.values.sorted(by: { $0.name < $1.name })
    where !test.name.hasPrefix("transposed") {
      try checks.check(test) { inputs, test in
        let result = conv(
          inputs[0], inputs[1], strides: try test.size("strides"), padding: test.padding,
          dilations: try test.size("dilations"), groups: try test.integer("groups"))
        return inputs.count > 2 ? result + inputs[2] : result
      }
    }
  }

  @Test func transposedConvolutions() throws {
    let checks = try ReferenceChecks("convolution", absolute: 1e-4)
    try checks.check("transposed") { inputs, test in
      let result = convTranspose(
        inputs[0], inputs[1], strides: try test.size("strides"), padding: test.padding,
        dilations: try test.size("dilations"))
      return inputs.count > 2 ? result + inputs[2] : result
    }
  }

  @Test func pooling() throws {
    let checks = try ReferenceChecks("pooling")
    for prefix in ["max", "average"] {
      try checks.check(prefix) { inputs, test in
        let window = try test.size("window"), strides = try test.size("strides")
        if prefix == "max" { return maxPool(inputs[0], window, strides: strides, padding: test.padding) }
        return averagePool(
          inputs[0], window, strides: strides, padding: test.padding,
          countsPadding: try test.bool("count_padding"))
      }
      try checks.check("global_" + prefix) { inputs, test in
        let axes = Array(1..<(inputs[0].rank - 1)), keep = try test.bool("keep_dimensions")
        return prefix == "max"
          ? inputs[0].max(axes: axes, keepDimensions: keep) : inputs[0].mean(axes: axes, keepDimensions: keep)
      }
    }
  }

  @Test func windowsByDefaultDoNotOverlap() throws {
    let x = Tensor.arange(8).reshaped([1, 8, 1]).cast(to: .float32)
    #expect(try maxPool(x, 2).scalars() == [1, 3, 5, 7] as [Float])
    #expect(averagePool(x, 3, strides: 1, padding: .same).shape == [1, 8, 1])
  }

  @Test func causalPaddingLooksBack() throws {
    let x = Tensor.arange(4).reshaped([1, 4, 1]).cast(to: .float32)
    let kernel = Tensor.ones([2, 1, 1])
    #expect(try conv(x, kernel, padding: .causal).scalars() == [0, 1, 3, 5] as [Float])
    let image = conv(Tensor.zeros([1, 4, 4, 1]), Tensor.zeros([2, 2, 1, 1]), padding: .causal)
    #expect(try failure(of: image).problem.contains("sequences"))
  }

  @Test func outputPaddingEnlarges() {
    let x = Tensor.zeros([1, 4, 5, 3]), kernel = Tensor.zeros([3, 3, 8, 3])
    #expect(convTranspose(x, kernel, strides: 2, padding: .valid).shape == [1, 9, 11, 8])
    #expect(
      convTranspose(x, kernel, strides: 2, padding: .same, outputPadding: 1).shape == [1, 8, 10, 8])
    #expect(
      convTranspose(x, kernel, strides: 2, padding: .symmetric(1, axes: 2), outputPadding: [0, 1]).shape
        == [1, 7, 10, 8])
  }

  @Test func mistakesNameTheAxis() throws {
    let kernel = Tensor.zeros([5, 5, 3, 8])
    let small = try failure(of: conv(Tensor.zeros([1, 28, 4, 3]), kernel))
    #expect(small.problem.contains("width"))
    #expect(small.origin.line == #line - 2)
    let channels = try failure(of: conv(Tensor.zeros([1, 28, 28, 1]), kernel))
    #expect(channels.problem.contains("1 channels"))
    let flat = try failure(of: conv(Tensor.zeros([28, 28, 3]), kernel))
    #expect(flat.advice?.contains("expandedDimensions") == true)
    #expect(try failure(of: conv(Tensor.zeros([1, 8, 8, 3]), kernel, strides: [1, 2, 3])).kind == .argument)
    #expect(try failure(of: conv(Tensor.zeros([1, 8, 8, 3]), kernel, strides: 0)).kind == .argument)
    #expect(try failure(of: maxPool(Tensor.zeros([3, 3]), 2)).kind == .shape)
    let transposed = convTranspose(Tensor.zeros([1, 4, 4, 3]), kernel)
    #expect(try failure(of: transposed).advice?.contains("filters / groups") == true)
  }
}
