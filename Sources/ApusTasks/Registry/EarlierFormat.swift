import ApusIO

/// Model files of an earlier version, which are still read.
public struct EarlierFormat: Sendable {
  /// Whether a file is of the format, by the name of its format and its metadata.
  public let recognizes: @Sendable (_ format: String, _ metadata: [String: String]) -> Bool
  /// Reads the model.
  public let read:
    @Sendable (_ file: Safetensors, _ path: String, _ registry: any KindReader) throws -> any Model

  /// A format.
  public init(
    recognizes: @escaping @Sendable (String, [String: String]) -> Bool,
    read: @escaping @Sendable (Safetensors, String, any KindReader) throws -> any Model
  ) {
    self.recognizes = recognizes
    self.read = read
  }
}
