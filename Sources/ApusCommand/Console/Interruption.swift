import Dispatch
import Foundation

/// Lets Ctrl-C stop a piece of work between two of its steps.
enum Interruption {
  /// Runs `body`, whose task is cancelled by the first SIGINT or SIGTERM; a second one ends the process at once.
  static func allowed<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let task = Task { try await body() }
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if task.isCancelled { _exit(ExitStatus.interrupted.rawValue) }
        task.cancel()
        Console.remark("\nStopping after this step. Once more ends at once.")
      }
      source.resume()
      return (number, source)
    }
    defer {
      for (number, source) in sources {
        source.cancel()
        signal(number, SIG_DFL)
      }
    }
    return try await task.value
  }
}
