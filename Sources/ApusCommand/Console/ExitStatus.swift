import Apus

/// How the command ends, in the numbers of BSD's `sysexits.h`.
enum ExitStatus: Int32, CaseIterable {
  case success = 0
  case usage = 64
  case data = 65
  case noInput = 66
  case `internal` = 70
  case cannotCreate = 73
  case interrupted = 130

  /// The name in JSON.
  var name: String {
    switch self {
    case .success: "success"
    case .usage: "usage"
    case .data: "data"
    case .noInput: "no-input"
    case .internal: "internal"
    case .cannotCreate: "cannot-create"
    case .interrupted: "interrupted"
    }
  }

  /// What `--help` says of it.
  var meaning: String {
    switch self {
    case .success: "done"
    case .usage: "the command line is wrong"
    case .data: "a file or data set holds what cannot be used"
    case .noInput: "a file or data set is missing or cannot be read"
    case .internal: "training failed, or apus itself did"
    case .cannotCreate: "a result cannot be written"
    case .interrupted: "stopped by Ctrl-C or a signal; --resume goes on"
    }
  }
}

/// What went wrong, for people and machines.
struct Failure: Error {
  var status: ExitStatus
  var message: String

  init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  /// What an error of any layer means for somebody at the command line.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case is CancellationError: self.init(.interrupted, "Stopped.")
    case let error as FileError: self.init(Self.status(of: error.reason), "\(error)")
    case let error as DataError: self.init(error.reason == .setting ? .usage : .data, "\(error)")
    case let error as TrainingError: self.init(Self.status(of: error.reason), "\(error)")
    case let error as GraphError: self.init(error.kind == .index ? .data : .internal, "\(error)")
    case let error as LoadError: self.init(.data, "\(error)")
    default: self.init(.internal, "\(error)")
    }
  }

  private static func status(of reason: FileError.Reason) -> ExitStatus {
    switch reason {
    case .missing, .unreadable: .noInput
    case .unwritable: .cannotCreate
    case .invalidRequest: .usage
    case .truncated, .corrupt, .unsupported, .tooLarge: .data
    }
  }

  private static func status(of reason: TrainingError.Reason) -> ExitStatus {
    switch reason {
    case .setting: .usage
    case .data, .checkpoint: .data
    case .notFinite, .busy: .internal
    }
  }

  var json: JSON {
    .object([
      JSON.Member(
        "error",
        .object([
          JSON.Member("kind", .string(status.name)), JSON.Member("code", .integer(Int(status.rawValue))),
          JSON.Member("message", .string(message)),
        ]))
    ])
  }
}
