import ApusData
import ApusIO
import ApusReport
import Foundation

extension Registry {
  /// The source that a request means.
  /// - Throws: `FileError` for a path that does not exist, `DataError` for requests that mean none.
  public func source(for request: DataRequest) throws -> any ExampleSource {
    var isFolder: ObjCBool = false
    // A dash is standard input.
    if let path = request.path, path != "-",
      !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    {
      throw FileError(
        path: path, reason: .missing, problem: "there is no such file or folder", advice: "Check the path.")
    }
    for type in sources {
      if let source = try type.recognize(request) { return source }
    }
    if let path = request.path, isFolder.boolValue { throw Self.uselessFolder(path) }
    throw DataError(
      .setting,
      request.path.map { "\($0) is no kind of data that is known here" } ?? "no data were named",
      advice: "Name a folder of images or texts, a table, or a dataset; `apus help fit` has examples.")
  }

  /// Says what a folder holds that has no images or texts.
  private static func uselessFolder(_ path: String) -> DataError {
    var counts: [String: Int] = [:]
    let files = FileManager.default.enumerator(atPath: path)
    while let name = files?.nextObject() as? String {
      guard files?.fileAttributes?[.type] as? FileAttributeType == .typeRegular else { continue }
      let ending = (name as NSString).pathExtension.lowercased()
      counts[ending.isEmpty ? "files without an ending" : "." + ending, default: 0] += 1
    }
    let found = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
    return DataError(
      .empty,
      "the folder \(path) holds neither images nor texts that can be read; it "
        + (found.isEmpty ? "is empty" : "holds " + Format.list(found, limit: 5)),
      advice: "Put the examples of each class into a folder of its name; `apus help fit` has examples.")
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
  /// - Throws: `DataError` where there are none, or for options that neither they nor the source take.
  func recipes(for data: TaskData, from source: any ExampleSource, _ options: Options) throws -> [any Recipe]
  {
    let wanted = options.text("recipe")
    if let wanted, !recipes.contains(where: { $0.kind == wanted }) {
      throw DataError(
        .setting, "there is no recipe \"\(wanted)\"",
        advice: "There are \(recipes.map { $0.kind }.joined(separator: ", ")).")
    }
    let found = try recipes.filter { wanted == nil || $0.kind == wanted }
      .flatMap { try $0.propose(data, options) as [any Recipe] }
    guard !found.isEmpty else {
      if let wanted {
        throw DataError(
          .setting, "the recipe \(wanted) is not for \(data.examples.modality) data of this kind")
      }
      let task = data.target.map { type(of: $0).kind } ?? "unsupervised learning"
      throw DataError(
        .setting, "there is no recipe for \(task) of data of the kind \(data.examples.modality)")
    }
    let taken = Set(
      Run.options.map(\.name) + found.flatMap { type(of: $0).options.map(\.name) }
        + type(of: source).options.map(\.name))
    if let other = options.values.keys.sorted().first(where: { !taken.contains($0) }) {
      throw DataError(
        .setting,
        "--\(other) is not for \(data.examples.modality) data of kind \(type(of: source).kind) with these recipes",
        advice: "Leave it out.")
    }
    return found
  }
}
