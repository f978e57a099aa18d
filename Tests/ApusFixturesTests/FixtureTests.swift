import ApusFixtures
import Testing

private let families = [
  "activations", "convolution", "elementwise", "indexing", "linear", "losses", "metrics", "normalization",
  "optimizers", "pooling", "reductions", "schedules", "training",
]

@Suite struct FixtureTests {
  @Test(arguments: families) func everyCaseIsWhole(family: String) throws {
    let fixture = try Fixture(family)
    #expect(!fixture.cases.isEmpty)
    for (name, test) in fixture.cases {
      #expect(!test.tensors.isEmpty, "\(name) stores nothing")
      if let weights = test.tensors["grad_output"] {
        #expect(try weights.shape == test("output").shape, "\(name)")
        for (index, input) in test.inputs.enumerated() where input.isFloatingPoint {
          #expect(try test("grad_input\(index)").shape == input.shape, "\(name), input \(index)")
        }
      }
    }
  }

  @Test func knownValuesComeBack() throws {
    let linear = try Fixture("linear")("embedding_repeated")
    #expect(try linear("input1").integers == [2, 2, 2, 0, 2, 4])
    #expect(linear.inputs.map(\.shape) == [[5, 3], [2, 3]])
    let convolution = try Fixture("convolution")("2d_explicit")
    #expect(convolution["padding"].integerRows == [[1, 1], [2, 1]])
    #expect(convolution["groups"].integer == 1)
    #expect(convolution["no such attribute"] == .null)
    let any = try Fixture("reductions")("any")
    #expect(try any("input0").booleans.count == 24)
    #expect(try any("output").shape == [4])
  }

  @Test func whatIsMissingIsNamed() throws {
    #expect(throws: FixtureError.self) { try Fixture("linear")("no such case") }
    #expect(throws: FixtureError.self) { try Fixture("linear")("dense_relu")("no such tensor") }
    #expect(throws: (any Error).self) { try Fixture("no such family") }
  }
}

@Suite struct ClosenessTests {
  @Test func closeIsCloseAndFarIsNot() {
    #expect(difference([1, 2], from: [1, 2.000_001] as [Float]) == nil)
    #expect(difference([1, 2], from: [1, 2.1] as [Float]) != nil)
    #expect(difference([1], from: [1, 2] as [Float]) != nil)
    #expect(difference([] as [Float], from: []) == nil)
  }

  @Test func specialValuesMatchOnlyThemselves() {
    #expect(difference([.nan, .infinity], from: [.nan, .infinity] as [Float]) == nil)
    #expect(difference([.nan], from: [1] as [Float]) != nil)
    #expect(difference([1], from: [.nan] as [Float]) != nil)
    #expect(difference([.infinity], from: [1] as [Float]) != nil)
    #expect(difference([1], from: [.infinity] as [Float]) != nil)
    #expect(difference([-.infinity], from: [.infinity] as [Double]) != nil)
  }
}
