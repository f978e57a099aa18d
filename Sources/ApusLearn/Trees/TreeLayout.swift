import ApusData
import ApusKernels

/// Checks trees and lays them out as kernels walk them.
struct TreeLayout {
  let columnCount: Int
  let outputCount: Int
  var nodes: [apus_tree_node] = []
  var covers: [Float] = []
  var starts: [Int32] = [0]
  // Steps that most training rows take in each tree.
  var depths: [Int32] = []
  var outputs: [Int32] = []
  var values: [Double] = []
  var setWords: [UInt32] = []
  var setStarts: [Int32] = [0]
  var categorical: [UInt8] = []
  private var leafCount = 0

  init(columnCount: Int, outputCount: Int) {
    self.columnCount = columnCount
    self.outputCount = outputCount
  }

  /// Makes room for trees, which are much.
  mutating func reserve(_ trees: [TreeNodes]) {
    let count = trees.reduce(0) { $0 + $1.count }
    nodes.reserveCapacity(count)
    covers.reserveCapacity(count)
    // A tree has one more leaf than splits.
    let leaves = (count + trees.count) / 2
    values.reserveCapacity(leaves * (trees.first?.output == nil ? outputCount : 1))
  }

  mutating func append(_ tree: TreeNodes) throws {
    let place = starts.count - 1
    let width = tree.output == nil ? outputCount : 1
    func bad(_ problem: String) -> DataError {
      DataError(.sample, "tree \(place), counted from 0, is damaged: \(problem)")
    }
    let count = tree.count
    guard count > 0, tree.thresholds.count == count, tree.left.count == count, tree.right.count == count,
      tree.missingGoesLeft.count == count, tree.covers.count == count, tree.values.count == count * width
    else { throw bad("its arrays differ in length") }
    guard place == 0 || outputs.isEmpty == (tree.output == nil) else {
      throw bad("its leaves have \(width) values, those of the trees before it have another number")
    }
    if let output = tree.output {
      guard (0..<outputCount).contains(output) else {
        throw bad("it adds to output \(output), there are \(outputCount)")
      }
      outputs.append(Int32(output))
    }
    guard nodes.count + count < Int32.max else { throw bad("there are more than 2^31 nodes") }

    let first = nodes.count
    // Breadth first: `order` is where each laid out node comes from.
    var order = [0]
    order.reserveCapacity(count)
    var depths = [0]
    depths.reserveCapacity(count)
    // Steps of all training rows, and their number.
    var (steps, rows) = (0.0, 0.0)
    var isKnown = [Bool](repeating: false, count: count)
    isKnown[0] = true
    var asksForCategories = false
    var next = 0
    while next < order.count {
      let source = order[next]
      guard tree.covers[source].isFinite, tree.covers[source] >= 0 else {
        throw bad("the cover of node \(source) is \(tree.covers[source])")
      }
      covers.append(tree.covers[source])
      let feature = tree.features[source]
      if feature < 0 {
        for place in source * width..<(source + 1) * width {
          guard tree.values[place].isFinite else {
            throw bad("leaf \(source) has a value that is not finite")
          }
          values.append(tree.values[place])
        }
        nodes.append(
          apus_tree_node(
            threshold: .infinity, child: Int32(first + next), feature: 0, detail: UInt32(leafCount) << 1))
        leafCount += 1
        // Without covers all leaves count alike.
        let cover = Double(tree.covers[0] > 0 ? tree.covers[source] : 1)
        steps += cover * Double(depths[next])
        rows += cover
      } else {
        guard feature < columnCount else {
          throw bad("node \(source) asks for column \(feature), there are \(columnCount)")
        }
        let child = Int32(first + order.count)
        for side in 0..<2 {
          let child = Int(side == 0 ? tree.left[source] : tree.right[source])
          guard (0..<count).contains(child) else { throw bad("node \(source) has a child \(child)") }
          guard !isKnown[child] else { throw bad("node \(child) has two parents") }
          isKnown[child] = true
          order.append(child)
          depths.append(depths[next] + 1)
        }
        let missing: UInt32 = tree.missingGoesLeft[source] ? 0 : 1
        if !tree.levels.isEmpty, let words = tree.levels[source] {
          asksForCategories = true
          nodes.append(
            apus_tree_node(
              threshold: 0, child: child, feature: ~feature,
              detail: UInt32(setStarts.count - 1) << 1 | missing))
          setWords += words
          guard setWords.count < Int32.max else { throw bad("there are more than 2^31 sets of levels") }
          setStarts.append(Int32(setWords.count))
        } else {
          guard !tree.thresholds[source].isNaN else { throw bad("node \(source) has no threshold") }
          nodes.append(
            apus_tree_node(
              threshold: tree.thresholds[source], child: child, feature: feature, detail: missing))
        }
      }
      next += 1
    }
    starts.append(Int32(nodes.count))
    // A little less than the mean: a step in vain costs more than one for a row that is late.
    self.depths.append(Int32(rows > 0 ? 0.85 * steps / rows : 0))
    categorical.append(asksForCategories ? 1 : 0)
  }
}
