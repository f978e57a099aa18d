import ApusFixtures
import ApusGraph
import ApusNN
import Testing

@Suite struct LBFGSTests {
  private static func rosenbrock(_ x: [Double]) -> (value: Double, gradient: [Double]) {
    var value = 0.0
    var gradient = [Double](repeating: 0, count: x.count)
    for index in 0..<x.count - 1 {
      let (a, b) = (1 - x[index], x[index + 1] - x[index] * x[index])
      value += a * a + 100 * b * b
      gradient[index] += -2 * a - 400 * x[index] * b
      gradient[index + 1] += 200 * b
    }
    return (value, gradient)
  }

  private static func quartic(_ x: [Double]) -> (value: Double, gradient: [Double]) {
    var value = 0.0
    let gradient = x.enumerated().map { index, x -> Double in
      let place = Double(index + 1)
      let distance = x - 1 / place
      value += place * distance * distance + 0.1 * x * x * x * x
      return 2 * place * distance + 0.4 * x * x * x
    }
    return (value, gradient)
  }

  /// After every number of steps at the place where PyTorch is.
  @Test(arguments: try Fixture("minimization").cases(startingWith: ""))
  func stepsArePyTorchs(test: FixtureCase) throws {
    let start = try test("input0").doubles, rows = try test("output").doubles
    let steps = try #require(test["steps"].integers)
    for (row, count) in steps.enumerated() {
      var minimizer = LBFGS(iterations: count, evaluations: 1000)
      minimizer.learningRate = try #require(test["rate"].double)
      minimizer.memory = Int(try #require(test["memory"].double))
      minimizer.searchesLine = test.name.hasSuffix("plain") == false
      let result = try minimizer.minimize(from: start) {
        test.name.hasPrefix("rosenbrock") ? Self.rosenbrock($0) : Self.quartic($0)
      }
      let expected = Array(rows[row * start.count..<(row + 1) * start.count])
      #expect(difference(result.point, from: expected) == nil, "after \(count) steps")
      #expect(result.iterations <= count)
    }
  }

  @Test func findsTheValleysEnd() throws {
    var values: [Double] = []
    // With the usual tolerance it ends where the value is below 1e-9, which is short of the end in this flat valley.
    let result = try LBFGS(iterations: 100, changeTolerance: 1e-15).minimize(
      from: [-1.2, 1],
      progress: { _, value in
        values.append(value)
        return true
      }, Self.rosenbrock)
    #expect(difference(result.point, from: [1, 1]) == nil)
    #expect(result.iterations == values.count && result.iterations < 60)
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test func endsWhenItIsTold() throws {
    let start = [-1.2, 1.0, 0.3]
    let stopped = try LBFGS(iterations: 50).minimize(
      from: start, progress: { step, _ in step < 4 }, Self.rosenbrock)
    #expect(stopped.iterations == 4)
    let asked = try LBFGS(iterations: 50, evaluations: 7).minimize(from: start, Self.rosenbrock)
    #expect((7..<40).contains(asked.evaluations))
    // At a minimum there is nothing to do.
    #expect(try LBFGS().minimize(from: [1, 1], Self.rosenbrock).iterations == 0)
    struct Stop: Error {}
    #expect(throws: Stop.self) { try LBFGS().minimize(from: start) { _ in throw Stop() } }
  }

  @Test func oddSettingsAndGradientsDoNoHarm() throws {
    #expect(throws: GraphError.self) { try LBFGS().minimize(from: [1, 2]) { _ in (1, [1]) } }
    var minimizer = LBFGS(iterations: .max)
    minimizer.memory = 1
    #expect(try minimizer.minimize(from: [3, 2], Self.quartic).value < 1)
  }
}
