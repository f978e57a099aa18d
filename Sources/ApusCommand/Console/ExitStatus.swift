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

  /// The status for errors of a category.
  init(_ category: ErrorCategory) {
    self =
      switch category {
      case .usage: .usage
      case .missingInput: .noInput
      case .data: .data
      case .unwritable: .cannotCreate
      case .resources, .failed: .internal
      case .interrupted: .interrupted
      }
  }

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
    case .data: "a file or dataset holds what cannot be used"
    case .noInput: "a file or dataset is missing or cannot be read"
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
    case let error as any ApusError: self.init(ExitStatus(error.category), "\(error)")
    default: self.init(.internal, "\(error)")
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
