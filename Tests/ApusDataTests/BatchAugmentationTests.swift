import ApusGraph
import ApusIO
import ApusTensor
import ApusTestSupport
import Testing

@testable import ApusData

@Suite struct BatchAugmentationTests {
  private struct Expected {
    let batch: Batch
    let draws: [Double]
    let images: [Float]
    let answers: [Float]

    /// A batch, and what torchvision makes of it: `scripts/fixtures/mixing.py`.
    init(_ name: String) throws {
      let arrays = try NumPyFile.readArchive(from: fixturePath("images/mixing.npz"))
      func array(_ name: String) throws -> Literal { try #require(arrays[name]).literal() }
      let labels = try array("labels")
      var batch = Batch(
        features: [try array("images")], targets: labels, ids: Array(0..<labels.shape.elementCount))
      try batch.spreadClasses(4)
      self.batch = batch
      draws = try array(name + "-draws").doubles
      images = try array(name + "-images").floats
      answers = try array(name + "-targets").floats
    }
  }

  private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }

  @Test(arguments: ["mixup0", "mixup1"])
  func mixUpIsThatOfTorchvision(name: String) throws {
    let expected = try Expected(name)
    var batch = expected.batch
    try MixUp.mix(&batch, share: Float(expected.draws[0]))
    #expect(largestDifference(batch.features[0].floats, expected.images) < 1e-6)
    #expect(try largestDifference(#require(batch.targets).floats, expected.answers) < 1e-6)
  }

  @Test(arguments: ["cutmix0", "cutmix1", "cutmix2", "cutmix3"])
  func cutMixIsThatOfTorchvision(name: String) throws {
    let expected = try Expected(name)
    var batch = expected.batch
    let region = CutMix.region(
      x: Int(expected.draws[1]), y: Int(expected.draws[2]), share: expected.draws[0],
      of: ImageSize(width: 8, height: 6))
    try CutMix.paste(region, into: &batch)
    #expect(batch.features[0].floats == expected.images)
    #expect(try largestDifference(#require(batch.targets).floats, expected.answers) < 1e-6)
  }

  private func images(_ count: Int = 14) throws -> ArrayDataset {
    let bytes = (0..<count * 6 * 5).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return try ArrayDataset(
      Literal(bytes, shape: [count, 6, 5, 1]),
      targets: Literal((0..<count).map { Int32($0 % 3) }, shape: [count]), classNames: ["a", "b", "c"],
      dividingBytesBy: 255)
  }

  private func all(_ loader: DataLoader, epoch: Int = 0, from first: Int = 0) throws -> [Batch] {
    let iterator = try loader.batches(epoch: epoch, startingAt: first)
    var batches: [Batch] = []
    while let batch = try iterator.next() { batches.append(batch) }
    return batches
  }

  @Test func loadersMixTheSameWayWhoeverWorks() throws {
    let mixing = RandomChoice([try MixUp(alpha: 1), try CutMix()])
    func batches(workers: Int, seed: UInt64 = 3, epoch: Int = 1, from first: Int = 0) throws -> [[Float]] {
      let loader = try DataLoader(
        images(), batchSize: 4, shuffled: true, seed: seed, batchAugmentations: [mixing], workers: workers)
      return try all(loader, epoch: epoch, from: first).map {
        $0.features[0].floats + ($0.targets?.floats ?? [])
      }
    }
    let expected = try batches(workers: 0)
    #expect(try batches(workers: 2) == expected)
    #expect(try batches(workers: 0, from: 2) == Array(expected[2...]))
    #expect(try batches(workers: 0, epoch: 2) != expected)
    #expect(try batches(workers: 0, seed: 4) != expected)
  }

  @Test func answersStayProbabilities() throws {
    let loader = try DataLoader(images(), batchSize: 4, batchAugmentations: [try MixUp(alpha: 1)])
    for batch in try all(loader) {
      let targets = try #require(batch.targets)
      #expect(targets.shape.dimensions == [batch.count, 3])
      for row in 0..<batch.count {
        #expect(abs(targets.floats[row * 3..<row * 3 + 3].reduce(0, +) - 1) < 1e-6)
      }
    }
  }

  @Test func aBatchLeftAloneHasCertainAnswers() throws {
    let plain = try all(DataLoader(images(), batchSize: 5))
    let mixed = try all(
      DataLoader(images(), batchSize: 5, batchAugmentations: [try CutMix(probability: 0)]))
    #expect(mixed.map { $0.features[0].floats } == plain.map { $0.features[0].floats })
    #expect(mixed[0].targets?.floats == [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0])
  }

  @Test func whatCannotBeMixedIsAnError() throws {
    #expect(message { _ = try MixUp(alpha: 0) }.contains("positive alpha"))
    #expect(message { _ = try CutMix(probability: 1.5) }.contains("0 to 1"))
    let unnamed = try toyDataset(labels: [0, 1, 1])
    let loader = try DataLoader(unnamed, batchSize: 2, batchAugmentations: [try MixUp()])
    #expect(message { _ = try all(loader) }.contains("classNames"))
    let numbers = try toyDataset(labels: [0, 1, 1], classNames: ["a", "b"])
    let pasting = try DataLoader(numbers, batchSize: 2, batchAugmentations: [try CutMix()])
    #expect(message { _ = try all(pasting) }.contains("[height, width, channels]"))
  }

  @Test(arguments: [0.05, 0.2, 1, 4])
  func betaHasItsMoments(alpha: Double) {
    var random = PhiloxGenerator(seed: 9)
    let count = 20_000
    let values = (0..<count).map { _ in random.beta(alpha, alpha) }
    #expect(values.allSatisfy { 0...1 ~= $0 })
    let mean = values.reduce(0, +) / Double(count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    #expect(abs(mean - 0.5) < 0.01)
    #expect(abs(variance - 1 / (4 * (2 * alpha + 1))) < 0.004)
  }
}
