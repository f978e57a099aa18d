import ApusGraph
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct SamplingTests {
  private let labels = [Int32](repeating: 0, count: 20) + [1, 1, 1] + [2, 2, 2, 2]

  private func counts(_ order: [Int]) -> [Int: Int] {
    order.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  @Test func balancedEpochsHoldEveryClassEquallyOften() throws {
    let loader = try DataLoader(toyDataset(labels: labels), batchSize: 4, seed: 1, sampling: .balanced)
    for epoch in 0..<5 {
      let order = loader.order(epoch: epoch)
      #expect(order.count == labels.count)
      let ofClasses = counts(order.map { Int(labels[$0]) })
      #expect(ofClasses == [0: 9, 1: 9, 2: 9])
      // None comes again before all of its class came.
      for (index, count) in counts(order) {
        #expect(labels[index] == 0 ? count == 1 : labels[index] == 1 ? count == 3 : 2...3 ~= count)
      }
    }
    #expect(loader.order(epoch: 0) == loader.order(epoch: 0))
    #expect(loader.order(epoch: 0) != loader.order(epoch: 1))
  }

  @Test func unevenSharesChangeClasses() throws {
    let loader = try DataLoader(
      toyDataset(labels: [0, 0, 0, 1, 2]), batchSize: 4, seed: 1, sampling: .balanced)
    let favourites = (0..<40).map { epoch in
      counts(loader.order(epoch: epoch).map { [0, 0, 0, 1, 2][$0] }).filter { $0.value == 1 }.keys.first
    }
    #expect(Set(favourites) == [0, 1, 2])
  }

  @Test func weightsSayHowOftenSamplesCome() throws {
    let weights = [0, 1, 3, 0, 6.0]
    let loader = try DataLoader(
      toyDataset(labels: [0, 0, 0, 0, 0]), batchSize: 4, seed: 1, sampling: .weighted(weights))
    let drawn = counts((0..<2000).flatMap { loader.order(epoch: $0) })
    for (index, weight) in weights.enumerated() {
      #expect(abs(Double(drawn[index] ?? 0) / 10_000 - weight / 10) < 0.02)
    }
    #expect(drawn[0] == nil && drawn[3] == nil)
  }

  @Test func samplesThatComeAgainChangeInAnotherWay() throws {
    let data = try ArrayDataset(
      Literal((0..<240).map { Float($0) }, shape: [2, 12, 10, 1]),
      targets: Literal([Int32(0), 1], shape: [2]))
    let loader = try DataLoader(
      data, batchSize: 2, seed: 1, augmentations: [RandomShift(upTo: 5, fill: -1)],
      sampling: .weighted([0, 1]), workers: 0)
    let batch = try #require(try loader.batches().next())
    #expect(batch.ids == [1, 1])
    #expect(try batch.features[0].row(0).floats != batch.features[0].row(1).floats)
  }

  @Test func settingsThatMakeNoSenseAreErrors() throws {
    let data = try toyDataset(labels: [0, 1, 1])
    for weights in [[1, 2], [0, 0, 0], [1, -1, 1], [1, .nan, 1], [1, .infinity, 1]] as [[Double]] {
      #expect(
        message { _ = try DataLoader(data, batchSize: 1, sampling: .weighted(weights)) }.contains("a weight"))
    }
    let unlabelled = try ArrayDataset(Literal([Float](repeating: 0, count: 4), shape: [4, 1]))
    #expect(
      message { _ = try DataLoader(unlabelled, batchSize: 1, sampling: .balanced) }.contains("needs classes"))
  }
}

@Suite struct ProgressiveResizingTests {
  @Test func sizesGrowInStages() throws {
    let sizes = try ProgressiveResizing(from: ImageSize(16), to: ImageSize(33), epochs: 7, stages: 3)
    #expect(sizes.stages.map(\.firstEpoch) == [0, 2, 4])
    #expect(sizes.stages.map(\.size) == [ImageSize(16), ImageSize(24), ImageSize(33)])
    #expect((0..<8).map { sizes.size(epoch: $0).width } == [16, 16, 24, 24, 33, 33, 33, 33])
    #expect(message { _ = try ProgressiveResizing([]) }.contains("begin with epoch 0"))
    #expect(
      message {
        _ = try ProgressiveResizing(from: ImageSize(16), to: ImageSize(32), epochs: 0)
      }.contains("epochs"))
  }

  @Test func loadersBringImagesToTheEpochsSize() throws {
    let data = try ArrayDataset(Literal([Float](repeating: 0.5, count: 3 * 64 * 3), shape: [3, 8, 8, 3]))
    let sizes = try ProgressiveResizing([
      .init(firstEpoch: 0, size: ImageSize(width: 4, height: 6)), .init(firstEpoch: 2, size: ImageSize(8)),
    ])
    let lists: [[any Augmentation]] = [
      [], [RandomShift(upTo: 1, fill: 0.5)], [try RandomResizedCrop(ImageSize(8))],
    ]
    for augmentations in lists {
      let loader = try DataLoader(data, batchSize: 3, augmentations: augmentations, resizing: sizes)
      let shapes = try [0, 1, 2].map { try loader.batches(epoch: $0).next()?.features[0].shape.dimensions }
      #expect(shapes == [[3, 6, 4, 3], [3, 6, 4, 3], [3, 8, 8, 3]])
      let values = try #require(try loader.batches(epoch: 0).next()).features[0].floats
      #expect(values.allSatisfy { abs($0 - 0.5) < 1e-6 })
    }
  }
}
