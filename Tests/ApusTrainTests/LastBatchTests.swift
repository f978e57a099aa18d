import ApusData
import ApusNN
import Testing

@testable import ApusTrain

/// A single sample that is left over joins the batch before it.
@Suite struct LastBatchTests {
  @Test(arguments: [
    (1, 10, [1]), (10, 10, [10]), (11, 10, [11]), (12, 10, [10, 2]), (21, 10, [10, 11]), (3, 2, [3]),
    (4, 1, [1, 1, 1, 1]),
  ])
  func batchesAreNeverOfOneSample(samples: Int, batchSize: Int, expected: [Int]) throws {
    let loader = try DataLoader(points(samples), batchSize: batchSize, shuffled: true, workers: 0)
    let batches = try loader.batches(epoch: 2)
    var sizes: [Int] = [], ids: [Int] = []
    while let batch = try batches.next() {
      sizes.append(batch.count)
      ids += batch.ids
    }
    #expect(sizes == expected)
    #expect(ids == loader.order(epoch: 2))
    #expect(loader.batchCount == expected.count && loader.sampleCount == samples)
    #expect(DataLoader.batchCount(samples: samples, batchSize: batchSize) == expected.count)
  }

  @Test func whatIsDroppedJoinsNothing() throws {
    let loader = try DataLoader(points(21), batchSize: 10, dropRemainder: true, workers: 0)
    let batches = try loader.batches()
    var sizes: [Int] = []
    while let batch = try batches.next() { sizes.append(batch.count) }
    #expect(sizes == [10, 10] && loader.sampleCount == 20)
  }

  @Test func batchNormalizationTrainsOnOneSampleTooMany() async throws {
    let learner = Learner(statefulModel(), loss: .crossEntropy, metrics: [.accuracy])
    let history = try await learner.fit(
      points(21), validation: points(11, seed: 3), epochs: 3, batchSize: 10, options: .quiet)
    #expect(history["val_loss"].count == 3 && learner.stepCount == 6)
    #expect(try learner.predict(points(11), batchSize: 5).count == 11)
  }
}
