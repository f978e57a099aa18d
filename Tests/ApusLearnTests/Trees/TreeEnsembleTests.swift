import ApusData
import ApusGraph
import ApusKernels
import Testing

@testable import ApusLearn

@Suite struct TreeEnsembleTests {
  @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
  func predictionsAreThoseOfAPlainWalk(categories: Bool, missing: Bool) throws {
    var random = PhiloxGenerator(seed: 1)
    let trees = (0..<21).map {
      RandomTrees.tree(splits: 1 + 3 * $0, output: $0 % 2, categories: categories, &random)
    }
    let ensemble = try TreeEnsemble(trees, columnCount: 5, base: [0.5, -2], factor: 0.25)
    let rows = try RandomTrees.rows(601, missing: missing, &random)
    let predicted = try ensemble.predict(rows)
    var expected: [Double] = []
    for row in 0..<rows.rowCount {
      var sums = [0.0, 0.0]
      for (place, tree) in trees.enumerated() {
        sums[place % 2] += tree.values[RandomTrees.leaf(tree, Array(rows[row]))]
      }
      expected += [0.5 + 0.25 * sums[0], -2 + 0.25 * sums[1]]
    }
    #expect(zip(predicted, expected).allSatisfy { abs($0 - $1) < 1e-14 })
    // A row alone takes another way through the trees and ends at the same bits.
    for row in [0, 5, 600] {
      let alone = try ensemble.predict(rows.subset([row]))
      #expect(alone == Array(predicted[2 * row..<2 * row + 2]))
    }
  }

  @Test func threadsChangeNoBit() throws {
    var random = PhiloxGenerator(seed: 2)
    let trees = (0..<9).map { _ in
      RandomTrees.tree(splits: 30, width: 3, output: nil, categories: true, &random)
    }
    let ensemble = try TreeEnsemble(trees, columnCount: 5, base: [0, 0, 0], factor: 1 / 9)
    let rows = try RandomTrees.rows(3000, missing: true, &random)
    let threads = apus_thread_count()
    defer { apus_set_thread_count(threads) }
    apus_set_thread_count(1)
    let alone = try ensemble.predict(rows)
    apus_set_thread_count(3)
    #expect(try ensemble.predict(rows) == alone)
  }

  @Test func leavesAreCountedOverAllTrees() throws {
    let stump = TreeNodes(
      features: [0, -1, -1], thresholds: [1, 0, 0], left: [1, 0, 0], right: [2, 0, 0],
      missingGoesLeft: [true, false, false], covers: [3, 2, 1], values: [0, 10, 20])
    let ensemble = try TreeEnsemble([stump, stump], columnCount: 1, base: [0])
    let rows = try FeatureMatrix(rows: [[1], [1.5], [.nan]])
    #expect(try ensemble.leaves(rows) == [0, 2, 1, 3, 0, 2])
    #expect(try ensemble.predict(rows) == [20, 40, 20])
    #expect(ensemble.leafCount == 4 && ensemble.nodeCount == 6)
    #expect(throws: DataError.self) { try ensemble.predict(FeatureMatrix(rows: [[1, 2]])) }
    let empty = try TreeEnsemble([], columnCount: 1, base: [7])
    #expect(try empty.predict(rows) == [7, 7, 7])
  }

  @Test func damagedTreesAreRefused() throws {
    var random = PhiloxGenerator(seed: 3)
    let whole = RandomTrees.tree(splits: 4, categories: false, &random)
    func refuses(_ change: (inout TreeNodes) -> Void) -> Bool {
      var tree = whole
      change(&tree)
      do {
        _ = try TreeEnsemble([tree], columnCount: 5, base: [0])
      } catch is DataError { return true } catch {}
      return false
    }
    #expect(!refuses { _ in })
    #expect(refuses { $0.left[0] = 0 })
    #expect(refuses { $0.left[0] = 99 })
    #expect(refuses { $0.right[0] = -1 })
    #expect(refuses { $0.right[0] = $0.left[0] })
    #expect(refuses { $0.features[0] = 5 })
    #expect(refuses { $0.thresholds[0] = .nan })
    #expect(refuses { $0.covers[0] = .infinity })
    #expect(refuses { $0.covers[0] = -1 })
    #expect(refuses { $0.values.removeLast() })
    #expect(refuses { $0.values = $0.values.map { _ in .nan } })
    #expect(refuses { $0.output = 1 })
    #expect(refuses { $0.features = [] })
  }

  @Test func aDamagedArchiveIsAnErrorAndNeverACrash() throws {
    var random = PhiloxGenerator(seed: 4)
    let trees = (0..<3).map { _ in RandomTrees.tree(splits: 12, categories: true, &random) }
    let ensemble = try TreeEnsemble(trees, columnCount: 5, base: [1])
    let rows = try RandomTrees.rows(20, missing: true, &random)
    let whole = try EstimatorArchive("trees", settings: [String](), tensors: ensemble.tensors())
    let again = try TreeEnsemble(whole, columnCount: 5, outputCount: 1)
    #expect(try again.predict(rows) == ensemble.predict(rows))
    #expect(again.tensors() == ensemble.tensors())
    #expect(throws: DataError.self) { try TreeEnsemble(whole, columnCount: 2, outputCount: 1) }
    #expect(throws: DataError.self) { try TreeEnsemble(whole, columnCount: 5, outputCount: 2) }

    let names = whole.tensors.keys.sorted()
    var refused = 0
    for _ in 0..<2000 {
      var tensors = whole.tensors
      let name = names[random.uniform(below: names.count)]
      guard let literal = tensors[name], literal.byteCount > 0 else { continue }
      let place = random.uniform(below: literal.byteCount)
      let flip = UInt8(1 << random.uniform(below: 8))
      let cut = random.uniform(below: 20) == 0 ? 1 : 0
      tensors[name] = try Literal(dtype: literal.dtype, shape: [literal.shape.elementCount - cut]) { bytes in
        literal.withUnsafeBytes {
          bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<bytes.count]))
        }
        if place < bytes.count { bytes[place] ^= flip }
      }
      do {
        let archive = try EstimatorArchive("trees", settings: [String](), tensors: tensors)
        let read = try TreeEnsemble(archive, columnCount: 5, outputCount: 1)
        _ = try read.predict(rows)
        _ = try read.leaves(rows)
      } catch is DataError { refused += 1 }
    }
    #expect(refused > 200)
  }
}
