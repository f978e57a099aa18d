/// What a person asks to be looked at: a path, and options that say how.
public struct DataRequest: Sendable, Codable, Equatable {
  /// A file or folder; nil where options alone name the data.
  public var path: String?
  /// The options.
  public var options: Options

  /// A request for data.
  public init(_ path: String? = nil, options: Options = Options()) {
    self.path = path
    self.options = options
  }
}
