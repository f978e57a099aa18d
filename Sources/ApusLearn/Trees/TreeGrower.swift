import ApusData
import ApusKernels

/// Grows trees on rows that were made ready.
struct TreeGrower {
  /// How splits are looked for.
  enum Splitter {
    case exact
    case binned
    case random
  }

  /// A tree and what is known of its nodes.
  struct Grown {
    var nodes: TreeNodes
    var impurities: [Double]
    /// The total decrease of impurity by each column, 1 in all unless there is no split.
    var importances: [Double]
  }

  let data: TreeData
  let targets: TreeTargets?
  var splitter = Splitter.exact
  var impurity = Impurity.gini
  var bootstrap = false
  /// Rows that each tree draws without replacement; 0 for all.
  var sample = 0
  var maxDepth: Int?
  var minSamplesSplit = 2
  var minSamplesLeaf = 1
  var columnsTried: Int
  var minImpurityDecrease = 0.0
  let seed: UInt64

  /// Trees of consecutive numbers.
  func grow(_ trees: Range<Int>) throws -> [Grown] {
    guard data.rowCount < Int32.max else {
      throw DataError(.memory, "trees grow on fewer than 2^31 rows, \(data.rowCount) came")
    }
    var grown = [apus_grown_tree](repeating: apus_grown_tree(), count: trees.count)
    defer { grown.withUnsafeMutableBufferPointer { apus_free_trees($0.baseAddress, Int64(trees.count)) } }
    let isShort = withContext { context in
      grown.withUnsafeMutableBufferPointer { grown in
        context.first = Int64(trees.lowerBound)
        context.count = Int64(trees.count)
        context.grown = grown.baseAddress
        return apus_grow_trees(&context) != 0
      }
    }
    if isShort { throw DataError(.memory, "there is not enough memory to grow a tree") }
    return grown.map { taken($0) }
  }

  private func withContext<Result>(_ body: (inout apus_grow_context) -> Result) -> Result {
    data.values.withUnsafeBufferPointer { values in
      data.bins.withUnsafeBufferPointer { bins in
        data.lows.withUnsafeBufferPointer { lows in
          data.highs.withUnsafeBufferPointer { highs in
            data.codes.withUnsafeBufferPointer { codes in
              withTargets { numbers, classes, weights in
                var context = apus_grow_context()
                context.values = values.isEmpty ? nil : values.baseAddress
                context.bins = bins.isEmpty ? nil : bins.baseAddress
                context.lows = lows.baseAddress
                context.highs = highs.baseAddress
                context.codes = codes.baseAddress
                context.numbers = numbers
                context.classes = classes
                context.weights = weights
                setUp(&context)
                return body(&context)
              }
            }
          }
        }
      }
    }
  }

  private func withTargets<Result>(
    _ body: (UnsafePointer<Double>?, UnsafePointer<Int32>?, UnsafePointer<Double>?) -> Result
  ) -> Result {
    guard let targets else { return body(nil, nil, nil) }
    return targets.numbers.withUnsafeBufferPointer { numbers in
      targets.classes.withUnsafeBufferPointer { classes in
        (targets.weights ?? []).withUnsafeBufferPointer { weights in
          body(
            numbers.isEmpty ? nil : numbers.baseAddress, classes.isEmpty ? nil : classes.baseAddress,
            targets.weights == nil ? nil : weights.baseAddress)
        }
      }
    }
  }

  private func setUp(_ context: inout apus_grow_context) {
    context.rows = Int64(data.rowCount)
    context.columns = Int64(data.columns.count)
    context.class_count = Int32(targets?.classCount ?? 0)
    switch splitter {
    case .exact: context.splitter = Int32(APUS_SPLIT_EXACT)
    case .binned: context.splitter = Int32(APUS_SPLIT_BINNED)
    case .random: context.splitter = Int32(APUS_SPLIT_RANDOM)
    }
    let kind =
      targets == nil
      ? APUS_IMPURITY_NONE
      : targets?.classes.isEmpty == true
        ? APUS_IMPURITY_VARIANCE : impurity == .gini ? APUS_IMPURITY_GINI : APUS_IMPURITY_ENTROPY
    context.impurity = Int32(kind)
    context.bootstrap = bootstrap ? 1 : 0
    context.sample = Int64(sample)
    context.most_depth = Int64(maxDepth ?? .max)
    context.least_split = Int64(minSamplesSplit)
    context.least_leaf = Int64(minSamplesLeaf)
    context.columns_tried = Int64(columnsTried)
    context.least_decrease = minImpurityDecrease
    context.seed = seed
  }

  private func taken(_ grown: apus_grown_tree) -> Grown {
    let count = Int(grown.count)
    func array<Element>(_ start: UnsafeMutablePointer<Element>?, _ count: Int) -> [Element] {
      Array(UnsafeBufferPointer(start: start, count: count))
    }
    let classCount = targets?.classCount ?? 0
    let width = max(1, classCount)
    var values = array(grown.values, count * width)
    if let offset = targets?.offset, offset != 0 { for place in values.indices { values[place] += offset } }
    let features = array(grown.features, count)
    let words = array(grown.set_words, Int(grown.set_count))
    var levels: [Int: [UInt32]] = [:]
    for (node, first) in array(grown.sets, count).enumerated() where first >= 0 {
      let column = Int(features[node])
      let wordCount = (Int(data.codes[column]) + 31) / 32
      levels[node] = data.levels(of: Array(words[Int(first)..<Int(first) + wordCount]), column: column)
    }
    var importances = array(grown.importances, data.columns.count)
    let total = importances.reduce(0, +)
    if total > 0 { for column in importances.indices { importances[column] /= total } }
    return Grown(
      nodes: TreeNodes(
        features: features, thresholds: array(grown.thresholds, count), left: array(grown.left, count),
        right: array(grown.right, count), missingGoesLeft: array(grown.missing, count).map { $0 != 0 },
        covers: array(grown.covers, count), values: values, levels: levels,
        output: classCount > 0 ? nil : 0),
      impurities: array(grown.impurities, count), importances: importances)
  }
}
