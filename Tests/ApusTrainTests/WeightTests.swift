import ApusData
import ApusGraph
import ApusNN
import Testing

@testable import ApusTrain

@Suite struct WeightTests {
  /// Steps of one batch over some samples, and the weights after them.
  private func train(
    _ dataset: any Dataset, batchSize: Int, classWeights: [Double]? = nil, rate: Double = 0.1
  ) async throws -> [Float] {
    let learner = Learner(smallModel(), loss: .crossEntropy, optimizer: .sgd(learningRate: rate))
    try await learner.fit(
      dataset, epochs: 3, batchSize: batchSize,
      options: FitOptions(shuffle: false, classWeights: classWeights, progress: .none))
    return try learner.numbers()
  }

  private func close(_ left: [Float], _ right: [Float]) -> Bool {
    zip(left, right).allSatisfy { abs($0 - $1) < 1e-5 }
  }

  @Test func classWeightsAreSampleWeights() async throws {
    let data = try points(24)
    let labels = try #require(try data.classLabels())
    let classWeights = [0.5, 2, 3]
    let weights = Literal(labels.map { Float(classWeights[$0]) }, shape: [24])
    let weighted = try ArrayDataset(data.features[0], targets: data.targets, weights: weights)
    let bySample = try await train(weighted, batchSize: 8)
    #expect(try await train(data, batchSize: 8, classWeights: classWeights) == bySample)
    #expect(try await !close(train(data, batchSize: 8), bySample))
  }

  @Test func weightOfZeroIsAbsence() async throws {
    let data = try points(16)
    let weights = Literal((0..<16).map { Float($0 < 8 ? 1 : 0) }, shape: [16])
    let weighted = try ArrayDataset(data.features[0], targets: data.targets, weights: weights)
    // Σ weight · loss / 16: half the mean over the eight that count.
    let half = try await train(weighted, batchSize: 16, rate: 0.2)
    #expect(try await close(half, train(data.subset(0..<8), batchSize: 8, rate: 0.1)))
  }
}
