import ApusData
import ApusKernels
import Testing

@testable import ApusLearn

@Suite struct ForestTests {
  private func rows(numbers: Bool) throws -> (LabeledRows, Fold) {
    let fixture = try TreeFixture.shared.get().forests
    let features = try TreeFixture.matrix(fixture.features)
    let labels: Labels = numbers ? .numbers(fixture.numbers) : .classes(fixture.classes, count: 2)
    return (
      try LabeledRows(features, labels),
      try Fold(training: Array(0..<fixture.training), test: Array(fixture.training..<features.rowCount))
    )
  }

  /// The mean score of ten seeds on the rows that were not fitted to.
  private func score(_ estimator: some SynchronousEstimator, numbers: Bool) throws -> Double {
    let (rows, fold) = try rows(numbers: numbers)
    let test = try fold.testRows(of: rows)
    var total = 0.0
    for seed in 0..<10 {
      let model = try estimator.fit(fold.trainingRows(of: rows), FitContext(seed: UInt64(seed)))
      switch test.labels {
      case .numbers(let all):
        let outputs = try model.outputs(test.features)
        let mean = all.reduce(0, +) / Double(all.count)
        let errors = zip(all, outputs).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        total += 1 - errors / all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      case .classes(let all, _):
        let probabilities = try model.probabilities(test.features)
        let ofOne = stride(from: 1, to: probabilities.count, by: 2).map { probabilities[$0] }
        total += TreeFixture.areaUnderCurve(ofOne, all.map { $0 == 1 })
      }
    }
    return total / 10
  }

  @Test(arguments: ["randomForest", "extraTrees"]) func scoresAreThoseOfScikitLearn(kind: String) throws {
    let expected = try TreeFixture.shared.get().forests.scores
    let isRandom = kind == "randomForest"
    let classes = try isRandom ? score(RandomForest(), numbers: false) : score(ExtraTrees(), numbers: false)
    let numbers = try isRandom ? score(RandomForest(), numbers: true) : score(ExtraTrees(), numbers: true)
    // Both are means of ten seeds; three standard errors of the difference.
    for (name, came) in [(kind, classes), (kind + "OfNumbers", numbers)] {
      let score = try #require(expected[name])
      #expect(came > score.mean - 3 * score.std * (2.0 / 10).squareRoot(), "\(name): \(came), \(score)")
    }
  }

  @Test func rowsOutOfBagScoreLikeScikitLearns() throws {
    let (rows, fold) = try rows(numbers: false)
    let expected = try #require(TreeFixture.shared.get().forests.scores["outOfBag"])
    let training = try fold.trainingRows(of: rows)
    var total = 0.0
    for seed in 0..<10 {
      let model = try RandomForest(outOfBag: true).fitForest(training, FitContext(seed: UInt64(seed)))
      total += try #require(model.outOfBagScore)
      let outputs = try #require(model.outOfBagOutputs)
      #expect(outputs.count == 800)
    }
    #expect(abs(total / 10 - expected.mean) < 3 * expected.std * (2.0 / 10).squareRoot())
    #expect(throws: DataError.self) { try ExtraTrees(outOfBag: true).fit(training, FitContext()) }
  }

  @Test func threadsChangeNoBitAndSeedsDo() throws {
    let (rows, fold) = try rows(numbers: true)
    let training = try fold.trainingRows(of: rows)
    let threads = apus_thread_count()
    defer { apus_set_thread_count(threads) }
    for forest in [RandomForest(trees: 7) as any SynchronousEstimator, ExtraTrees(trees: 7)] {
      apus_set_thread_count(1)
      let alone = try forest.fit(training, FitContext(seed: 3)).outputs(rows.features)
      apus_set_thread_count(3)
      #expect(try forest.fit(training, FitContext(seed: 3)).outputs(rows.features) == alone)
      #expect(try forest.fit(training, FitContext(seed: 4)).outputs(rows.features) != alone)
    }
  }

  @Test func outOfTimeThereAreTheTreesSoFar() throws {
    let (rows, fold) = try rows(numbers: false)
    let training = try fold.trainingRows(of: rows)
    let model = try RandomForest(trees: 1000).fitForest(training, FitContext(isOutOfTime: { true }))
    #expect((1..<1000).contains(model.ensemble.treeCount))
    let share = try model.probabilities(rows.features)
    #expect(share.allSatisfy { (0...1).contains($0) })
    struct Stop: Error {}
    let context = FitContext(progress: { if $0 > 0 { throw Stop() } })
    #expect(throws: Stop.self) { try RandomForest().fit(training, context) }
    #expect(throws: Stop.self) { try ExtraTrees().fit(training, context) }
  }

  @Test func manyLevelsMissingValuesAndClassWeightsAreTaken() throws {
    var random = PhiloxGenerator(seed: 8)
    var values: [Float] = []
    var labels: [Int32] = []
    for _ in 0..<900 {
      let level = random.uniform(below: 600)
      let number = random.uniform(below: 10) == 0 ? Float.nan : random.uniform()
      labels.append(level < 30 || number.isNaN ? 1 : level % 7 == 0 ? 2 : 0)
      values += [Float(level), number]
    }
    let features = try FeatureMatrix(
      values, columns: [.init("level", .category(levels: 600)), .init("number")])
    let rows = try Fold(allOf: 900).trainingRows(of: LabeledRows(features, .classes(labels, count: 3)))
    for forest in [
      RandomForest(trees: 20, maxFeatures: .all, classWeights: .balanced) as any SynchronousEstimator,
      ExtraTrees(trees: 20, impurity: .entropy, classWeights: .given([1, 2, 3])),
    ] {
      let model = try forest.fit(rows, FitContext())
      let classes = try model.classes(features)
      let right = zip(classes, labels).count { $0 == $1 }
      #expect(right > 800)
      let again = try Catalog.open(model.archive())
      #expect(try again.outputs(features) == model.outputs(features))
      #expect(abs((model.importances ?? []).reduce(0, +) - 1) < 1e-9)
    }
  }

  @Test func tooManyLevelsAreAnError() throws {
    let features = try FeatureMatrix([0, 1], columns: [.init("name", .category(levels: 5000))])
    let rows = try Fold(allOf: 2).trainingRows(of: LabeledRows(features, .numbers([1, 2])))
    for estimator in [RandomForest() as any SynchronousEstimator, ExtraTrees(), DecisionTree()] {
      #expect(throws: DataError.self) { try estimator.fit(rows, FitContext()) }
    }
  }

  @Test func isolationFindsWhatIsPlanted() throws {
    let fixture = try TreeFixture.shared.get().isolation
    let features = try TreeFixture.matrix(fixture.features)
    let count = features.rowCount
    let labels = Labels.numbers(Array(repeating: 0, count: count))
    let rows = try Fold(allOf: count).trainingRows(of: LabeledRows(features, labels))
    let isOdd = (0..<count).map { $0 >= count - fixture.odd }
    var area = 0.0
    var means = [Double](repeating: 0, count: count)
    for seed in 0..<20 {
      let model = try IsolationForest().fit(rows, FitContext(seed: UInt64(seed)))
      let scores = try model.scores(features)
      area += TreeFixture.areaUnderCurve(scores, isOdd) / 20
      for row in 0..<count { means[row] += scores[row] / 20 }
      if seed == 0 {
        let again = try FittedIsolationForest(model.archive())
        #expect(try again.scores(features) == scores)
      }
    }
    #expect(abs(area - fixture.auc) < 0.01)
    let offs = zip(means, fixture.scores).map { abs($0 - $1) }
    #expect((offs.max() ?? 1) < 0.03)
    #expect(offs.reduce(0, +) / Double(count) < 0.006)

    let weighted = try LabeledRows(features, labels, weights: Array(repeating: 1, count: count))
    let weightedRows = try Fold(allOf: count).trainingRows(of: weighted)
    #expect(throws: DataError.self) { try IsolationForest().fit(weightedRows, FitContext()) }
    #expect(throws: DataError.self) { try IsolationForest(trees: 0).fit(rows, FitContext()) }
    #expect(throws: DataError.self) { try IsolationForest(maxSamples: 1).fit(rows, FitContext()) }
  }
}
