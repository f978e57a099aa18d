import ApusData

/// The kinds of estimators that there are: what files and people name is looked up here.
public enum Catalog {
  /// Ways to fit.
  public static let estimators: [any Estimator.Type] = [
    Dummy.self,
    Pipeline.self,
    LinearRegression.self,
    Ridge.self,
    ElasticNet.self,
    LogisticRegression.self,
    GeneralizedLinear.self,
    HuberRegression.self,
    QuantileRegression.self,
    LinearDiscriminant.self,
    QuadraticDiscriminant.self,
    NaiveBayes.self,
    CountNaiveBayes.self,
    Perceptron.self,
    GMDH.self,
    DecisionTree.self,
    RandomForest.self,
    ExtraTrees.self,
    KNeighbors.self,
    LightGBM.self,
    XGBoost.self,
  ]
  /// Models that were fitted.
  static let fitted: [any FittedEstimator.Type] = [
    FittedDummy.self,
    WeightedEnsemble.self,
    FittedPipeline.self,
    FittedLinear<LinearRegression>.self,
    FittedLinear<Ridge>.self,
    FittedLinear<ElasticNet>.self,
    FittedLinear<LogisticRegression>.self,
    FittedLinear<GeneralizedLinear>.self,
    FittedLinear<HuberRegression>.self,
    FittedLinear<QuantileRegression>.self,
    FittedLinear<LinearDiscriminant>.self,
    FittedQuadraticDiscriminant.self,
    FittedNaiveBayes.self,
    FittedCountNaiveBayes.self,
    FittedLinear<Perceptron>.self,
    FittedGMDH.self,
    FittedTrees<DecisionTree>.self,
    FittedTrees<RandomForest>.self,
    FittedTrees<ExtraTrees>.self,
    FittedKNeighbors.self,
    FittedBoosting<LightGBM>.self,
    FittedBoosting<XGBoost>.self,
  ]

  /// Reads a fitted model of any kind.
  /// - Throws: `DataError` for kinds that are not known, and archives that contradict themselves.
  public static func open(_ archive: EstimatorArchive) throws -> any FittedEstimator {
    guard let type = fitted.first(where: { $0.kind == archive.kind }) else {
      throw DataError(
        .setting, "a model of kind \(archive.kind) is not known here", advice: "Use a newer version of Apus.")
    }
    return try type.init(archive)
  }
}
