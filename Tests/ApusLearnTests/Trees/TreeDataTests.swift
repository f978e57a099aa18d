import ApusData
import Testing

@testable import ApusLearn

@Suite struct TreeDataTests {
  @Test func binsKeepTheOrderAndShareTheRows() throws {
    var random = PhiloxGenerator(seed: 9)
    // Half zeros of both signs, some missing values, the rest all different, and far apart in size.
    let values = (0..<4000).map { row -> Float in
      switch row % 10 {
      case 0..<5: row % 2 == 0 ? 0 : -0.0
      case 5: .nan
      default: Float(random.normal() * 1e3) * (random.uniform() < 0.01 ? 1e20 : 1)
      }
    }
    let few = (0..<4000).map { Float($0 % 255) }
    let features = try FeatureMatrix(rows: zip(values, few).map { [$0, $1] })
    let data = try TreeData(binning: features)
    let bins = data.bins[..<4000]
    var rowsOf = [Int](repeating: 0, count: 256)
    for (value, bin) in zip(values, bins) {
      rowsOf[Int(bin)] += 1
      #expect((bin == 255) == value.isNaN)
      if !value.isNaN { #expect(data.lows[Int(bin)] <= value && value <= data.highs[Int(bin)]) }
    }
    for bin in 1..<255 where rowsOf[bin] > 0 { #expect(data.highs[bin - 1] < data.lows[bin]) }
    // The zeros take one bin, the 1,600 others the rest: 7 rows at most.
    let sizes = rowsOf[..<255].sorted()
    #expect(sizes[254] == 2000 && sizes[253] <= 7 && sizes[0] >= 1)
    // Where there are no more values than bins, each has one.
    #expect(data.bins[4000...].map { Int($0) } == few.map { Int($0) })
  }

  @Test func rareLevelsShareABin() throws {
    let levels = (0..<3000).map { $0 < 2000 ? Float($0 % 10) : Float($0 - 2000) }
    let features = try FeatureMatrix(levels, columns: [.init("c", .category(levels: 1000))])
    let data = try TreeData(binning: features)
    #expect(data.codes == [255])
    #expect(Set(data.bins[..<10]).count == 10 && !data.bins[..<10].contains(254))
    // As a set of levels, the bin of the rare ones is all of them.
    var set = [UInt32](repeating: 0, count: 8)
    set[7] = 1 << (254 % 32)
    let rare = data.levels(of: set, column: 0)
    #expect(rare.reduce(0) { $0 + $1.nonzeroBitCount } == 1000 - 254)
  }
}
