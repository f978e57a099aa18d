/// Reads values whose types files name by kind. The registry is one; models and recipes need no more of it.
public protocol KindReader: Sendable {
  /// Reads a model of any kind.
  /// - Throws: `FileError` for files that are missing, damaged or something else.
  func open(_ path: String) throws -> any Model
  /// What a package's model takes and predicts.
  /// - Throws: `FileError` for kinds that are not known.
  func problem(of package: ModelPackage) throws -> Problem
  /// A package's network.
  /// - Throws: `FileError` for kinds that are not known.
  func network(_ coded: Coded, in package: ModelPackage) throws -> any NetworkBlueprint
}
