import ApusData

/// Limits that trees of all kinds have.
struct TreeLimits {
  private let maxDepth: Int?
  private let minSamplesSplit: Int
  private let minSamplesLeaf: Int
  private let minImpurityDecrease: Double

  init(_ maxDepth: Int?, _ minSamplesSplit: Int, _ minSamplesLeaf: Int, _ minImpurityDecrease: Double) {
    self.maxDepth = maxDepth
    self.minSamplesSplit = minSamplesSplit
    self.minSamplesLeaf = minSamplesLeaf
    self.minImpurityDecrease = minImpurityDecrease
  }

  func check() throws {
    if let maxDepth, maxDepth < 1 {
      throw DataError(.setting, "a maxDepth of at least 1 was expected, \(maxDepth) came")
    }
    guard minSamplesSplit >= 2 else {
      throw DataError(.setting, "a minSamplesSplit of at least 2 was expected, \(minSamplesSplit) came")
    }
    guard minSamplesLeaf >= 1 else {
      throw DataError(.setting, "a minSamplesLeaf of at least 1 was expected, \(minSamplesLeaf) came")
    }
    guard minImpurityDecrease >= 0 else {
      throw DataError(
        .setting, "a minImpurityDecrease of at least 0 was expected, \(minImpurityDecrease) came")
    }
  }
}
