import ApusData
import ApusLearn

/// An estimator of the portfolio: its name, for whom it is, and how it is made for a table.
struct PortfolioMember: Sendable {
  /// What a person names it by.
  let name: String
  /// What it is, in a few words.
  let summary: String
  /// The least quality that tries it without being asked for.
  let quality: Quality
  /// Why it does not suit a table; nil where it does.
  let reasonAgainst: @Sendable (TableShape) -> String?
  /// The estimator for a table.
  let estimator: @Sendable (TableShape) -> any Estimator

  init(
    _ name: String, _ summary: String, from quality: Quality,
    unless reasonAgainst: @escaping @Sendable (TableShape) -> String? = { _ in nil },
    _ estimator: @escaping @Sendable (TableShape) -> any Estimator
  ) {
    (self.name, self.summary, self.quality) = (name, summary, quality)
    (self.reasonAgainst, self.estimator) = (reasonAgainst, estimator)
  }

  /// What every other member has to beat.
  static let constant = "constant"

  /// All members, in the order in which they are fitted: the quickest first.
  static let all: [PortfolioMember] = [
    PortfolioMember(constant, "the mean, or the shares of the classes", from: .fast) { _ in Dummy() },
    PortfolioMember(
      "linear", "ridge or logistic regression on scaled and one-hot columns", from: .fast, unless: tooWide
    ) {
      shape in
      dense(shape.classCount == nil ? Ridge() : LogisticRegression())
    },
    PortfolioMember("lasso", "elastic net, its strength chosen by folds", from: .best, unless: forNumbers) {
      _ in
      dense(ElasticNet(alpha: nil, l1Ratio: 0.9))
    },
    PortfolioMember("naive-bayes", "independent columns in each class", from: .good, unless: forClasses) {
      _ in
      NaiveBayes()
    },
    PortfolioMember(
      "neighbors", "the 20 nearest rows, nearer ones counting more", from: .good, unless: forNeighbors
    ) { _ in
      dense(KNeighbors(neighbors: 20, weighting: .distance))
    },
    PortfolioMember("tree", "a decision tree, at least 5 rows in a leaf", from: .good) { _ in
      DecisionTree(minSamplesLeaf: 5)
    },
    PortfolioMember("extra-trees", "100 extremely randomized trees", from: .fast) { _ in ExtraTrees() },
    PortfolioMember("lightgbm", "boosted trees by LightGBM", from: .fast, unless: withoutLightGBM) { _ in
      LightGBM(rounds: 1000, learningRate: 0.06, patience: 40)
    },
    PortfolioMember("xgboost", "boosted trees by XGBoost", from: .fast, unless: withoutXGBoost) { _ in
      encoded(XGBoost(rounds: 1000, learningRate: 0.08, columnSample: 0.8, rowSample: 0.8, patience: 40))
    },
    PortfolioMember("random-forest", "100 trees on draws of the rows", from: .fast) { _ in RandomForest() },
  ]

  /// Columns as linear models, neighbors and networks take them: numbers filled in, marked and scaled; categories one-hot,
  /// levels that are rare together; of many levels the mean label, too.
  private static func dense(_ estimator: any Estimator) -> Pipeline {
    Pipeline(estimator) {
      Columns(.numbers) {
        Impute(.median)
        Standardize()
      }
      Columns(.categories) { OneHot(minimumCount: 5) }
    }
  }

  /// Columns as trees of numbers take them: missing numbers as they are, levels by their mean label.
  private static func encoded(_ estimator: any Estimator) -> Pipeline {
    Pipeline(estimator) { Columns(.categories) { TargetEncoder() } }
  }

  private static func withoutLightGBM(_ shape: TableShape) -> String? {
    LightGBM.isAvailable ? nil : "its library is not installed: scripts/boosters fetches it"
  }

  private static func withoutXGBoost(_ shape: TableShape) -> String? {
    XGBoost.isAvailable ? nil : "its library is not installed: scripts/boosters fetches it"
  }

  private static let denseLimit = 4000

  private static func tooWide(_ shape: TableShape) -> String? {
    shape.denseCount > denseLimit
      ? "\(shape.denseCount) columns after one-hot encoding are too many for it" : nil
  }

  private static func forClasses(_ shape: TableShape) -> String? {
    shape.classCount == nil ? "it predicts classes alone" : nil
  }

  /// Every row is compared with every other.
  private static func forNeighbors(_ shape: TableShape) -> String? {
    shape.rowCount > 50_000 ? "\(shape.rowCount) rows are too many for it" : tooWide(shape)
  }

  private static func forNumbers(_ shape: TableShape) -> String? {
    shape.classCount == nil ? tooWide(shape) : "it predicts numbers alone"
  }

  /// The member of a name.
  /// - Throws: `DataError` that lists the names.
  static func named(_ name: String) throws -> PortfolioMember {
    guard let member = all.first(where: { $0.name == name }) else {
      throw DataError(
        .setting, "there is no estimator \"\(name)\"",
        advice: "There are \(all.map(\.name).joined(separator: ", ")).")
    }
    return member
  }

  /// The names, each of which is known and named once.
  /// - Throws: `DataError` for names that are not known, named twice, or none.
  static func checked(_ names: [String]) throws -> [String] {
    guard !names.isEmpty, Set(names).count == names.count else {
      throw DataError(.setting, "--estimators: names of estimators, each once, were expected, \(names) came")
    }
    return try names.map { try named($0).name }
  }
}
