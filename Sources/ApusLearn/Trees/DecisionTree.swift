import ApusData

/// A decision tree: Breiman, Friedman, Olshen and Stone, "Classification and regression trees" (1984). It splits exactly like
/// scikit-learn's `DecisionTreeClassifier` and `DecisionTreeRegressor`; where two splits are equally good, by the first
/// column.
///
/// Categories are split by sets of levels: for numbers and two classes the best set, for more classes a good one. Missing
/// values go to the side that is better for those of the training rows.
public struct DecisionTree: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "tree"

  /// What splits of classes lower; splits of numbers lower the variance.
  public var impurity: Impurity
  /// Most questions on the way to a leaf; nil for as many as it takes.
  public var maxDepth: Int?
  /// Rows of a node that is still split, at least 2.
  public var minSamplesSplit: Int
  /// Rows of a leaf, at least 1.
  public var minSamplesLeaf: Int
  /// Columns that each split chooses from, at random where they are not all.
  public var maxFeatures: MaxFeatures
  /// Least decrease of the impurity by a split, times the node's share of the rows.
  public var minImpurityDecrease: Double
  /// What a leaf costs when the tree is pruned, in units of impurity (minimal cost-complexity pruning); 0 for none.
  public var ccpAlpha: Double
  /// How much the rows of each class count.
  public var classWeights: ClassWeights

  /// Settings of a tree; all defaults are scikit-learn's, which let it grow until its leaves are pure.
  public init(
    impurity: Impurity = .gini, maxDepth: Int? = nil, minSamplesSplit: Int = 2, minSamplesLeaf: Int = 1,
    maxFeatures: MaxFeatures = .all, minImpurityDecrease: Double = 0, ccpAlpha: Double = 0,
    classWeights: ClassWeights = .equal
  ) {
    self.impurity = impurity
    self.maxDepth = maxDepth
    self.minSamplesSplit = minSamplesSplit
    self.minSamplesLeaf = minSamplesLeaf
    self.maxFeatures = maxFeatures
    self.minImpurityDecrease = minImpurityDecrease
    self.ccpAlpha = ccpAlpha
    self.classWeights = classWeights
  }

  /// What it is.
  public var summary: String {
    "Decision tree" + (maxDepth.map { ", at most \($0) questions deep" } ?? "")
      + (ccpAlpha > 0 ? ", pruned with alpha \(ccpAlpha)" : "")
  }

  /// Grows a tree, then prunes it.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    try fitTree(rows, context)
  }

  /// Grows a tree, then prunes it.
  ///
  /// - Parameters:
  ///   - rows: The rows to fit to.
  ///   - context: What chance depends on, where not all columns are tried.
  /// - Throws: `DataError` for settings out of range; `CancellationError` in a cancelled task.
  /// - Returns: The tree.
  public func fitTree(_ rows: TrainingRows, _ context: FitContext) throws -> FittedTrees<DecisionTree> {
    try TreeLimits(maxDepth, minSamplesSplit, minSamplesLeaf, minImpurityDecrease).check()
    guard ccpAlpha >= 0 else {
      throw DataError(.setting, "a ccpAlpha of at least 0 was expected, \(ccpAlpha) came")
    }
    try context.progress(0)
    var grower = TreeGrower(
      data: try TreeData(rows.features),
      targets: try TreeTargets(rows, impurity: impurity, classWeights: classWeights),
      columnsTried: try maxFeatures.of(rows.features.columnCount), seed: context.seed)
    grower.impurity = impurity
    grower.maxDepth = maxDepth
    grower.minSamplesSplit = minSamplesSplit
    grower.minSamplesLeaf = minSamplesLeaf
    grower.minImpurityDecrease = minImpurityDecrease
    var tree = try grower.grow(0..<1)[0]
    if ccpAlpha > 0 { tree.prune(alpha: ccpAlpha, columnCount: rows.features.columnCount) }
    try context.progress(1)
    return FittedTrees(
      columns: rows.features.columns,
      ensemble: try TreeEnsemble(
        [tree.nodes], columnCount: rows.features.columnCount,
        base: Array(repeating: 0, count: rows.labels.outputCount)),
      importances: tree.importances)
  }
}
