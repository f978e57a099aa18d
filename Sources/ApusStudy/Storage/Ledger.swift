import Synchronization

/// The trials of a study as all who work on it have them.
final class Ledger: Sendable {
  struct State {
    var trials: [TrialRecord] = []
    var header: (name: String, direction: StudyDirection)?
    var spaces: [String: ParameterSpace] = [:]
    var queue: [[String: ParameterValue]] = []
    var queueTaken = 0
    /// Trials that tasks of this process work on.
    var own: Set<Int> = []
    var journal: JournalFile?
  }

  private let state: Mutex<State>

  init(name: String, direction: StudyDirection, storage: StudyStorage) throws {
    state = Mutex(State())
    try state.withLock { state in
      if case .journal(let path) = storage { state.journal = try JournalFile(path: path) }
      try state.transaction { state in
        if state.header == nil { try state.add(.study(name: name, direction: direction), durably: true) }
        guard let header = state.header, header == (name, direction) else {
          throw StudyError(
            "the journal holds study \(state.header?.name ?? "") to \(state.header?.direction.rawValue ?? "")",
            advice: "Use its name and direction, or another file.",
            place: "study \(name) to \(direction.rawValue)")
        }
      }
    }
  }

  /// The next trial to work on, and those with an end by now: one whose worker has died, or a new one. Nil where there
  /// are `total` already.
  func claim(total: Int) throws -> (trial: TrialRecord, finished: [TrialRecord])? {
    try transaction { state in
      let orphan = state.trials.first { trial in
        trial.state == .running && !state.own.contains(trial.number)
          && state.journal?.take(trial: trial.number) ?? true
      }
      let number = orphan?.number ?? state.trials.count
      guard orphan != nil || number < total else { return nil }
      if orphan == nil { _ = state.journal?.take(trial: number) }
      try state.add(.start(trial: number), durably: false)
      state.own.insert(number)
      return (state.trials[number], state.trials.filter { $0.state != .running })
    }
  }

  /// Notes a report, and returns the trial with it and the others.
  func report(_ value: Double, step: Int, trial: Int) throws -> (trial: TrialRecord, others: [TrialRecord]) {
    try transaction { state in
      try state.add(.step(trial: trial, step: step, value: value), durably: false)
      return (state.trials[trial], state.trials.filter { $0.number != trial })
    }
  }

  func end(_ trial: TrialRecord) throws {
    try transaction { state in
      try state.add(.end(trial), durably: true)
      state.giveBack(trial.number)
    }
  }

  /// Gives up a trial without an end; the next worker takes it over.
  func abandon(_ trial: Int) { state.withLock { $0.giveBack(trial) } }

  func enqueue(_ values: [String: ParameterValue]) throws {
    try transaction { try $0.add(.enqueue(values), durably: true) }
  }

  /// Holds a parameter to the values it has in the study's other trials.
  func check(_ name: String, _ space: ParameterSpace) throws {
    try space.check(name)
    try state.withLock { state in
      if let known = state.spaces[name], known != space {
        throw StudyError(
          "the study searches \(known), and \(space) came",
          advice: "Keep the space, or start another study.", place: "parameter \(name)")
      }
      state.spaces[name] = space
    }
  }

  func trials() throws -> [TrialRecord] { try transaction { $0.trials } }

  var notes: [String] { state.withLock { $0.journal?.notes ?? [] } }

  private func transaction<Result: Sendable>(
    _ body: @Sendable (inout State) throws -> Result
  ) throws -> Result {
    try state.withLock { try $0.transaction(body) }
  }
}

extension Ledger.State {
  /// Runs `body` on what all have written, while nobody else writes.
  mutating func transaction<Result>(_ body: (inout Self) throws -> Result) throws -> Result {
    guard let journal else { return try body(&self) }
    return try journal.locked {
      for record in try journal.newRecords() { try apply(record) }
      return try body(&self)
    }
  }

  mutating func add(_ record: JournalRecord, durably: Bool) throws {
    try journal?.append(record, durably: durably)
    try apply(record)
  }

  mutating func giveBack(_ trial: Int) {
    own.remove(trial)
    journal?.release(trial: trial)
  }

  private mutating func apply(_ record: JournalRecord) throws {
    func known(_ number: Int) throws {
      guard trials.indices.contains(number) else {
        throw StudyError(
          "an event of trial \(number) came, which has not begun", advice: "Restore the journal.",
          place: journal?.path, category: .data)
      }
    }
    switch record {
    case .study(let name, let direction): header = header ?? (name, direction)
    case .start(let number):
      if number == trials.count {
        trials.append(TrialRecord(number: number))
        if queueTaken < queue.count {
          trials[number].fixed = queue[queueTaken]
          queueTaken += 1
        }
      }
      try known(number)
      // One that is taken over begins anew.
      trials[number].steps = [:]
    case .step(let number, let step, let value):
      try known(number)
      trials[number].steps[step] = value
    case .enqueue(let values): queue.append(values)
    case .end(let ended):
      try known(ended.number)
      var trial = ended
      trial.steps = trials[ended.number].steps
      trial.fixed = trials[ended.number].fixed
      trials[ended.number] = trial
      spaces.merge(ended.spaces) { first, _ in first }
    }
  }
}
