import ApusData

/// Many trees whose splits are drawn at random, the best of one for each of some columns: Geurts, Ernst and Wehenkel,
/// "Extremely randomized trees" (2006).
///
/// Splits of numbers lie anywhere between the smallest and the largest value of a node; of categories each level goes either
/// way. Missing values go to the side that is better for those of the training rows.
public struct ExtraTrees: SynchronousEstimator, Equatable {
  /// The name in files.
  public static let kind = "extraTrees"

  /// Number of trees.
  public var trees: Int
  /// What splits of classes lower; splits of numbers lower the variance.
  public var impurity: Impurity
  /// Most questions on the way to a leaf; nil for as many as it takes.
  public var maxDepth: Int?
  /// Rows of a node that is still split, at least 2.
  public var minSamplesSplit: Int
  /// Rows of a leaf, at least 1.
  public var minSamplesLeaf: Int
  /// Columns that each split chooses from; nil for the square root of their number for classes, a third for numbers.
  public var maxFeatures: MaxFeatures?
  /// Least decrease of the impurity by a split, times the node's share of the rows.
  public var minImpurityDecrease: Double
  /// Whether each tree draws its rows, as many as there are, with replacement; else all trees see all rows.
  public var bootstrap: Bool
  /// Whether to predict the training rows by the trees that did not draw them.
  public var outOfBag: Bool
  /// How much the rows of each class count.
  public var classWeights: ClassWeights

  /// Settings of a forest. The defaults are scikit-learn's, but for numbers a third of the columns, as Breiman advises.
  public init(
    trees: Int = 100, impurity: Impurity = .gini, maxDepth: Int? = nil, minSamplesSplit: Int = 2,
    minSamplesLeaf: Int = 1, maxFeatures: MaxFeatures? = nil, minImpurityDecrease: Double = 0,
    bootstrap: Bool = false, outOfBag: Bool = false, classWeights: ClassWeights = .equal
  ) {
    self.trees = trees
    self.impurity = impurity
    self.maxDepth = maxDepth
    self.minSamplesSplit = minSamplesSplit
    self.minSamplesLeaf = minSamplesLeaf
    self.maxFeatures = maxFeatures
    self.minImpurityDecrease = minImpurityDecrease
    self.bootstrap = bootstrap
    self.outOfBag = outOfBag
    self.classWeights = classWeights
  }

  /// What it is.
  public var summary: String { "Extremely randomized trees, \(trees) of them" }

  /// Grows the trees; out of time, those that there are by then.
  public func fit(_ rows: TrainingRows, _ context: FitContext) throws -> any FittedEstimator {
    try fitForest(rows, context)
  }

  /// Grows the trees; out of time, those that there are by then.
  ///
  /// - Parameters:
  ///   - rows: The rows to fit to.
  ///   - context: What chance depends on, and when to stop.
  /// - Throws: `DataError` for settings out of range; `CancellationError` in a cancelled task.
  /// - Returns: The forest.
  public func fitForest(_ rows: TrainingRows, _ context: FitContext) throws -> FittedTrees<ExtraTrees> {
    try TreeLimits(maxDepth, minSamplesSplit, minSamplesLeaf, minImpurityDecrease).check()
    let columns = maxFeatures ?? (rows.labels.outputCount > 1 ? .squareRoot : .share(1.0 / 3))
    var grower = TreeGrower(
      data: try TreeData(rows.features),
      targets: try TreeTargets(rows, impurity: impurity, classWeights: classWeights),
      columnsTried: try columns.of(rows.features.columnCount), seed: context.seed)
    grower.splitter = .random
    grower.impurity = impurity
    grower.bootstrap = bootstrap
    grower.maxDepth = maxDepth
    grower.minSamplesSplit = minSamplesSplit
    grower.minSamplesLeaf = minSamplesLeaf
    grower.minImpurityDecrease = minImpurityDecrease
    return try Forest(grower: grower, trees: trees, outOfBag: outOfBag).fit(rows, context, as: Self.self)
  }
}
