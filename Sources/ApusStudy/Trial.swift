import Synchronization

/// One evaluation of the objective: asks for parameters as it goes, and reports on the way.
///
/// Parameters may depend on each other's values, so that a space can be conditional. Asking twice for a name gives the
/// same value.
public final class Trial: Sendable {
  /// Its number in the study, counted from 0.
  public let number: Int
  private let ledger: Ledger
  private let study: Study
  private let finished: [TrialRecord]
  private let state: Mutex<TrialRecord>

  init(_ record: TrialRecord, finished: [TrialRecord], study: Study, ledger: Ledger) {
    number = record.number
    self.finished = finished
    self.study = study
    self.ledger = ledger
    state = Mutex(record)
  }

  /// What is known of the trial so far.
  public var record: TrialRecord { state.withLock { $0 } }

  /// A real number.
  ///
  /// - Parameters:
  ///   - name: The parameter's name.
  ///   - range: Its least and greatest value.
  ///   - scale: How the range is searched; linearly if not said.
  /// - Returns: The value for this trial.
  /// - Throws: `StudyError` for a range that cannot be searched, or is another one than the study's for this name.
  public func float(
    _ name: String, in range: ClosedRange<Double>, scale: ParameterScale = .linear
  ) throws -> Double {
    guard case .float(let value) = try value(name, in: .float(range, scale)) else { throw mismatch(name) }
    return value
  }

  /// A whole number.
  ///
  /// - Parameters:
  ///   - name: The parameter's name.
  ///   - range: Its least and greatest value, within ±2^52.
  ///   - scale: How the range is searched; linearly if not said.
  /// - Returns: The value for this trial.
  /// - Throws: `StudyError` for a range that cannot be searched, or is another one than the study's for this name.
  public func int(
    _ name: String, in range: ClosedRange<Int>, scale: ParameterScale = .linear
  ) throws -> Int {
    guard case .int(let value) = try value(name, in: .int(range, scale)) else { throw mismatch(name) }
    return value
  }

  /// One of several choices.
  ///
  /// - Parameters:
  ///   - name: The parameter's name.
  ///   - choices: What there is to choose from, without an order.
  /// - Returns: The choice for this trial.
  /// - Throws: `StudyError` for no choices, equal ones, or others than the study's for this name.
  public func categorical(_ name: String, in choices: [String]) throws -> String {
    guard case .choice(let value) = try value(name, in: .categorical(choices)) else { throw mismatch(name) }
    return value
  }

  /// The value of a parameter.
  ///
  /// - Parameters:
  ///   - name: The parameter's name.
  ///   - space: Its values.
  /// - Returns: The value for this trial.
  /// - Throws: `StudyError` for a space that cannot be searched, or is another one than the study's for this name.
  public func value(_ name: String, in space: ParameterSpace) throws -> ParameterValue {
    try ledger.check(name, space)
    return try state.withLock { record in
      if let known = record.parameters[name] { return known }
      let context = SamplerContext(
        study: study.name, number: number, position: record.parameters.count, finished: finished,
        direction: study.direction)
      var value = try record.fixed[name] ?? study.sampler.value(name, in: space, context: context)
      if case .float = space, case .int(let number) = value { value = .float(Double(number)) }
      guard space.place(of: value) != nil else {
        throw StudyError(
          "a value of \(space) was expected, and \(value) came",
          advice: "Change the fixed value or grid.", place: "parameter \(name)")
      }
      record.parameters[name] = value
      record.spaces[name] = space
      return value
    }
  }

  /// Reports a value on the way, and ends the trial where the pruner says so.
  ///
  /// - Parameters:
  ///   - value: The objective's value so far; finite.
  ///   - step: How far the trial has come: an epoch, a number of trees. 0 or above.
  /// - Throws: `Pruned` where the trial should end, which the objective lets pass; `TrialFailure` for a value that is not
  ///   finite; `FileError` where the journal cannot be written.
  public func report(_ value: Double, at step: Int) throws {
    guard value.isFinite else { throw TrialFailure("the objective reported \(value) at step \(step)") }
    let (trial, others) = try ledger.report(value, step: step, trial: number)
    state.withLock { $0.steps = trial.steps }
    if study.pruner.prunes(trial, at: step, others: others, direction: study.direction) {
      throw Pruned(step: step)
    }
  }

  /// Notes something about the trial, to be kept with it.
  ///
  /// - Parameters:
  ///   - key: What it is.
  ///   - text: What is noted; replaces what was there.
  public func note(_ key: String, _ text: String) { state.withLock { $0.attributes[key] = text } }

  /// Notes the end.
  func end(_ ending: TrialRecord.State, value: Double? = nil, problem: String? = nil) throws {
    var record = record
    record.state = ending
    record.value = value
    record.problem = problem
    try ledger.end(record)
  }

  private func mismatch(_ name: String) -> StudyError {
    StudyError(
      "it has a value of another kind in this trial", advice: "Ask for each name in one way.",
      place: "parameter \(name)")
  }
}
