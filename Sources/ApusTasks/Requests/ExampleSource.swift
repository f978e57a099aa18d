import ApusTrain

/// Where examples come from: a folder of images, a table, a named dataset. Kept in a run's settings, so that it can go
/// on with the same data.
public protocol ExampleSource: Codable, Sendable {
  /// The name in files and messages, such as `image-folder`.
  static var kind: String { get }
  /// What `apus fit` takes for it.
  static var options: [OptionDescription] { get }
  /// How it is used, for help: one or more lines of an example and its meaning.
  static var usage: String { get }

  /// The source that a request means, or nil where it means another.
  /// - Throws: `DataError` or `FileError` where the request means this source but lacks something.
  static func recognize(_ request: DataRequest) throws -> Self?

  /// The files and folders that are read, which nothing is written over.
  var paths: [String] { get }

  /// Reads the examples. Whatever was found and is not used is counted in notes and skipped.
  ///
  /// - Parameters:
  ///   - problem: What a trained model takes and predicts, where the examples are for it; nil before training.
  ///   - reporter: Who is told how it goes.
  /// - Throws: `FileError` and `DataError` for data that cannot be used; `CancellationError` in a cancelled task.
  /// - Returns: The examples.
  func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples
}
