/// Where a model came from: kept in its file, shown by reports.
public struct ModelOrigin: Sendable, Codable, Equatable {
  /// The data that it was trained on.
  public var data: String?
  /// Examples in the training set.
  public var trainingCount: Int?
  /// Examples in the validation set.
  public var validationCount: Int?
  /// What it was pretrained on, such as "ImageNet"; nil for first weights at random.
  public var pretraining: String?
  /// The recipe's summary.
  public var recipe: String?

  /// An origin, all of which may be unknown.
  public init(
    data: String? = nil, trainingCount: Int? = nil, validationCount: Int? = nil, pretraining: String? = nil,
    recipe: String? = nil
  ) {
    self.data = data
    self.trainingCount = trainingCount
    self.validationCount = validationCount
    self.pretraining = pretraining
    self.recipe = recipe
  }
}
