import ApusGraph
import ApusIO
import Foundation
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct TargetScalingTests {
  @Test func scalesAndRestores() throws {
    let data = SampleDataset(
      [[1, 5], [3, 5], [5, 5]].enumerated().map { index, row in
        Sample(
          features: [Literal([Float(index)], shape: [1])], target: Literal(row.map { Float($0) }, shape: [2]),
          id: index)
      })
    let scaling = try TargetScaling(of: data)
    #expect(scaling.statistics.means == [3, 5] && scaling.statistics.stds[1] == 1)
    let batch = try data.mapped(scaling.scaled).batch(at: [0, 1, 2])
    let scaled = try #require(batch.targets)
    #expect(abs(scaled.doubles[0] + 1.5.squareRoot()) < 1e-6 && scaled.doubles[3] == 0)
    let rows = try scaling.restored(scaled)
    #expect(zip(rows.joined(), [1, 5, 3, 5, 5, 5]).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(throws: DataError.self) { try scaling.restored(Literal([1] as [Float], shape: [1, 1])) }
    #expect(throws: DataError.self) { try scaling.scaled(Sample(features: [], id: 0)) }
    #expect(throws: DataError.self) {
      try TargetScaling(
        of: SampleDataset([Sample(features: [], target: Literal([1] as [Int32], shape: [1]), id: 0)]))
    }
  }

  @Test func foldersNameLabels() throws {
    try withTemporaryFolder { folder in
      for name in ["beach+dog", "dog", "."] {
        try FileManager.default.createDirectory(
          atPath: folder + "/" + name, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: imagePath("photo.jpg"), toPath: "\(folder)/\(name)/1.jpg")
      }
      let loading = ImageLoading(ImageSize(8))
      let data = try ImageDataset(folder: folder, labelSeparator: "+", loading: loading)
      #expect(data.classNames == ["beach", "dog"] && data.count == 3)
      #expect(try data.batch(at: [0, 1, 2]).targets?.doubles == [0, 0, 1, 1, 0, 1])
      #expect(throws: DataError.self) {
        try ImageDataset(folder: folder, labelSeparator: "+", loading: loading, labelNames: ["dog"])
      }
    }
  }
}
