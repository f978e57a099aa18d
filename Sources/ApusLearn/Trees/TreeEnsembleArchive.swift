import ApusData
import ApusGraph

extension TreeEnsemble {
  /// The trees as arrays, whose names begin with `trees.`: what an archive of a model keeps.
  public func tensors() -> [String: Literal] {
    func literal<Scalar: TensorScalar>(_ values: [Scalar]) -> Literal {
      Literal(values, shape: [values.count])
    }
    var features: [Int32] = []
    var children: [Int32] = []
    var thresholds: [Float] = []
    var isMissingLeft: [UInt8] = []
    for place in nodes.indices {
      let node = nodes[place]
      let isLeaf = Int(node.child) == place
      // Questions about categories are below −1: the complement of the column, less 1.
      features.append(isLeaf ? -1 : node.feature < 0 ? node.feature - 1 : node.feature)
      children.append(isLeaf ? -1 : node.child)
      thresholds.append(isLeaf ? 0 : node.threshold)
      isMissingLeft.append(!isLeaf && node.detail & 1 == 0 ? 1 : 0)
    }
    return [
      "trees.features": literal(features), "trees.children": literal(children),
      "trees.thresholds": literal(thresholds),
      "trees.missingLeft": literal(isMissingLeft), "trees.covers": literal(covers),
      "trees.values": literal(values), "trees.starts": literal(starts), "trees.outputs": literal(outputs),
      "trees.setWords": literal(setWords), "trees.setStarts": literal(setStarts),
      "trees.base": literal(base), "trees.factor": literal([factor]),
    ]
  }

  /// Reads trees that `tensors` wrote.
  ///
  /// - Parameters:
  ///   - archive: The model that they belong to.
  ///   - columnCount: Number of columns of its rows.
  ///   - outputCount: Number of its outputs.
  /// - Throws: `DataError` for arrays that contradict each other, or lead out of the trees.
  public init(_ archive: EstimatorArchive, columnCount: Int, outputCount: Int) throws {
    let features = try archive.array("trees.features", as: Int32.self)
    let count = features.count
    let children = try archive.array("trees.children", as: Int32.self, count: count)
    let thresholds = try archive.array("trees.thresholds", as: Float.self, count: count)
    let missingLeft = try archive.array("trees.missingLeft", as: UInt8.self, count: count)
    let covers = try archive.array("trees.covers", as: Float.self, count: count)
    let starts = try archive.array("trees.starts", as: Int32.self)
    let outputs = try archive.array("trees.outputs", as: Int32.self)
    let values = try archive.array("trees.values", as: Double.self)
    let setWords = try archive.array("trees.setWords", as: UInt32.self)
    let setStarts = try archive.array("trees.setStarts", as: Int32.self)
    let base = try archive.array("trees.base", as: Double.self, count: outputCount)
    let factor = try archive.array("trees.factor", as: Double.self, count: 1)

    func isIncreasing(_ starts: [Int32], to end: Int) -> Bool {
      starts.first == 0 && Int(starts[starts.count - 1]) == end
        && zip(starts, starts.dropFirst()).allSatisfy(<=)
    }
    let width = outputs.isEmpty ? outputCount : 1
    guard isIncreasing(starts, to: count), outputs.isEmpty || outputs.count == starts.count - 1,
      isIncreasing(setStarts, to: setWords.count), setStarts.count - 1 == features.count(where: { $0 < -1 }),
      values.count == width * features.count(where: { $0 == -1 })
    else { throw archive.corrupt("its trees contradict each other") }

    var leaf = 0
    var set = 0
    var trees: [TreeNodes] = []
    for index in 0..<starts.count - 1 {
      let first = starts[index]
      let places = Int(first)..<Int(starts[index + 1])
      var tree = TreeNodes(
        features: [], thresholds: Array(thresholds[places]), left: [], right: [],
        missingGoesLeft: missingLeft[places].map { $0 != 0 }, covers: Array(covers[places]),
        values: Array(repeating: 0, count: places.count * width),
        output: outputs.isEmpty ? nil : Int(outputs[index]))
      for place in places {
        let feature = features[place]
        let child = children[place].subtractingReportingOverflow(first)
        guard feature == -1 || (!child.overflow && child.partialValue < Int32.max) else {
          throw archive.corrupt("a node leads out of its trees")
        }
        tree.features.append(feature < -1 ? ~(feature + 1) : feature)
        tree.left.append(child.partialValue)
        tree.right.append(child.partialValue &+ 1)
        let here = place - places.lowerBound
        if feature == -1 {
          for output in 0..<width { tree.values[here * width + output] = values[leaf * width + output] }
          leaf += 1
        } else if feature < -1 {
          tree.levels[here] = Array(setWords[Int(setStarts[set])..<Int(setStarts[set + 1])])
          set += 1
        }
      }
      trees.append(tree)
    }
    do {
      try self.init(trees, columnCount: columnCount, base: base, factor: factor[0])
    } catch let error as DataError {
      throw archive.corrupt(error.problem)
    }
  }
}
