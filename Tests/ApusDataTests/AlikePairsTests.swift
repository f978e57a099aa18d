import ApusData
import Testing

@Suite struct AlikePairsTests {
  @Test func manyThatAreAlikeTakeFewPairs() {
    var alike = AlikePairs(count: 200)
    var joined = 0
    for first in 0..<200 {
      let found = (first + 1..<200).map {
        AlikePairs.Pair(first, $0, distance: Double($0 - first))
      }
      joined += found.count
      alike.add(found)
    }
    #expect(joined == 19_900)
    #expect(alike.pairs == (0..<199).map { AlikePairs.Pair($0, $0 + 1, distance: 1) })
  }

  @Test func theClosestPairsAreKept() {
    var alike = AlikePairs(count: 6)
    alike.add([.init(0, 1, distance: 3), .init(1, 2, distance: 2)])
    alike.add([.init(0, 2, distance: 1), .init(4, 5, distance: 2)])
    alike.add([])
    #expect(
      alike.pairs == [
        .init(0, 2, distance: 1), .init(1, 2, distance: 2), .init(4, 5, distance: 2),
      ])
  }
}
