import ApusData
import Testing

@testable import ApusVision

@Suite struct ClassBalancingTests {
  @Test func rareClassesWeighMoreOrAreDrawnMoreOften() {
    let weights = ClassBalancing(.weights, counts: [30, 10])
    #expect(weights.weights == [40.0 / 60, 2] && weights.sampling == .everySample)
    #expect(weights.sentence?.contains("weigh more") == true)
    let sampling = ClassBalancing(.sampling, counts: [30, 10])
    #expect(sampling.weights == nil && sampling.sampling == .balanced)
    #expect(sampling.sentence?.contains("drawn more often") == true)
    let none = ClassBalancing(.none, counts: [30, 10])
    #expect(none.weights == nil && none.sampling == .everySample && none.sentence == nil)
  }

  @Test(arguments: [[10, 12], [5, 0], [], [7]]) func nothingIsDoneWhereNothingCanBe(_ counts: [Int]) {
    for method in ClassBalance.allCases {
      let balancing = ClassBalancing(method, counts: counts)
      #expect(balancing.weights == nil && balancing.sampling == .everySample && balancing.sentence == nil)
    }
  }
}
