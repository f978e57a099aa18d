import Foundation
import Synchronization

/// Any program that prints a number, as the objective of a study.
///
/// Where an argument contains `{name}`, the parameter's value stands in its place; the environment variable `NAME` has it,
/// too. The value of a trial is what follows `objective:` on a line of standard output, else the last number on it. Lines
/// `step 3: 0.25` report on the way; a program whose trial the pruner ends gets SIGTERM.
public struct ProgramObjective: Sendable {
  /// The parameters that a trial is asked for, in order.
  public let parameters: [(name: String, space: ParameterSpace)]
  /// The program and its arguments.
  public let command: [String]

  /// An objective.
  /// - Parameters:
  ///   - command: The program and its arguments, with `{name}` where a value belongs.
  ///   - parameters: The parameters.
  /// - Throws: `StudyError` for no program, no parameters, two of one name, and `{name}` of none of them.
  public init(_ command: [String], parameters: [(name: String, space: ParameterSpace)]) throws {
    guard !command.isEmpty else {
      throw StudyError("a program to run was expected", advice: "Write it behind --, with its arguments.")
    }
    guard !parameters.isEmpty, Set(parameters.map(\.name)).count == parameters.count else {
      throw StudyError(
        "parameters, each with a name of its own, were expected",
        advice: "Give them by --float, --int and --choice.")
    }
    let names = Set(parameters.map(\.name))
    for argument in command {
      // What stands behind a dollar is the shell's.
      for match in argument.matches(of: /(^|[^$]){([A-Za-z][A-Za-z0-9_-]*)}/)
      where !names.contains(String(match.2)) {
        throw StudyError(
          "\"\(argument)\" asks for the parameter {\(match.2)}, which there is not",
          advice: "There are \(names.sorted().joined(separator: ", ")).")
      }
    }
    (self.command, self.parameters) = (command, parameters)
  }

  /// Runs the program with a trial's values.
  /// - Parameter trial: Who chooses the values.
  /// - Throws: `TrialFailure` for a program that cannot be started, ends with another status than 0 or prints no number;
  ///   `Pruned` where the trial is ended.
  /// - Returns: The number that it printed.
  public func value(_ trial: Trial) async throws -> Double {
    var values: [String: String] = [:]
    for (name, space) in parameters { values[name] = try trial.value(name, in: space).description }
    let arguments = command.map { argument in
      values.reduce(argument) { $0.replacingOccurrences(of: "{\($1.key)}", with: $1.value) }
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      values.map { ($0.key.uppercased().replacingOccurrences(of: "-", with: "_"), $0.value) }
    ) { $1 }
    let running = Mutex(process)
    return try await withTaskCancellationHandler {
      try await Self.onThread { try Self.run(process, trial) }
    } onCancel: {
      running.withLock { if $0.isRunning { $0.terminate() } }
    }
  }

  /// Waiting for a program blocks: on a thread of its own it keeps no other trial from going on.
  private static func onThread(_ body: @escaping @Sendable () throws -> Double) async throws -> Double {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
  }

  private static func run(_ process: Process, _ trial: Trial) throws -> Double {
    let pipe = Pipe()
    process.standardOutput = pipe
    do { try process.run() } catch { throw TrialFailure("the program cannot be started: \(error)") }
    var rest: [UInt8] = [], found = Reading()
    while let bytes = read(pipe.fileHandleForReading.fileDescriptor) {
      rest += bytes
      var lines = rest.split(separator: 0x0a, omittingEmptySubsequences: false)
      rest = Array(lines.removeLast())
      for line in lines {
        do {
          if let step = found.add(String(decoding: line, as: UTF8.self)) {
            try trial.report(step.value, at: step.number)
          }
        } catch {
          process.terminate()
          process.waitUntilExit()
          throw error
        }
      }
    }
    _ = found.add(String(decoding: rest, as: UTF8.self))
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw TrialFailure("the program ended with status \(process.terminationStatus)")
    }
    guard let value = found.objective ?? found.last else {
      throw TrialFailure("the program printed no number")
    }
    return value
  }

  /// The next bytes of a pipe; nil at its end. `FileHandle` ends the process where a signal comes in between.
  private static func read(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      if count > 0 { return Array(buffer[..<count]) }
      guard count < 0, errno == EINTR else { return nil }
    }
  }

  /// What a program's lines say.
  struct Reading {
    /// What followed `objective:` last.
    private(set) var objective: Double?
    /// The last number.
    private(set) var last: Double?

    /// Takes a line; a step that it reports.
    mutating func add(_ line: String) -> (number: Int, value: Double)? {
      let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "," || $0 == "=" }.map(
        String.init)
      if words.first?.lowercased() == "step", words.count >= 3,
        let number = Int(words[1].replacingOccurrences(of: ":", with: "")),
        let value = Double(words[2])
      {
        return (number, value)
      }
      if let colon = line.range(of: "objective:", options: .caseInsensitive),
        let value = Double(line[colon.upperBound...].trimmingCharacters(in: .whitespaces))
      {
        objective = value
      }
      if let value = words.compactMap({ Double($0) }).last { last = value }
      return nil
    }
  }
}
