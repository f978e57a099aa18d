/// The data of a task: examples, the parts they were dealt to, and what is predicted.
public struct TaskData: Sendable {
  /// All examples.
  public let examples: Examples
  /// The rows of each part.
  public let parts: [Part: [Int]]
  /// What is predicted, fitted on the training set; nil for tasks without targets.
  public let target: (any Target)?

  /// Data of a task.
  public init(examples: Examples, parts: [Part: [Int]], target: (any Target)?) {
    self.examples = examples
    self.parts = parts
    self.target = target
  }

  /// The rows of a part.
  public func rows(_ part: Part) -> [Int] { parts[part] ?? [] }
}

extension ModelOrigin {
  /// The origin of models fitted to some data.
  public init(_ data: TaskData, pretraining: String? = nil, recipe: String) {
    self.init(
      data: data.examples.title, trainingCount: data.rows(.training).count,
      validationCount: data.rows(.validation).count, pretraining: pretraining, recipe: recipe)
  }
}
