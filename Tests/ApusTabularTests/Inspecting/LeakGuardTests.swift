import ApusData
import Testing

@testable import ApusTabular

@Suite struct LeakGuardTests {
  private static func uniform(_ count: Int, _ seed: UInt64) -> [Double] {
    var generator = PhiloxGenerator(seed: seed)
    return (0..<count).map { _ in Double.random(in: 0..<1, using: &generator) }
  }

  private func leaks(_ columns: [(String, LeakColumn)], _ target: LeakColumn) -> [Leak] {
    LeakGuard(names: columns.map(\.0), columns: columns.map(\.1), target: target).leaks()
  }

  @Test func sumsAndDifferencesThatAreTheTarget() {
    let (a, b, c, d) = (
      Self.uniform(300, 1), Self.uniform(300, 2), Self.uniform(300, 3), Self.uniform(300, 4)
    )
    let columns = [("a", a), ("b", b), ("c", c), ("d", d)].map { ($0.0, LeakColumn.numbers($0.1)) }
    let two = leaks(columns, .numbers(a.indices.map { a[$0] - c[$0] }))
    #expect(two.map(\.columns) == [["a", "c"]] && two.first?.text == "a - c is the target")
    let three = leaks(columns, .numbers(a.indices.map { b[$0] - a[$0] + d[$0] }))
    #expect(three.map(\.columns) == [["a", "b", "d"]] && three.first?.kind == .combination)
    #expect(leaks(columns, .numbers(a.indices.map { a[$0] + 0.9 * c[$0] })).isEmpty)
  }

  @Test func copiesWhateverTheirScale() {
    let a = Self.uniform(200, 5), b = Self.uniform(200, 6)
    let found = leaks(
      [("cube", .numbers(a.map { -$0 * $0 * $0 })), ("b", .numbers(b))], .numbers(a.map { $0 + 1e9 }))
    #expect(found.map(\.columns) == [["cube"]] && found.first?.kind == .copy)
  }

  @Test func columnsThatPredictAlone() {
    let a = Self.uniform(400, 7), noise = Self.uniform(400, 8)
    // A step for each tenth, which no rank correlation finds.
    let target = a.map { Double(Int($0 * 10) * 7 % 10) }
    let levels = a.map { Int($0 * 10) }
    let found = leaks([("grade", .levels(levels)), ("noise", .numbers(noise))], .numbers(target))
    #expect(found.map(\.columns) == [["grade"]] && found.first?.kind == .predictsAlone)
    let classes = leaks(
      [("noise", .numbers(noise)), ("a", .numbers(a.map { ($0 * 20).rounded(.down) / 20 }))],
      .levels(a.map { $0 >= 0.5 ? 1 : 0 }))
    #expect(classes.map(\.columns) == [["a"]])
  }

  @Test func ordinaryDataRaiseNoAlarm() {
    for seed in 0..<20 as Range<UInt64> {
      let columns = (0..<5).map { Self.uniform(200, 100 * seed + $0) }
      let noise = Self.uniform(200, 100 * seed + 50)
      let signal = noise.indices.map { 3 * columns[0][$0] + columns[1][$0] + 0.5 * noise[$0] }
      let named = columns.enumerated().map { ("x\($0)", LeakColumn.numbers($1)) }
      #expect(leaks(named, .numbers(signal)).isEmpty, "seed \(seed)")
      #expect(leaks(named, .levels(signal.map { $0 > 2.2 ? 1 : 0 })).isEmpty, "seed \(seed)")
      // A level for each row says nothing of rows that are left out.
      let ids = [("id", LeakColumn.levels(Array(0..<200)))]
      #expect(leaks(ids, .levels((0..<200).map { $0 % 3 })).isEmpty)
    }
  }
}
