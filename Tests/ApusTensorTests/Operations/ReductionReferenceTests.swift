import ApusFixtures
import ApusGraph
import ApusTensor
import Testing

@Suite struct ReductionReferenceTests {
  @Test func reductions() throws {
    let checks = try ReferenceChecks("reductions")
    let functions: [(String, (Tensor, [Int]?, Bool) -> Tensor)] = [
      ("sum", { $0.sum(axes: $1, keepDimensions: $2) }), ("mean", { $0.mean(axes: $1, keepDimensions: $2) }),
      ("max", { $0.max(axes: $1, keepDimensions: $2) }), ("min", { $0.min(axes: $1, keepDimensions: $2) }),
      ("product", { $0.product(axes: $1, keepDimensions: $2) }),
      ("logsumexp", { $0.logSumExp(axes: $1, keepDimensions: $2) }),
      ("norm", { $0.norm(axes: $1, keepDimensions: $2) }),
      ("variance", { $0.variance(axes: $1, keepDimensions: $2) }),
      ("standard_deviation", { $0.standardDeviation(axes: $1, keepDimensions: $2) }),
      ("all", { $0.all(axes: $1, keepDimensions: $2) }), ("any", { $0.any(axes: $1, keepDimensions: $2) }),
    ]
    for (name, function) in functions where !checks.family.cases(startingWith: name + "_").isEmpty {
      try checks.check(name) { function($0[0], $1.integers("axes"), try $1.bool("keep_dimensions")) }
    }
  }

  @Test func runningSumsAndProducts() throws {
    let checks = try ReferenceChecks("reductions")
    try checks.check("cumulative_sum") {
      $0[0].cumulativeSum(
        axis: try $1.integer("axis"), reverse: try $1.bool("reverse"), exclusive: try $1.bool("exclusive"))
    }
    try checks.check("cumulative_product") {
      $0[0].cumulativeProduct(
        axis: try $1.integer("axis"), reverse: try $1.bool("reverse"), exclusive: try $1.bool("exclusive"))
    }
    let x: Tensor = [3, 1, 4, 1, 5]
    #expect(try x.cumulativeMax(axis: 0).scalars() == [3, 3, 4, 4, 5] as [Float])
    #expect(try x.cumulativeMin(axis: 0, reverse: true).scalars() == [1, 1, 1, 1, 5] as [Float])
  }

  @Test func sortingAndTopK() throws {
    let checks = try ReferenceChecks("reductions")
    try checks.check("sort") {
      $0[0].sorted(axis: try $1.integer("axis"), descending: try $1.bool("descending"))
    }
    try checks.check("top_k") { $0[0].topK(try $1.integer("k")).values }
    for test in checks.family.cases(startingWith: "sort_") {
      let x = Tensor(stored: try test.tensor("input0"))
      let order = x.argsort(axis: try test.integer("axis"), descending: try test.bool("descending"))
      #expect(try order.scalars() == test.tensor("indices").integers, "\(test.name)")
    }
    for test in checks.family.cases(startingWith: "top_k_") {
      let indices = Tensor(stored: try test.tensor("input0")).topK(try test.integer("k")).indices
      #expect(try indices.scalars() == test.tensor("indices").integers, "\(test.name)")
    }
    for (name, isMaximum) in [("argmax", true), ("argmin", false)] {
      for test in checks.family.cases(startingWith: name) {
        let x = Tensor(stored: try test.tensor("input0"))
        let axis = test.attributes["axis"]?.integer
        let places = isMaximum ? x.argmax(axis: axis) : x.argmin(axis: axis)
        #expect(try places.scalars() == test.tensor("output").integers, "\(test.name)")
      }
    }
  }

  @Test func extremesOfNothingAreErrors() throws {
    let empty = Tensor.zeros([2, 0])
    #expect(try failure(of: empty.max(axis: 1)).problem.contains("empty"))
    #expect(try failure(of: empty.argmax(axis: 1)).kind == .shape)
    #expect(try empty.sum(axis: 1).scalars() == [0, 0] as [Float])
    #expect(try empty.mean(axis: 1).scalars(as: Float.self).allSatisfy { $0.isNaN })
    #expect(empty.max(axis: 0).shape == [0])
  }

  @Test func axesAreChecked() throws {
    let x = Tensor.zeros([2, 3])
    let error = try failure(of: x.sum(axis: 2))
    #expect(error.kind == .axis)
    #expect(error.advice?.contains("-2 to -1") == true)
    #expect(try failure(of: x.mean(axes: [0, -2])).problem.contains("twice"))
    #expect(try failure(of: Tensor(1).sum(axis: 0)).advice?.contains("scalar") == true)
    #expect(try failure(of: x.topK(4).values).kind == .argument)
  }

  @Test func typesOfReductions() throws {
    let flags = Tensor([true, false, true])
    #expect(flags.sum().dtype == .int64)
    #expect(try flags.sum().item() == 2)
    #expect(try flags.mean().item(as: Float.self) == 2 / 3)
    #expect(try flags.any().item(as: Bool.self))
    #expect(try !flags.all().item(as: Bool.self))
    #expect(try Tensor([0, 2], dtype: .int32).all().item() == 0)
    #expect(Tensor([1, 2], dtype: .int64).sum().dtype == .int64)
  }

  @Test func statistics() throws {
    let x: Tensor = [[4, 1, 3], [2, 8, 6]]
    #expect(try x.median().item() == 3.5)
    #expect(try x.median(axis: 1).scalars() == [3, 6] as [Float])
    #expect(try x.quantile(0.25, axis: 1, keepDimensions: true).scalars() == [2, 4] as [Float])
    #expect(x.quantile(1, keepDimensions: true).shape == [1, 1])
    #expect(try x.norm(order: 1).item() == 24)
    #expect(try x.norm(order: .infinity, axes: [0]).scalars() == [4, 8, 6] as [Float])
    #expect(try abs(x.norm(order: 3).item() - 9.3902) < 1e-3)
    #expect(try Tensor([0, 3, 0]).norm(order: 0).item() == 1)
    #expect(try allClose(x.variance(axis: 1, correction: 1), [2.3333333, 9.3333333]))
    let counts = Tensor([0, 2, 2, 5], dtype: .int32)
    #expect(try counts.bincount(length: 6).scalars() == [1, 0, 2, 0, 0, 1] as [Int32])
    #expect(
      try counts.bincount(length: 6, weights: [1, 2, 3, 4]).scalars() == [1, 0, 5, 0, 0, 4] as [Float])
    #expect(try failure(of: counts.bincount(length: 5)).kind == .index)
    let data: Tensor = [0, 0.1, 0.5, 0.99, 1, 7, -1]
    #expect(try data.histogram(bins: 2, range: 0...1).scalars() == [2, 3] as [Int32])
  }
}
