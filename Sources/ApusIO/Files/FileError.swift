import ApusGraph

/// Why a file could not be read or written: where, what was expected, what came, what to do next.
public struct FileError: ApusError, Equatable {
  /// The kind of trouble, for code that wants to react to it.
  public enum Reason: String, Sendable {
    /// Nothing is at the path.
    case missing
    /// The system refused to open or read it.
    case unreadable
    /// The system refused to write it.
    case unwritable
    /// It ends before what it announces.
    case truncated
    /// Its bytes contradict its format or themselves.
    case corrupt
    /// It is well formed, but uses a part of its format that is not read here.
    case unsupported
    /// It is beyond a limit that protects the reader.
    case tooLarge = "too large"
    /// The caller asked for something that the file or its format cannot hold.
    case invalidRequest = "invalid request"
  }

  /// The file.
  public let path: String
  /// The kind of trouble.
  public let reason: Reason
  /// What was expected and what came.
  public let problem: String
  /// What to do next, where that is known.
  public let advice: String?
  /// The line, counted from 1, in a file of text.
  public let line: Int?
  /// The column, counted from 1, in a file of text.
  public let column: Int?

  /// An error about the file at `path`.
  public init(
    path: String, reason: Reason, problem: String, advice: String? = nil, line: Int? = nil,
    column: Int? = nil
  ) {
    self.path = path
    self.reason = reason
    self.problem = problem
    self.advice = advice
    self.line = line
    self.column = column
  }
}

extension FileError {
  /// Who can mend it.
  public var category: ErrorCategory {
    switch reason {
    case .missing, .unreadable: .missingInput
    case .unwritable: .unwritable
    case .invalidRequest: .usage
    case .truncated, .corrupt, .unsupported, .tooLarge: .data
    }
  }

  /// The file, with line and column where they are known: `data.csv:3:7`.
  public var place: String? {
    path + (line.map { ":\($0)" } ?? "") + (column.map { ":\($0)" } ?? "")
  }

  /// `data.csv:3:7: corrupt: 4 fields expected, 5 came. Check …`
  public var description: String {
    let tail = advice.map { " \($0)" } ?? ""
    // Of what is missing the problem says so itself.
    let kind = reason == .missing ? "" : "\(reason.rawValue): "
    return "\(place ?? path): \(kind)\(problem).\(tail)"
  }
}
