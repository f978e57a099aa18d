import ApusGraph
import Foundation
import Synchronization
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct DataLoaderTests {
  private func all(_ loader: DataLoader, epoch: Int = 0, from first: Int = 0) throws -> [Batch] {
    let iterator = try loader.batches(epoch: epoch, startingAt: first)
    var batches: [Batch] = []
    while let batch = try iterator.next() { batches.append(batch) }
    #expect(try iterator.next() == nil)
    return batches
  }

  private func images(_ count: Int = 37) throws -> ArrayDataset {
    let bytes = (0..<count * 6 * 5).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return try ArrayDataset(Literal(bytes, shape: [count, 6, 5, 1]), dividingBytesBy: 255)
  }

  private let augmentations: [any Augmentation] = [RandomShift(upTo: 2), RandomHorizontalFlip()]

  @Test func dealsEverySampleOnce() throws {
    let data = try toyDataset(labels: [Int32](repeating: 0, count: 23))
    for shuffled in [false, true] {
      let batches = try all(DataLoader(data, batchSize: 5, shuffled: shuffled))
      #expect(batches.map(\.count) == [5, 5, 5, 5, 3])
      let ids = batches.flatMap(\.ids)
      #expect(ids.sorted() == Array(0..<23))
      #expect((ids == Array(0..<23)) != shuffled)
      for batch in batches {
        #expect(batch.features[0].floats == batch.ids.flatMap { [Float($0), -Float($0)] })
      }
    }
  }

  @Test func droppingTheRemainderLeavesFullBatches() throws {
    let data = try toyDataset(labels: [Int32](repeating: 0, count: 23))
    let loader = try DataLoader(data, batchSize: 5, dropRemainder: true)
    #expect(loader.batchCount == 4 && loader.sampleCount == 20)
    #expect(try all(loader).map(\.count) == [5, 5, 5, 5])
    #expect(message { _ = try DataLoader(data, batchSize: 24, dropRemainder: true) }.contains("23 samples"))
  }

  @Test func ordersDependOnSeedAndEpoch() throws {
    let data = try toyDataset(labels: [Int32](repeating: 0, count: 50))
    let loader = try DataLoader(data, batchSize: 5, shuffled: true, seed: 1)
    #expect(loader.order(epoch: 3) == loader.order(epoch: 3))
    #expect(loader.order(epoch: 3) != loader.order(epoch: 4))
    #expect(
      try DataLoader(data, batchSize: 5, shuffled: true, seed: 2).order(epoch: 3) != loader.order(epoch: 3))
  }

  @Test(arguments: [1, 2, 5])
  func workersDoNotMatter(workers: Int) throws {
    let data = try images()
    func features(_ workers: Int) throws -> [[Float]] {
      let loader = try DataLoader(
        data, batchSize: 4, shuffled: true, seed: 5, augmentations: augmentations, workers: workers,
        prefetch: 3)
      return try all(loader, epoch: 2).map { $0.features[0].floats }
    }
    #expect(try features(workers) == features(0))
  }

  @Test func batchSizeDoesNotMatterToASample() throws {
    let data = try images()
    func byId(_ batchSize: Int) throws -> [Int: [Float]] {
      let loader = try DataLoader(
        data, batchSize: batchSize, shuffled: true, seed: 5, augmentations: augmentations)
      var result: [Int: [Float]] = [:]
      for batch in try all(loader) {
        for sample in try batch.samples() { result[sample.id] = sample.features[0].floats }
      }
      return result
    }
    #expect(try byId(4) == byId(9))
  }

  @Test func startingInTheMiddleContinuesExactly() throws {
    let loader = try DataLoader(
      images(), batchSize: 4, shuffled: true, seed: 5, augmentations: augmentations)
    let whole = try all(loader, epoch: 1)
    for first in 0...whole.count {
      let rest = try all(loader, epoch: 1, from: first)
      #expect(rest.map(\.ids) == whole[first...].map(\.ids))
      #expect(rest.map { $0.features[0].floats } == whole[first...].map { $0.features[0].floats })
    }
    #expect(
      message { _ = try loader.batches(epoch: 1, startingAt: whole.count + 1) }.contains("was requested"))
    #expect(message { _ = try loader.batches(epoch: -1) }.contains("epoch -1"))
  }

  @Test func slowAndFastWaysAgree() throws {
    let loader = try DataLoader(images(), batchSize: 4, shuffled: true, augmentations: augmentations)
    let general = augmentations.map { augmentation in
      CustomAugmentation { sample, random in try augmentation.augmented(sample, random: &random) }
    }
    let slow = try DataLoader(images(), batchSize: 4, shuffled: true, augmentations: general)
    #expect(try all(loader).map { $0.features[0].floats } == all(slow).map { $0.features[0].floats })
  }

  @Test func augmentationLeavesTheDataAlone() throws {
    let data = try ArrayDataset(Literal((0..<60).map { Float($0) }, shape: [2, 6, 5, 1]))
    let loader = try DataLoader(data, batchSize: 2, augmentations: [RandomShift(upTo: 3, fill: -1)])
    for epoch in 0..<5 { _ = try all(loader, epoch: epoch) }
    #expect(data.features[0].floats == (0..<60).map { Float($0) })
  }

  /// A dataset that fails at one sample, and counts what was fetched.
  private final class Failing: Dataset {
    struct Trouble: Error {}
    let fetched = Mutex<Set<Int>>([])
    let bad: Int
    let count: Int

    init(count: Int, bad: Int) {
      self.count = count
      self.bad = bad
    }

    subscript(index: Int) -> Sample {
      get throws {
        _ = fetched.withLock { $0.insert(index) }
        if index == bad { throw Trouble() }
        return Sample(features: [Literal([Float(index)], shape: [1])], id: index)
      }
    }
  }

  @Test(arguments: [0, 1, 3])
  func errorsComeInTheirTurnAndNameTheSamples(workers: Int) throws {
    let iterator = try DataLoader(Failing(count: 20, bad: 9), batchSize: 4, workers: workers).batches()
    #expect(try iterator.next()?.ids == [0, 1, 2, 3])
    #expect(try iterator.next()?.ids == [4, 5, 6, 7])
    let text = message { _ = try iterator.next() }
    #expect(text.contains("batch 2 of epoch 0") && text.contains("8, 9, 10, 11") && text.contains("Trouble"))
    #expect(try iterator.next() == nil)
  }

  @Test func prefetchIsBounded() throws {
    let data = Failing(count: 1000, bad: -1)
    let iterator = try DataLoader(data, batchSize: 1, workers: 3, prefetch: 5).batches()
    for _ in 0..<10 { _ = try iterator.next() }
    // Ten were taken; five more may be made or in the making, whatever the threads' timing.
    #expect(data.fetched.withLock { $0.count } <= 15)
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    let data = try toyDataset(labels: [0])
    #expect(throws: DataError.self) { _ = try DataLoader(data, batchSize: 0) }
    #expect(throws: DataError.self) { _ = try DataLoader(data, batchSize: 1, workers: -1) }
    #expect(throws: DataError.self) { _ = try DataLoader(data, batchSize: 1, prefetch: 0) }
    #expect(message { _ = try DataLoader(SampleDataset([]), batchSize: 1) }.contains("no samples"))
  }
}
