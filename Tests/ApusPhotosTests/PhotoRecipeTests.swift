import ApusData
import ApusPhotos
import Testing

/// Which network learns, and how.
@Suite struct PhotoRecipeTests {
  @Test func whatIsKnownIsUsedWherePhotosAreLargeEnough() throws {
    let known = try PhotoRecipe(side: 240, count: 2000, hasWeights: { _ in true })
    #expect(known.architecture == "EfficientNetLite0" && known.start == .imageNet)
    #expect(known.size == ImageSize(224) && known.classifier != nil && known.network?.neededBelow == 0.98)
    let unknown = try PhotoRecipe(side: 240, count: 2000, hasWeights: { _ in false })
    #expect(unknown.start == .random && unknown.classifier == nil && unknown.architecture == "ResNet9")
    let small = try PhotoRecipe(side: 32, count: 50_000, hasWeights: { $0.pretrained != nil })
    #expect(small.start == .random && small.size == ImageSize(32))
    #expect(small.architecture == "ResNet9" && small.network == nil && small.scratch?.epochs == 12)
    // More photos need fewer epochs.
    let many = try PhotoRecipe(side: 240, count: 50_000, hasWeights: { _ in false })
    #expect((many.scratch?.epochs ?? 0) < (unknown.scratch?.epochs ?? 0))
    // Photos are changed in more ways than pictures that are framed alike.
    #expect(small.scratch?.mixing == 0 && (unknown.scratch?.mixing ?? 0) > 0)
  }

  @Test func wishesAreMet() throws {
    var wishes = PhotoRecipe.Wishes()
    wishes.fromScratch = true
    let scratch = try PhotoRecipe(side: 240, count: 2000, wishes: wishes, hasWeights: { _ in true })
    #expect(scratch.start == .random && scratch.balance == .weights)
    wishes.balance = .sampling
    #expect(
      try PhotoRecipe(side: 240, count: 9, wishes: wishes, hasWeights: { _ in true }).balance == .sampling)
    wishes = PhotoRecipe.Wishes()
    wishes.architecture = "leNet-5"
    wishes.side = 48
    wishes.epochs = 3
    wishes.mirrors = false
    let named = try PhotoRecipe(side: 240, count: 2000, wishes: wishes, hasWeights: { _ in false })
    #expect(named.architecture == "LeNet5" && named.size == ImageSize(48) && !named.mirrors)
    #expect(named.network?.tuning.epochs == 3)
    wishes = PhotoRecipe.Wishes()
    wishes.fineTunes = false
    #expect(try PhotoRecipe(side: 240, count: 9, wishes: wishes, hasWeights: { _ in true }).network == nil)
    wishes.fineTunes = true
    let always = try PhotoRecipe(side: 240, count: 9, wishes: wishes, hasWeights: { _ in true })
    #expect((always.network?.neededBelow ?? 0) > 1)
  }

  @Test func wishesThatCannotBeMetAreErrors() {
    func refused(_ change: (inout PhotoRecipe.Wishes) -> Void) {
      var wishes = PhotoRecipe.Wishes()
      change(&wishes)
      #expect(throws: DataError.self) { try PhotoRecipe(side: 240, count: 2000, wishes: wishes) }
    }
    refused { $0.architecture = "NoNet" }
    refused { $0.side = 8 }
    refused { $0.epochs = 0 }
  }
}
