import ApusData
import Testing

@testable import ApusLearn

@Suite struct DecisionTreeTests {
  @Test(arguments: 0..<10) func treesAreThoseOfScikitLearn(place: Int) throws {
    let expected = try TreeFixture.shared.get().trees[place]
    let model = try expected.tree.fitTree(expected.trainingRows(), FitContext())
    let test = try TreeFixture.matrix(expected.test)
    #expect(model.ensemble.nodeCount == expected.nodes)
    let outputs = try model.outputCount == 1 ? model.outputs(test) : model.probabilities(test)
    #expect(zip(outputs, expected.outputs.joined()).allSatisfy { abs($0 - $1) < 1e-9 })
    #expect(outputs.count == expected.outputs.joined().count)
    let importances = try #require(model.importances)
    #expect(zip(importances, expected.importances).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func aFullTreeKnowsItsRowsAndSurvivesSaving() throws {
    let expected = try TreeFixture.shared.get().trees[0]
    let rows = try expected.trainingRows()
    let model = try DecisionTree().fit(rows, FitContext())
    let (labels, _) = try rows.labels.requireClasses(for: "the test")
    #expect(try model.classes(rows.features) == labels)
    let again = try Catalog.open(model.archive())
    #expect(try again.outputs(rows.features) == model.outputs(rows.features))
    #expect(again.importances == model.importances)
    #expect(throws: DataError.self) { try model.outputs(FeatureMatrix(rows: [[1, 2, 3]])) }
  }

  @Test func weightsCountLikeRowsThatAreRepeated() throws {
    let expected = try TreeFixture.shared.get().trees[4]
    let rows = try expected.trainingRows()
    let times = (0..<rows.count).map { $0 % 3 }
    let weighted = try LabeledRows(rows.features, rows.labels, weights: times.map(Double.init))
    let repeated = rows.subset((0..<rows.count).flatMap { Array(repeating: $0, count: times[$0]) })
    let tree = DecisionTree(maxDepth: 5)
    let one = try tree.fit(Fold(allOf: rows.count).trainingRows(of: weighted), FitContext())
    let other = try tree.fit(repeated, FitContext())
    let (first, second) = (try one.outputs(rows.features), try other.outputs(rows.features))
    #expect(zip(first, second).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test(arguments: [false, true]) func levelsAreSplitBySets(manyClasses: Bool) throws {
    var random = PhiloxGenerator(seed: 5)
    // 40 levels; what counts is whether a level is odd, which no threshold finds at once.
    let levels = (0..<400).map { _ in random.uniform(below: 40) }
    let features = try FeatureMatrix(
      levels.map(Float.init), columns: [.init("level", .category(levels: 41))])
    let labels: Labels =
      manyClasses
      ? .classes(levels.map { $0 % 2 == 0 ? Int32($0 % 4) : 1 }, count: 3)
      : .numbers(levels.map { $0 % 2 == 0 ? 3 : 5 })
    let rows = try Fold(allOf: 400).trainingRows(of: LabeledRows(features, labels))
    let model = try DecisionTree(maxDepth: manyClasses ? 2 : 1).fitTree(rows, FitContext())
    if manyClasses {
      #expect(try model.classes(features) == labels.requireClasses(for: "the test").labels)
    } else {
      #expect(try model.outputs(features) == labels.requireNumbers(for: "the test"))
      #expect(model.ensemble.nodeCount == 3)
    }
    // A level that training did not meet goes right, and is no error.
    let unknown = try FeatureMatrix([40], columns: features.columns)
    #expect(try model.outputs(unknown).allSatisfy(\.isFinite))
  }

  @Test func badSettingsAreErrors() throws {
    let rows = try TreeFixture.shared.get().trees[0].trainingRows()
    let bad = [
      DecisionTree(maxDepth: 0), DecisionTree(minSamplesSplit: 1), DecisionTree(minSamplesLeaf: 0),
      DecisionTree(maxFeatures: .share(0)), DecisionTree(maxFeatures: .count(0)), DecisionTree(ccpAlpha: -1),
      DecisionTree(minImpurityDecrease: .nan), DecisionTree(classWeights: .given([1])),
      DecisionTree(classWeights: .given([0, 0])),
    ]
    for tree in bad {
      #expect(throws: DataError.self) { try tree.fit(rows, FitContext()) }
    }
  }

  @Test func rowsThatAreAllAlikeMakeALeaf() throws {
    let features = try FeatureMatrix(rows: [[.nan, 1], [.nan, 1], [.nan, 1]])
    let rows = try Fold(allOf: 3).trainingRows(of: LabeledRows(features, .numbers([1, 2, 6])))
    let model = try DecisionTree().fitTree(rows, FitContext())
    #expect(model.ensemble.nodeCount == 1)
    #expect(try model.outputs(features) == [3, 3, 3])
  }
}
