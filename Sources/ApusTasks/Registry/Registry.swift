import ApusIO
import Foundation

/// The kinds of sources, inputs, targets, recipes, networks and models that there are: what a person names and what files
/// say is looked up here. A new kind of problem is one more entry.
public struct Registry: KindReader {
  /// Where examples come from.
  public var sources: [any ExampleSource.Type]
  /// How examples become tensors.
  public var inputs: [any InputEncoder.Type]
  /// What is predicted.
  public var targets: [any Target.Type]
  /// How models are fitted.
  public var recipes: [any Recipe.Type]
  /// Networks as data.
  public var networks: [any NetworkBlueprint.Type]
  /// What is saved.
  public var models: [any Model.Type]
  /// Files of earlier versions.
  public var earlierFormats: [EarlierFormat]

  /// A registry of some kinds.
  public init(
    sources: [any ExampleSource.Type] = [], inputs: [any InputEncoder.Type] = [],
    targets: [any Target.Type] = [], recipes: [any Recipe.Type] = [],
    networks: [any NetworkBlueprint.Type] = [], models: [any Model.Type] = [],
    earlierFormats: [EarlierFormat] = []
  ) {
    self.sources = sources
    self.inputs = inputs
    self.targets = targets
    self.recipes = recipes
    self.networks = networks
    self.models = models
    self.earlierFormats = earlierFormats
  }

  /// The kinds of several registries together.
  public init(_ parts: [Registry]) {
    self.init(
      sources: parts.flatMap(\.sources), inputs: parts.flatMap(\.inputs), targets: parts.flatMap(\.targets),
      recipes: parts.flatMap(\.recipes), networks: parts.flatMap(\.networks), models: parts.flatMap(\.models),
      earlierFormats: parts.flatMap(\.earlierFormats))
  }

  // MARK: - Models

  /// The file that a path means: itself, or the model in a run's folder.
  public static func resolved(_ path: String) -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? path + "/" + ModelPackage.fileName : path
  }

  /// Reads a model of any kind.
  /// - Parameter path: The file, or the folder of a run.
  /// - Throws: `FileError` for files that are missing, damaged or something else.
  /// - Returns: The model.
  public func open(_ path: String) throws -> any Model {
    let path = Self.resolved(path)
    let file = try Safetensors(path: path)
    if let format = file.metadata["format"],
      let earlier = earlierFormats.first(where: { $0.recognizes(format, file.metadata) })
    {
      return try earlier.read(file, path, self)
    }
    let package = try ModelPackage(path: path)
    guard let type = models.first(where: { $0.kind == package.manifest.kind }) else {
      throw unknown("model", package.manifest.kind, package)
    }
    return try type.init(package, registry: self)
  }

  /// Reads a model that predicts.
  /// - Throws: `DataError` for models that do not.
  public func predictor(_ path: String) throws -> any Predictor {
    try capable(open(path), path, "predict")
  }

  /// A model as one with a capability.
  /// - Throws: `FileError` that says what it can do where it lacks that.
  public func capable<Capability>(_ model: any Model, _ path: String, _ verb: String) throws -> Capability {
    guard let capable = model as? Capability else {
      let known = model.capabilities
      throw FileError(
        path: path, reason: .invalidRequest,
        problem: "a model of kind \(type(of: model).kind) cannot \(verb)",
        advice: known.isEmpty ? nil : "It can \(known.joined(separator: ", ")).")
    }
    return capable
  }

  // MARK: - Kinds

  /// What a package's model takes and predicts.
  public func problem(of package: ModelPackage) throws -> Problem {
    guard let input = package.manifest.input else { throw package.corrupt("it has no input") }
    guard let type = inputs.first(where: { $0.kind == input.kind }) else {
      throw unknown("input", input.kind, package)
    }
    return Problem(
      input: try value(input, type, "input", package),
      target: try package.manifest.target.map { coded in
        guard let type = targets.first(where: { $0.kind == coded.kind }) else {
          throw unknown("target", coded.kind, package)
        }
        return try value(coded, type, "target", package)
      })
  }

  /// A package's network.
  public func network(_ coded: Coded, in package: ModelPackage) throws -> any NetworkBlueprint {
    guard let type = networks.first(where: { $0.kind == coded.kind }) else {
      throw unknown("network", coded.kind, package)
    }
    return try value(coded, type, "network", package)
  }

  /// A source as it was kept; nil for a kind that is not known.
  func source(_ coded: Coded) throws -> (any ExampleSource)? {
    try sources.first { $0.kind == coded.kind }.map { try coded.decoded(as: $0) }
  }

  /// A recipe as it was kept; nil for a kind that is not known.
  func recipe(_ coded: Coded) throws -> (any Recipe)? {
    try recipes.first { $0.kind == coded.kind }.map { try coded.decoded(as: $0) }
  }

  private func value<Value>(
    _ coded: Coded, _ type: any Decodable.Type, _ what: String, _ package: ModelPackage
  ) throws -> Value {
    guard let value = try? coded.decoded(as: type) as? Value else {
      throw package.corrupt("its \(what) of kind \(coded.kind) cannot be read")
    }
    return value
  }

  private func unknown(_ what: String, _ kind: String, _ package: ModelPackage) -> FileError {
    FileError(
      path: package.path, reason: .unsupported,
      problem: "its \(what) is of kind \(kind), which is not known here",
      advice: "Use a newer version of Apus.")
  }
}
