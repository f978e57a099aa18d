import ApusData

extension Registry {
  /// The source that a request means.
  /// - Throws: `DataError` for requests that mean none, or options that neither it nor any recipe of its kind takes.
  public func source(for request: DataRequest) throws -> any ExampleSource {
    for type in sources {
      if let source = try type.recognize(request) { return source }
    }
    throw DataError(
      .setting,
      request.path.map { "\($0) is nothing that could be learned from" } ?? "no data were named",
      advice: "Name a folder of images or texts, a table, or a dataset; `apus help fit` has examples.")
  }

  /// The target that examples mean.
  /// - Returns: nil for examples without targets.
  /// - Throws: `DataError` for a task that is not known, or that the columns cannot be.
  func target(
    for examples: Examples, rows: [Int], task: String?
  ) throws -> (target: any Target, reason: String)? {
    guard !examples.targets.isEmpty else { return nil }
    if let task, !targets.contains(where: { $0.tasks.contains(task) }) {
      throw DataError(
        .setting,
        "--task is one of \(targets.flatMap { $0.tasks }.joined(separator: ", ")), \"\(task)\" came")
    }
    for type in targets where task.map({ type.tasks.contains($0) }) ?? true {
      if let found = try type.propose(examples, rows: rows, task: task) {
        return (found.target, found.reason)
      }
    }
    throw DataError(
      .setting,
      task.map { "what is to be predicted in \(examples.title) cannot be read as \($0)" }
        ?? "what is to be predicted in \(examples.title) is of no known kind")
  }

  /// The recipes that fit some data, the most promising first.
  /// - Throws: `DataError` where there are none, or for options that none of them takes.
  func recipes(for data: TaskData, _ options: Options) throws -> [any Recipe] {
    let found = try recipes.flatMap { try $0.propose(data, options) as [any Recipe] }
    guard !found.isEmpty else {
      let task = data.target.map { type(of: $0).kind } ?? "unsupervised learning"
      throw DataError(
        .setting, "there is no recipe for \(task) of data of the kind \(data.examples.modality)")
    }
    let taken = Set(
      Run.options.map(\.name) + found.flatMap { type(of: $0).options.map(\.name) }
        + sources.flatMap { $0.options.map(\.name) })
    if let other = options.values.keys.sorted().first(where: { !taken.contains($0) }) {
      throw DataError(
        .setting, "--\(other) is not for \(data.examples.modality) data with these recipes",
        advice: "Leave it out.")
    }
    return found
  }
}
