import ApusGraph
import ApusKernels
import Synchronization

/// Notes when each step of each program runs.
///
/// With `APUS_PROFILE=trace.json` in the environment the whole process is watched, and when it exits the trace is
/// written, to be looked at in Perfetto or `chrome://tracing`, or with `apus profile trace.json`. The last 65,536 runs
/// of steps are kept. While nothing is watched, a program's run asks for it once and pays nothing else.
public enum Profiler {
  /// Runs of steps that are kept; the oldest are let go first.
  public static let capacity = 1 << 16

  private static let recording = Atomic<Bool>(ProfileFile.isWanted)
  // Touched on the engine's thread alone.
  nonisolated(unsafe) private static var record: Record?

  /// Whether programs have to note their steps.
  static var isRecording: Bool { recording.load(ordering: .relaxed) }

  /// Begins a new profile: what was noted before is forgotten.
  /// - Throws: `GraphError` when the machine's rates cannot be measured.
  public static func start() throws {
    try Engine.shared.run {
      recording.store(false, ordering: .relaxed)
      record = Record(try Roofline.measure())
      recording.store(true, ordering: .relaxed)
    }
  }

  /// Ends the profile; nil if none was begun. Where `APUS_PROFILE` has the whole process watched, that goes on.
  public static func stop() -> Profile? {
    // The body cannot throw.
    try? Engine.shared.run {
      let profile = record?.profile()
      if ProfileFile.path == nil {
        recording.store(false, ordering: .relaxed)
        record = nil
      }
      return profile
    }
  }

  /// Runs the steps of a program and notes them. On the engine's thread.
  static func run(_ list: StepList, _ steps: UnsafePointer<apus_step>) -> Int64 {
    if record == nil {
      // Asked for by the environment: measure before the first program runs, without watching that.
      recording.store(false, ordering: .relaxed)
      guard let roofline = try? Roofline.measure() else { return apus_run_steps(steps, Int64(list.count)) }
      record = Record(roofline)
      recording.store(true, ordering: .relaxed)
    }
    guard let record else { return apus_run_steps(steps, Int64(list.count)) }
    return record.run(list, steps)
  }
}

/// The notes of one profile: a ring of events.
private final class Record {
  private let roofline: Roofline
  private var steps: [Profile.Step] = []
  /// Where the steps of each list begin among all, by the list's serial number.
  private var firstSteps: [Int: Int] = [:]
  private var events: [Profile.Event] = []
  private var eventCount = 0
  private var times: [Int64] = []

  init(_ roofline: Roofline) {
    self.roofline = roofline
    events.reserveCapacity(Profiler.capacity)
  }

  func run(_ list: StepList, _ steps: UnsafePointer<apus_step>) -> Int64 {
    let first = firstStep(of: list), count = list.count
    if times.count <= count { times = Array(repeating: 0, count: count + 1) }
    let failed = times.withUnsafeMutableBufferPointer {
      apus_run_steps_timed(steps, Int64(count), $0.baseAddress)
    }
    for index in 0..<(failed < 0 ? count : Int(failed)) {
      let event = Profile.Event(
        step: first + index, start: times[index], duration: times[index + 1] - times[index])
      if events.count < Profiler.capacity {
        events.append(event)
      } else {
        events[eventCount % Profiler.capacity] = event
      }
      eventCount += 1
    }
    return failed
  }

  private func firstStep(of list: StepList) -> Int {
    if let known = firstSteps[list.serial] { return known }
    let first = steps.count
    firstSteps[list.serial] = first
    for (index, step) in list.descriptions.enumerated() {
      steps.append(
        Profile.Step(
          program: firstSteps.count, index: index, name: step.name, operations: step.work.operations,
          result: step.work.result?.description ?? "", origin: step.origin.description,
          operationCount: step.work.operationCount, bytesRead: step.work.bytesRead,
          bytesWritten: step.work.bytesWritten))
    }
    return first
  }

  func profile() -> Profile {
    let turn = eventCount > Profiler.capacity ? eventCount % Profiler.capacity : 0
    return Profile(
      steps: steps, events: Array(events[turn...] + events[..<turn]), droppedCount: eventCount - events.count,
      roofline: roofline)
  }
}
