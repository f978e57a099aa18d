import ApusData
import Testing

@testable import ApusLearn

@Suite struct TreeExplanationTests {
  /// What a tree predicts of a row on average where only some columns are known.
  private func expectation(_ tree: TreeNodes, _ row: [Float], known: Int, node: Int = 0) -> Double {
    guard tree.features[node] >= 0 else { return tree.values[node] }
    let (left, right) = (Int(tree.left[node]), Int(tree.right[node]))
    if known >> Int(tree.features[node]) & 1 == 1 {
      // The part of the walk from here on.
      var rest = tree
      if node != 0 {
        rest.features[0] = tree.features[node]
        rest.thresholds[0] = tree.thresholds[node]
        rest.missingGoesLeft[0] = tree.missingGoesLeft[node]
        rest.levels[0] = tree.levels[node]
      }
      rest.left[0] = 1
      rest.right[0] = 2
      rest.features[1] = -1
      rest.features[2] = -1
      let goesLeft = RandomTrees.leaf(rest, row) == 1
      return expectation(tree, row, known: known, node: goesLeft ? left : right)
    }
    let share = Double(tree.covers[left]) / Double(tree.covers[node])
    return share * expectation(tree, row, known: known, node: left)
      + Double(tree.covers[right]) / Double(tree.covers[node])
      * expectation(tree, row, known: known, node: right)
  }

  @Test func valuesAreShapleys() throws {
    var random = PhiloxGenerator(seed: 6)
    let trees = (0..<6).map { RandomTrees.tree(splits: 5 + 4 * $0, categories: true, &random) }
    let ensemble = try TreeEnsemble(trees, columnCount: 5, base: [0.25], factor: 0.5)
    let rows = try RandomTrees.rows(19, missing: true, &random)
    let came = try ensemble.contributions(rows)
    // The share of orders in which so many of 5 columns come before one.
    let shares = [0.2, 0.05, 1.0 / 30, 0.05, 0.2]
    for row in 0..<rows.rowCount {
      let values = Array(rows[row])
      for column in 0..<5 {
        var expected = 0.0
        for tree in trees {
          for known in 0..<32 where known >> column & 1 == 0 {
            let with = expectation(tree, values, known: known | 1 << column)
            let without = expectation(tree, values, known: known)
            expected += 0.5 * shares[known.nonzeroBitCount] * (with - without)
          }
        }
        #expect(abs(came[row * 6 + column] - expected) < 1e-12)
      }
      let expected = 0.25 + 0.5 * trees.reduce(0) { $0 + expectation($1, values, known: 0) }
      #expect(abs(came[row * 6 + 5] - expected) < 1e-12)
    }
  }

  @Test func valuesAreXGBoosts() throws {
    let fixture = try TreeFixture.shared.get().shap
    let trees = fixture.trees.map {
      TreeNodes(
        features: $0.features, thresholds: $0.thresholds, left: $0.left, right: $0.right,
        missingGoesLeft: $0.missingLeft, covers: $0.covers, values: $0.values)
    }
    let ensemble = try TreeEnsemble(trees, columnCount: 5, base: [fixture.base])
    let rows = try TreeFixture.matrix(fixture.rows)
    let outputs = try ensemble.predict(rows)
    #expect(zip(outputs, fixture.outputs).allSatisfy { abs($0 - $1) < 1e-6 })
    let came = try ensemble.contributions(rows)
    #expect(zip(came, fixture.contributions.joined()).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(came.count == 20 * 6)
  }

  @Test func valuesOfEachClassAddUpToItsShare() throws {
    let fixture = try TreeFixture.shared.get().trees[2]
    let rows = try fixture.trainingRows()
    let model = try RandomForest(trees: 10).fitForest(rows, FitContext())
    let shares = try model.ensemble.predict(rows.features)
    let came = try model.ensemble.contributions(rows.features)
    for place in shares.indices {
      let sum = came[place * 5..<place * 5 + 5].reduce(0, +)
      #expect(abs(sum - shares[place]) < 1e-12)
    }
    #expect(throws: DataError.self) { try model.ensemble.contributions(FeatureMatrix(rows: [[1]])) }
  }
}
