/// What is to be known of how a classifier came to be: kept in its file, shown by reports.
public struct PhotoOrigin: Codable, Sendable, Equatable {
  /// The folder that it was trained on.
  public var folder: String?
  /// Photos that it learned from.
  public var trainingCount: Int?
  /// Photos that decided when to stop, and how sure answers are.
  public var validationCount: Int?
  /// Where the first weights came from, such as "ImageNet"; nil for random ones.
  public var firstWeights: String?
  /// When training ended, by ISO 8601.
  public var date: String?

  /// Facts, all of which may be unknown.
  public init(
    folder: String? = nil, trainingCount: Int? = nil, validationCount: Int? = nil,
    firstWeights: String? = nil,
    date: String? = nil
  ) {
    self.folder = folder
    self.trainingCount = trainingCount
    self.validationCount = validationCount
    self.firstWeights = firstWeights
    self.date = date
  }
}
