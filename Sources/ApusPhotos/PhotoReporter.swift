import ApusTrain

/// Who is told how training comes along.
public struct PhotoReporter: Sendable {
  /// Something that a person wants to know, a line.
  public var say: @Sendable (String) -> Void
  /// How much of something is done: what, how many, of how many.
  public var count: @Sendable (_ what: String, _ done: Int, _ total: Int) -> Void
  /// How the epochs of training all layers are told.
  public var epochs: Progress

  /// Tells what happens by functions.
  public init(
    say: @escaping @Sendable (String) -> Void, count: @escaping @Sendable (String, Int, Int) -> Void,
    epochs: Progress = .automatic
  ) {
    self.say = say
    self.count = count
    self.epochs = epochs
  }

  /// Nobody.
  public static let silent = PhotoReporter(say: { _ in }, count: { _, _, _ in }, epochs: .none)
}
