import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct SplitIndicesTests {
  /// 60 samples of three strata, in groups of one to six.
  private let strata = (0..<60).map { $0 < 30 ? 4 : $0 < 50 ? 7 : 9 }

  private func counts(_ part: [Int]) -> [Int] {
    [4, 7, 9].map { stratum in part.count { strata[$0] == stratum } }
  }

  @Test func everySampleIsInOnePart() throws {
    let split = try Split.indices(count: 60, strata: strata, fractions: [0.7, 0.1, 0.2], seed: 5)
    #expect(split.parts.joined().sorted() == Array(0..<60))
    #expect(split.parts.map(counts) == [[21, 14, 7], [3, 2, 1], [6, 4, 2]])
    #expect(split.unstratified.isEmpty && split.parts.allSatisfy { $0 == $0.sorted() })
    #expect(try Split.indices(count: 60, strata: strata, fractions: [0.7, 0.1, 0.2], seed: 5) == split)
    #expect(try Split.indices(count: 60, strata: strata, fractions: [0.7, 0.1, 0.2], seed: 6) != split)
    let plain = try Split.indices(count: 11, fractions: [0.5, 0.25, 0.25], seed: 1)
    #expect(plain.parts.map(\.count) == [6, 3, 2] && plain.parts.joined().sorted() == Array(0..<11))
    #expect(try Split.indices(count: 3, fractions: [1], seed: 1).parts == [[0, 1, 2]])
  }

  /// The numbers that a seed stands for stay: results of older versions can be had again.
  @Test func aSeedMeansTheSameForEver() throws {
    let two = try Split.indices(
      count: 12, strata: [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1], fractions: [0.5, 0.5], seed: 3)
    #expect(two.parts[0] == [3, 4, 5, 6, 10, 11])
    let data = try toyDataset(labels: [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    #expect(try data.split(0.5, seed: 3).first.indices == two.parts[0])
  }

  /// What has as many samples as there are parts is in each; what has fewer is named.
  @Test func rareStrataAreSpreadOrNamed() throws {
    let strata = [Int](repeating: 0, count: 40) + [1, 1, 1, 2, 2, 3]
    for seed in 0..<20 {
      let split = try Split.indices(
        count: 46, strata: strata, fractions: [0.8, 0.1, 0.1], seed: UInt64(seed))
      #expect(split.parts.allSatisfy { part in part.contains { strata[$0] == 1 } })
      #expect(split.unstratified.map(\.stratum) == [2, 3] && split.unstratified.map(\.count) == [2, 1])
      #expect(split.unstratified.map(\.parts.count) == [1, 2])
    }
  }

  @Test func groupsStayTogether() throws {
    var groups: [Int] = []
    while groups.count < 60 {
      groups += [Int](repeating: 100 - groups.count, count: min(groups.count % 6 + 1, 60 - groups.count))
    }
    for seed in 0..<10 {
      let split = try Split.indices(
        count: 60, strata: strata, groups: groups, fractions: [0.6, 0.2, 0.2], seed: UInt64(seed))
      #expect(split.parts.joined().sorted() == Array(0..<60))
      let owners = split.parts.map { part in Set(part.map { groups[$0] }) }
      #expect(owners[0].isDisjoint(with: owners[1]) && owners[1].isDisjoint(with: owners[2]))
      #expect(owners[0].isDisjoint(with: owners[2]))
      // As near as groups of up to six allow.
      #expect(abs(split.parts[0].count - 36) <= 6 && abs(split.parts[1].count - 12) <= 6)
    }
    let again = try Split.indices(count: 60, groups: groups, fractions: [0.5, 0.5], seed: 2)
    #expect(try again == Split.indices(count: 60, groups: groups, fractions: [0.5, 0.5], seed: 2))
    #expect(abs(again.parts[0].count - 30) <= 1)
    // Groups of one sample are no groups: strata are met.
    let single = try Split.indices(
      count: 60, strata: strata, groups: Array(0..<60), fractions: [0.8, 0.2], seed: 1)
    for (found, wanted) in zip(counts(single.parts[1]), [6, 4, 2]) { #expect(abs(found - wanted) <= 1) }
    // No part stays empty while there are groups for all.
    let few = try Split.indices(
      count: 6, groups: [0, 0, 0, 0, 1, 2], fractions: [0.9, 0.05, 0.05], seed: 1)
    #expect(few.parts.map(\.count).sorted() == [1, 1, 4])
    let folds = try Split.folds(3, count: 60, strata: strata, groups: groups, seed: 4)
    #expect(folds.parts.joined().sorted() == Array(0..<60))
    let data = try toyDataset(labels: strata.map { Int32($0) })
    let parts = try data.split(0.5, seed: 1, groups: groups)
    #expect(
      Set(parts.first.indices.map { groups[$0] }).isDisjoint(with: parts.second.indices.map { groups[$0] }))
  }

  @Test func oddRequestsAreRefused() throws {
    func text(
      count: Int = 6, strata: [Int]? = nil, groups: [Int]? = nil, _ fractions: [Double]
    ) -> String {
      message {
        _ = try Split.indices(count: count, strata: strata, groups: groups, fractions: fractions, seed: 0)
      }
    }
    for fractions in [[], [0.5], [0.5, 0.6], [1.5, -0.5], [1, 0], [Double.nan, 1], [.infinity, 1]] {
      #expect(text(fractions).contains("sum up to 1"), "\(fractions)")
    }
    #expect(text(strata: [1, 2], [0.5, 0.5]).contains("strata for 6 samples were expected, 2 came"))
    #expect(text(groups: [1, 2], [0.5, 0.5]).contains("groups for 6 samples"))
    #expect(text(count: 1, [0.5, 0.5]).contains("2 parts cannot be made of 1 samples"))
    #expect(text(groups: [1, 1, 1, 1, 1, 1], [0.5, 0.5]).contains("1 groups"))
    #expect(text(count: 0, [1]).contains("0 samples"))
    #expect(message { _ = try Split.folds(1, count: 6, seed: 0) }.contains("from 2 to 6 folds"))
  }
}
