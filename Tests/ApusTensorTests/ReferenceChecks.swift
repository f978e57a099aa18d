import ApusFixtures
import ApusGraph
import ApusTensor
import Testing

/// Compares functions of tensors with the stored cases of a family: results, and gradients where there are any.
struct ReferenceChecks {
  let family: Fixture
  let relative: Float
  let absolute: Float

  init(_ family: String, relative: Float = 1e-5, absolute: Float = 1e-5) throws {
    self.family = try Fixture(family)
    self.relative = relative
    self.absolute = absolute
  }

  /// Checks every case whose name begins so and, unless `exact`, goes on with an underscore.
  func check(_ name: String, exact: Bool = false, _ function: ([Tensor], FixtureCase) throws -> Tensor) throws
  {
    let cases = family.cases.values.filter {
      $0.name == name || (!exact && $0.name.hasPrefix(name + "_"))
    }
    #expect(!cases.isEmpty, "there are no cases of \(name)")
    for test in cases.sorted(by: { $0.name < $1.name }) { try check(test, function) }
  }

  func check(_ test: FixtureCase, _ function: ([Tensor], FixtureCase) throws -> Tensor) throws {
    var inputs: [FixtureTensor] = []
    while let input = test.tensors["input\(inputs.count)"] { inputs.append(input) }
    let output = try test.tensor("output")
    let tensors = inputs.map(Tensor.init(stored:))
    do {
      let result = try function(tensors, test)
      #expect(result.shape == Shape(output.shape), "\(test.name)")
      let problem = difference(
        try result.scalars(as: Float.self), from: output.floats, relative: relative, absolute: absolute)
      #expect(problem == nil, "\(test.name)")
    } catch {
      Issue.record("\(test.name): \(error)")
    }
    if let weights = test.tensors["grad_output"] {
      try checkGradient(test, inputs, weights, function)
    }
  }

  private func checkGradient(
    _ test: FixtureCase, _ inputs: [FixtureTensor], _ weights: FixtureTensor,
    _ function: ([Tensor], FixtureCase) throws -> Tensor
  ) throws {
    let places = inputs.indices.filter { test.tensors["grad_input\($0)"] != nil }
    do {
      let gradients = try gradient(at: places.map { Tensor(stored: inputs[$0]) }) { points in
        var arguments = inputs.map(Tensor.init(stored:))
        for (place, point) in zip(places, points) { arguments[place] = point }
        return (try function(arguments, test) * Tensor(stored: weights)).sum()
      }
      for (place, gradient) in zip(places, gradients) {
        let expected = try test.tensor("grad_input\(place)")
        #expect(gradient.shape == Shape(expected.shape), "\(test.name), input \(place)")
        let problem = difference(
          try gradient.scalars(as: Float.self), from: expected.floats, relative: 10 * relative,
          absolute: 10 * absolute)
        #expect(problem == nil, "gradient of \(test.name), input \(place)")
      }
    } catch {
      Issue.record("gradient of \(test.name): \(error)")
    }
  }
}

extension FixtureCase {
  /// A stored tensor that must be there.
  func tensor(_ name: String) throws -> FixtureTensor {
    try #require(tensors[name], "\(self.name) has no \(name)")
  }

  func integers(_ name: String) -> [Int]? { attributes[name]?.integers }
  func list(_ name: String) throws -> [Int] { try #require(attributes[name]?.integers) }
  func double(_ name: String) throws -> Double { try #require(attributes[name]?.double) }
  func string(_ name: String) throws -> String { try #require(attributes[name]?.string) }
  func rows(_ name: String) throws -> [[Int]] { try #require(attributes[name]?.integerRows) }
  func integer(_ name: String) throws -> Int { try #require(attributes[name]?.integer) }
  func bool(_ name: String) throws -> Bool { try #require(attributes[name]?.bool as Bool?) }

  var padding: Padding {
    if attributes["padding"]?.string == "same" { return .same }
    guard let rows = attributes["padding"]?.integerRows else { return .valid }
    return .explicit(rows.map { SpatialPadding(before: $0[0], after: $0[1]) })
  }

  func size(_ name: String) throws -> SpatialSize { SpatialSize(try #require(integers(name))) }
}

extension Tensor {
  /// A stored array as a tensor of the type it is stored in.
  init(stored: FixtureTensor) {
    switch stored.values {
    case .float32(let values): self.init(values, shape: Shape(stored.shape))
    case .int32(let values): self.init(values, shape: Shape(stored.shape))
    case .bool(let values): self.init(values, shape: Shape(stored.shape))
    }
  }
}

/// The error that a tensor fails with.
func failure(of tensor: Tensor) throws -> GraphError {
  let error = #expect(throws: GraphError.self) { try tensor.literal() }
  return try #require(error)
}
