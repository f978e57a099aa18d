import ApusData
import Testing

@testable import ApusTasks

@Suite struct ExampleSplitTests {
  private func examples(_ count: Int, parts: [Part?]? = nil, groups: [Int]? = nil) throws -> Examples {
    try Examples(
      modality: "toy", title: "toys", names: (0..<count).map { "toy \($0)" },
      inputs: [Column("x", .numbers((0..<count).map(Double.init)))], parts: parts, groups: groups)
  }

  private func counts(_ parts: [Part: [Int]]) -> [Int] {
    [Part.training, .validation, .test].map { parts[$0]?.count ?? 0 }
  }

  private func isPartition(_ parts: [Part: [Int]], of count: Int) -> Bool {
    Array(parts.values.joined()).sorted() == Array(0..<count) && parts.values.allSatisfy { $0 == $0.sorted() }
  }

  @Test func dealsAFifthAndAFifthOfTheRest() throws {
    let parts = try examples(1000).split(strata: nil, seed: 0)
    #expect(counts(parts) == [640, 160, 200])
    #expect(isPartition(parts, of: 1000))
    #expect(counts(try examples(1000).split(strata: nil, seed: 0, testShare: 0.5)) == [400, 100, 500])
  }

  @Test func limitsTheValidationSet() throws {
    let parts = try examples(100_000).split(strata: nil, seed: 0)
    #expect(counts(parts) == [75_000, 5000, 20_000])
  }

  @Test func dependsOnTheSeedAlone() throws {
    let examples = try examples(200)
    #expect(try examples.split(strata: nil, seed: 1) == examples.split(strata: nil, seed: 1))
    #expect(try examples.split(strata: nil, seed: 1) != examples.split(strata: nil, seed: 2))
  }

  @Test func keepsTheProportionsOfStrata() throws {
    // 80 %, 15 % and 5 %.
    let strata = (0..<400).map { $0 % 20 == 0 ? 2 : $0 % 20 < 4 ? 1 : 0 }
    let parts = try examples(400).split(strata: strata, seed: 5)
    #expect(isPartition(parts, of: 400))
    for (stratum, expected) in [(0, [205, 51, 64]), (1, [38, 10, 12]), (2, [13, 3, 4])] {
      for (part, count) in zip([Part.training, .validation, .test], expected) {
        let found = (parts[part] ?? []).count { strata[$0] == stratum }
        #expect(abs(found - count) <= 1, "stratum \(stratum) of \(part): \(found)")
      }
    }
  }

  @Test func neitherNoneNorAllOfASmallStratum() throws {
    let strata = [0, 0, 0] + [Int](repeating: 1, count: 97)
    let parts = try examples(100).split(strata: strata, seed: 3)
    for part in Part.allCases { #expect((parts[part] ?? []).count { strata[$0] == 0 } == 1, "\(part)") }
  }

  @Test(arguments: 0..<5) func keepsGroupsTogether(_ seed: UInt64) throws {
    let groups = (0..<300).map { $0 % 37 }
    let parts = try examples(300, groups: groups).split(strata: nil, seed: seed)
    #expect(isPartition(parts, of: 300))
    let sets = parts.values.map { Set($0.map { groups[$0] }) }
    #expect(sets.reduce(0) { $0 + $1.count } == 37)
    #expect(abs((parts[.test]?.count ?? 0) - 60) <= 8)
  }

  @Test(arguments: 0..<5) func aGroupLargerThanTheShareStaysInTheTrainingSet(_ seed: UInt64) throws {
    // One group has 70 of 100 examples; a fifth is 20.
    let groups = (0..<100).map { $0 < 70 ? 0 : $0 }
    let parts = try examples(100, groups: groups).split(strata: nil, seed: seed)
    #expect(parts[.test]?.count == 20)
    #expect(parts[.training]?.prefix(70).map { groups[$0] } == [Int](repeating: 0, count: 70))
    // Of two large groups and a small one, each part has one.
    let large = (0..<90).map { $0 < 40 ? 0 : $0 < 80 ? 1 : 2 }
    let few = try examples(90, groups: large).split(strata: nil, seed: seed)
    #expect(isPartition(few, of: 90))
    #expect(few.values.allSatisfy { Set($0.map { large[$0] }).count == 1 })
  }

  @Test func aGroupWithANamedPartGoesThereAsAWhole() throws {
    var given = [Part?](repeating: nil, count: 100)
    given[0] = .test
    given[10] = .validation
    let groups = (0..<100).map { $0 % 10 == 0 ? ($0 < 50 ? 0 : 1) : 100 + $0 }
    given[90] = .validation
    given[10] = nil
    let parts = try examples(100, parts: given, groups: groups).split(strata: nil, seed: 0)
    #expect(parts[.test] == [0, 10, 20, 30, 40])
    #expect(parts[.validation] == [50, 60, 70, 80, 90])
  }

  @Test func keepsGivenParts() throws {
    let given = (0..<100).map { $0 < 10 ? Part.test : $0 < 30 ? .validation : $0 < 60 ? .training : nil }
    let parts = try examples(100, parts: given).split(strata: nil, seed: 0)
    #expect(parts[.test] == Array(0..<10))
    #expect(parts[.validation] == Array(10..<30))
    #expect(parts[.training] == Array(30..<100))
    // What is missing is drawn from the training examples.
    let noTest = (0..<100).map { $0 < 20 ? Part.validation : .training }
    let drawn = try examples(100, parts: noTest).split(strata: nil, seed: 0)
    #expect(drawn[.validation] == Array(0..<20))
    #expect(counts(drawn) == [64, 20, 16])
  }

  @Test func refusesTooFew() throws {
    for count in 0..<3 {
      #expect(throws: DataError.self, "\(count)") { try examples(count).split(strata: nil, seed: 0) }
    }
    #expect(counts(try examples(3).split(strata: nil, seed: 0)) == [1, 1, 1])
    #expect(throws: DataError.self) {
      try examples(50, groups: [Int](repeating: 0, count: 50)).split(strata: nil, seed: 0)
    }
    #expect(throws: DataError.self) {
      try examples(50, parts: [Part?](repeating: .test, count: 50)).split(strata: nil, seed: 0)
    }
  }

  @Test func refusesColumnsAndRowsThatDoNotFit() throws {
    #expect(throws: DataError.self) {
      try Examples(modality: "toy", title: "", names: ["a"], inputs: [Column("x", .numbers([1, 2]))])
    }
    #expect(throws: DataError.self) { try examples(2, parts: [nil]) }
    #expect(throws: DataError.self) { try examples(2, groups: [1]) }
    #expect(throws: DataError.self) { try examples(2).subset([2]) }
    let some = try examples(5, groups: [5, 6, 7, 8, 9]).subset([4, 0])
    #expect(some.names == ["toy 4", "toy 0"] && some.groups == [9, 5])
  }
}
