import ApusFixtures
import ApusGraph
import ApusTensor
import Testing

@Suite struct ProductReferenceTests {
  @Test func matrixProducts() throws {
    let checks = try ReferenceChecks("linear")
    try checks.check("matmul") { inputs, _ in matmul(inputs[0], inputs[1]) }
  }

  @Test func einsteinSums() throws {
    let checks = try ReferenceChecks("linear")
    try checks.check("einsum") { einsum(try $1.string("equation"), $0) }
  }

  @Test func embeddings() throws {
    let checks = try ReferenceChecks("linear")
    try checks.check("embedding") { inputs, _ in inputs[0].gather(inputs[1]) }
  }

  @Test func denseLayersAsOperations() throws {
    let activations: [String: (Tensor) -> Tensor] = [
      "linear": linear, "relu": { relu($0) }, "tanh": tanh, "sigmoid": sigmoid, "silu": silu,
      "elu": { elu($0) }, "gelu": { gelu($0, approximate: false) },
    ]
    try ReferenceChecks("linear").check("dense") { inputs, test in
      let product = matmul(inputs[0], inputs[1])
      let sum = inputs.count > 2 ? product + inputs[2] : product
      let name = try test.string("activation")
      let activation = try #require(activations[name])
      return activation(sum)
    }
  }

  @Test func otherProducts() throws {
    let a: Tensor = [[1, 2], [3, 4]]
    let v: Tensor = [5, 6]
    #expect(try dot(v, v).item() == 61)
    #expect(try dot(a, v).scalars() == [17, 39] as [Float])
    #expect(try dot(a, Tensor(2)).scalars() == [2, 4, 6, 8] as [Float])
    #expect(try outer(v, [1, 2, 3]).scalars() == [5, 10, 15, 6, 12, 18] as [Float])
    let left = Tensor.arange(24).reshaped([2, 3, 4]).cast(to: .float32)
    let right = Tensor.arange(24).reshaped([4, 3, 2]).cast(to: .float32)
    let contracted = tensordot(left, right, leftAxes: [1, -1], rightAxes: [1, 0])
    #expect(try allClose(contracted, einsum("aij,jib->ab", left, right)))
    #expect(tensordot(left, right.reshaped([3, 4, 2])).shape == [2, 2])
  }

  @Test func einsumBroadcastsItsEllipsis() throws {
    let a = Tensor.arange(6).reshaped([1, 2, 3]).cast(to: .float32)
    let b = Tensor.arange(12).reshaped([2, 3, 2]).cast(to: .float32)
    #expect(try allClose(einsum("...ij,...jk->...ik", a, b), matmul(a, b)))
    #expect(einsum("...i->i", b).shape == [2])
    #expect(try einsum("ba", Tensor([[1, 2], [3, 4]])).scalars() == [1, 3, 2, 4] as [Float])
  }

  @Test func productsOfTypesThatDiffer() throws {
    let counts = Tensor([[1, 2], [3, 4]], dtype: .int32)
    let product = matmul(counts, Tensor([[1, 0], [0, 1]]))
    #expect(product.dtype == .float32)
    #expect(try product.scalars() == [1, 2, 3, 4] as [Float])
  }

  @Test func errorsNameBothShapesAndTheLine() throws {
    let error = try failure(of: matmul(Tensor.zeros([2, 3]), Tensor.zeros([4, 5])))
    #expect(error.operation == "matmul")
    #expect(error.problem.contains("[2, 3] and [4, 5]"))
    #expect(error.origin.file == "ApusTensorTests/ProductReferenceTests.swift")
    #expect(error.origin.line == #line - 4)
    #expect(try failure(of: matmul(Tensor(2), Tensor.zeros([2]))).kind == .shape)
    #expect(
      try failure(of: matmul(Tensor.zeros([2, 3, 4]), Tensor.zeros([5, 4, 3]))).problem.contains("batch"))
    #expect(try failure(of: tensordot([1, 2], [1, 2], leftAxes: [3], rightAxes: [0])).kind == .axis)
  }

  @Test(arguments: [
    ("ij,jk", 1, "operands"), ("i1,jk->ik", 2, "cannot stand"), ("ij,jk->iq", 2, "in no operand"),
    ("ij,jk->ii", 2, "twice"), ("ijk,jk->i", 2, "names 3 axes"),
    ("ij,ij->i", 2, "has 2 elements in one place and 3"),
    ("ij->jk->i", 2, "describes"),
  ])
  func badEquationsAreErrors(equation: String, count: Int, message: String) throws {
    let operands = [Tensor.zeros([2, 3]), Tensor.zeros([3, 4])]
    let error = try failure(of: einsum(equation, Array(operands.prefix(count))))
    #expect(error.problem.contains(message), "\(error)")
  }
}
