import ApusFixtures
import ApusTensor
import Testing

@Suite struct ActivationReferenceTests {
  @Test func activations() throws {
    let checks = try ReferenceChecks("activations")
    let functions: [(String, (Tensor, FixtureCase) throws -> Tensor)] = [
      ("celu", { celu($0, alpha: try $1.double("alpha")) }),
      ("elu", { elu($0, alpha: try $1.double("alpha")) }), ("exponential", { x, _ in exponential(x) }),
      ("gelu", { gelu($0, approximate: try $1.bool("approximate")) }),
      ("hard_shrink", { hardShrink($0, threshold: try $1.double("threshold")) }),
      ("hard_sigmoid", { x, _ in hardSigmoid(x) }), ("hard_silu", { x, _ in hardSilu(x) }),
      ("hard_tanh", { x, _ in hardTanh(x) }),
      ("leaky_relu", { leakyRelu($0, negativeSlope: try $1.double("negative_slope")) }),
      ("linear", { x, _ in linear(x) }), ("log_sigmoid", { x, _ in logSigmoid(x) }),
      ("mish", { x, _ in mish(x) }), ("relu", { x, _ in relu(x) }), ("relu6", { x, _ in relu6(x) }),
      ("selu", { x, _ in selu(x) }), ("sigmoid", { x, _ in sigmoid(x) }), ("silu", { x, _ in silu(x) }),
      ("soft_shrink", { softShrink($0, threshold: try $1.double("threshold")) }),
      ("softplus", { x, _ in softplus(x) }), ("softsign", { x, _ in softsign(x) }),
      ("sparse_plus", { x, _ in sparsePlus(x) }), ("sparse_sigmoid", { x, _ in sparseSigmoid(x) }),
      ("squareplus", { squareplus($0, b: try $1.double("b")) }), ("tanh", { x, _ in tanh(x) }),
      ("tanh_shrink", { x, _ in tanhShrink(x) }),
      ("threshold", { threshold($0, try $1.double("threshold"), try $1.double("default_value")) }),
    ]
    for (name, function) in functions {
      try checks.check(name, exact: name == "tanh") { inputs, test in try function(inputs[0], test) }
    }
  }

  @Test func activationsAlongAnAxis() throws {
    let checks = try ReferenceChecks("activations")
    try checks.check("softmax") { softmax($0[0], axis: try $1.integer("axis")) }
    try checks.check("log_softmax") { logSoftmax($0[0], axis: try $1.integer("axis")) }
    try checks.check("logsumexp") { $0[0].logSumExp(axis: try $1.integer("axis")) }
    try checks.check("sparsemax") { sparsemax($0[0], axis: try $1.integer("axis")) }
    try checks.check("glu") { glu($0[0], axis: try $1.integer("axis")) }
  }

  @Test func reluVariants() throws {
    let x: Tensor = [-3, -1, 0, 0.5, 1, 4, 9]
    #expect(try relu(x, maximum: 6).scalars() == [0, 0, 0, 0.5, 1, 4, 6] as [Float])
    #expect(try relu(x, threshold: 1).scalars() == [0, 0, 0, 0, 1, 4, 9] as [Float])
    #expect(
      try relu(x, negativeSlope: 0.5, maximum: 6, threshold: 1).scalars()
        == [-2, -1, -0.5, -0.25, 1, 4, 6] as [Float])
    #expect(try relu(Tensor([-1, 2], dtype: .int32)).scalars() == [0, 2] as [Float])
  }

  @Test func gluNeedsAnEvenAxis() throws {
    let error = try failure(of: glu(Tensor.zeros([2, 5])))
    #expect(error.kind == .shape)
    #expect(error.problem.contains("5 elements"))
  }
}
