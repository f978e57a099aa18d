import ApusGraph
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct DatasetTests {
  /// A dataset that implements no more than it must.
  private struct Squares: Dataset {
    let count: Int
    subscript(index: Int) -> Sample {
      get throws {
        try checkIndex(index)
        return Sample(
          features: [Literal([Float(index * index)], shape: [1])],
          target: Literal([Int32(index % 2)], shape: .scalar), id: index)
      }
    }
  }

  @Test func theLeastDataSetDoesEverything() throws {
    let squares = Squares(count: 5)
    let batch = try squares.batch(at: [4, 0, 2])
    #expect(batch.features[0].shape == [3, 1])
    #expect(batch.features[0].floats == [16, 0, 4])
    #expect(batch.targets?.shape == [3])
    #expect(batch.ids == [4, 0, 2])
    #expect(try squares.classLabels() == [0, 1, 0, 1, 0])
    #expect(try squares.classCounts() == [3, 2])
    let loaded = try squares.inMemory()
    #expect(loaded.features[0].floats == [0, 1, 4, 9, 16])
    #expect(message { _ = try squares.batch(at: [5]) }.contains("sample 5 was asked for"))
  }

  @Test func arraysGiveTheirRows() throws {
    let data = try toyDataset(labels: [0, 1, 2, 1], classNames: ["a", "b", "c"])
    let batch = try data.batch(at: [3, 1, 3])
    #expect(batch.features[0].shape == [3, 2])
    #expect(batch.features[0].floats == [3, -3, 1, -1, 3, -3])
    #expect(batch.targets?.scalars(as: Int32.self) == [1, 1, 1])
    let sample = try data[2]
    #expect(sample.features[0].shape == [2] && sample.target?.shape == .scalar && sample.id == 2)
    #expect(try data.classCounts() == [1, 2, 1])
    #expect(try data.batch(at: []).count == 0)
  }

  @Test func bytesBecomeNumbersOnTheWay() throws {
    let images = Literal((0..<8).map { UInt8($0 * 36) }, shape: [2, 4])
    let data = try ArrayDataset(images, dividingBytesBy: 255)
    let batch = try data.batch(at: [1])
    #expect(batch.features[0].dtype == .float32)
    #expect(batch.features[0].floats == [144, 180, 216, 252].map { Float($0) / 255 })
    #expect(try ArrayDataset(images).batch(at: [0]).features[0].dtype == .uint8)
  }

  @Test func weightsComeAlong() throws {
    let rows = Literal([1, 2, 3] as [Float], shape: [3, 1])
    let data = try ArrayDataset(rows, weights: Literal([1, 0.5, 2] as [Float], shape: [3]))
    #expect(try data.batch(at: [2, 1]).weights?.floats == [2, 0.5])
    #expect(try data[1].weight == 0.5)
  }

  @Test func partsThatDoNotFitAreNamed() throws {
    let rows = Literal([1, 2, 3] as [Float], shape: [3, 1])
    let two = Literal([0, 1] as [Int32], shape: [2])
    #expect(message { _ = try ArrayDataset(rows, targets: two) }.contains("the targets of shape [2]"))
    #expect(message { _ = try ArrayDataset(rows, weights: two) }.contains("the weights of shape [2]"))
    #expect(
      message { _ = try ArrayDataset(Literal([1] as [Float], shape: .scalar)) }.contains("[count, ...]"))
    let bad = Literal([0, 1, 7] as [Int32], shape: [3])
    #expect(
      message { _ = try ArrayDataset(rows, targets: bad, classNames: ["a", "b"]) }
        .contains("sample 2 has the class 7"))
    #expect(message { _ = try ArrayDataset(rows, classNames: ["a"]) }.contains("none came"))
  }

  @Test func collatingNamesTheSampleAndBothShapes() {
    let samples = [
      Sample(features: [Literal([1, 2] as [Float], shape: [2])], id: 11),
      Sample(features: [Literal([1, 2, 3] as [Float], shape: [3])], id: 12),
    ]
    let text = message { _ = try Batch(collating: samples) }
    #expect(text.contains("sample 12") && text.contains("[3]") && text.contains("sample 11"))
    #expect(text.contains("[2]"))
    let mixed = [
      Sample(features: [], target: Literal([1] as [Int32], shape: []), id: 1), Sample(features: [], id: 2),
    ]
    #expect(message { _ = try Batch(collating: mixed) }.contains("sample 2 has no target"))
    #expect(message { _ = try Batch(collating: []) }.contains("at least one sample"))
  }

  @Test func subsetsKeepTheirIds() throws {
    let data = try toyDataset(labels: [0, 1, 0, 1])
    let subset = try data.subset([3, 1])
    #expect(try subset.batch(at: [0]).ids == [3])
    #expect(try subset[1].id == 1)
    #expect(try subset.classLabels() == [1, 1])
    #expect(message { _ = try data.subset([4]) }.contains("sample 4"))
    #expect(message { _ = try subset.batch(at: [2]) }.contains("sample 2"))
  }

  @Test func shufflingDependsOnTheSeedAlone() throws {
    let data = try toyDataset(labels: [Int32](repeating: 0, count: 20))
    #expect(data.shuffled(seed: 1).indices == data.shuffled(seed: 1).indices)
    #expect(data.shuffled(seed: 1).indices != data.shuffled(seed: 2).indices)
    #expect(data.shuffled(seed: 1).indices.sorted() == Array(0..<20))
  }

  @Test func concatenationCountsThrough() throws {
    let first = try toyDataset(labels: [0, 1], classNames: ["a", "b"])
    let second = try toyDataset(labels: [1, 1, 0], classNames: ["a", "b"])
    let both = try first.concatenated(with: second)
    #expect(both.count == 5)
    #expect(try both.batch(at: [4, 0]).features[0].floats == [2, -2, 0, 0])
    #expect(try both.batch(at: [2, 3]).ids == [2, 3])
    #expect(try both[4].id == 4)
    #expect(try both.classLabels() == [0, 1, 1, 1, 0])
    let third = try toyDataset(labels: [0], classNames: ["c"])
    #expect(message { _ = try first.concatenated(with: third) }.contains("different classes"))
  }

  @Test func mappingChangesSamplesAndNamesTheOneThatFails() throws {
    struct Refusal: Error {}
    let data = try toyDataset(labels: [0, 1, 0])
    let mapped = data.mapped { sample in
      guard sample.id != 2 else { throw Refusal() }
      var sample = sample
      sample.features = [Literal([Float(sample.id) * 10], shape: [1])]
      return sample
    }
    #expect(try mapped.batch(at: [1, 0]).features[0].floats == [10, 0])
    #expect(message { _ = try mapped.batch(at: [2]) }.contains("mapping sample 2 failed"))
  }

  @Test func normalizingGivesMeanZeroAndDeviationOne() throws {
    let rows = Literal([1, 1000, 3, 1000, 5, 1000, 7, 1000] as [Float], shape: [4, 2])
    let data = try ArrayDataset(rows)
    let statistics = try ChannelStatistics(of: data)
    #expect(statistics.means == [4, 1000])
    #expect(abs(statistics.stds[0] - 5.0.squareRoot()) < 1e-12 && statistics.stds[1] == 1)
    let batch = try data.normalized(by: statistics).batch(at: [0, 3])
    let deviation = Float(5.0.squareRoot())
    #expect(batch.features[0].floats == [-3 / deviation, 0, 3 / deviation, 0])
    // The rows themselves stay as they are.
    #expect(data.features[0].floats[0] == 1)
    #expect(try data.normalized(mean: 1, std: 2).batch(at: [1]).features[0].floats == [1, 499.5])
    #expect(throws: DataError.self) { _ = try data.normalized(mean: 0, std: 0) }
  }

  @Test func findsWhatIsNotFinite() throws {
    let data = try ArrayDataset(Literal([1, 2, .nan, 4] as [Float], shape: [2, 2]))
    let found = try data.batch(at: [0, 1]).firstNonFinite()
    #expect(found?.feature == 0 && found?.id == 1)
    #expect(try data.batch(at: [0]).firstNonFinite() == nil)
  }
}
