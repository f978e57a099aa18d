/// Where a study's trials are kept.
public enum StudyStorage: Sendable, Equatable {
  /// In this process only.
  case memory
  /// In a file that grows by a line of JSON for each event; several processes may work on one.
  case journal(String)
}
