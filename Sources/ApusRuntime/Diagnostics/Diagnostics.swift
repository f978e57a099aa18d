import ApusGraph
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the environment asks the runtime to show or leave out: `APUS_DUMP=memory,plan,passes` prints plans to standard error,
/// `APUS_DISABLE=cse,epilogue` switches passes off, `APUS_DEBUG=1` prints a line for each compilation.
public enum Diagnostics {
  static func list(_ name: String) -> Set<String> {
    guard let value = getenv(name) else { return [] }
    return Set(String(cString: value).split(separator: ",").map(String.init))
  }

  static let dumped = list("APUS_DUMP")
  static let isDebugging = getenv("APUS_DEBUG") != nil

  static func show(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Tells a person something worth knowing on standard error, unless `APUS_QUIET` is set.
  public static func warn(_ text: String) { if getenv("APUS_QUIET") == nil { show("apus: " + text) } }

  /// Prints what each pass did, if that was asked for.
  static var passReport: ((Passes.Pass, Graph, Graph) -> Void)? {
    guard dumped.contains("passes") else { return nil }
    return { pass, before, after in
      show("pass \(pass.name): before\n\(before)\npass \(pass.name): after\n\(after)")
    }
  }

  static func dump(_ program: Program, _ lowering: Lowering) {
    if dumped.contains("plan") {
      show("plan: \(program.preparationNames.count) prepared, \(program.stepNames.count) steps")
      show(lowering.planText(showsReorders: true))
    }
    if dumped.contains("memory") {
      show(
        "memory: arena \(program.arenaByteCount) bytes, lower bound \(program.liveByteCount), "
          + "prepared \(program.preparedByteCount), \(program.stepNames.count) steps")
    }
  }

  private static let counts = Mutex(ProgramCounters())

  /// What the runtime has done so far in this process.
  public static var counters: ProgramCounters { counts.withLock { $0 } }

  /// Notes that a function was traced and compiled.
  public static func countTrace() {
    count {
      $0.traces += 1
      $0.compilations += 1
    }
  }

  static func count(_ change: (inout ProgramCounters) -> Void) { counts.withLock { change(&$0) } }
}

/// How often programs were asked for, found and made.
public struct ProgramCounters: Sendable, Hashable {
  /// Functions traced by `compile`.
  public internal(set) var traces = 0
  /// Programs found ready.
  public internal(set) var hits = 0
  /// Programs made.
  public internal(set) var compilations = 0
  /// Programs made again because a small constant kept changing and became an input.
  public internal(set) var promotions = 0
  /// Programs run.
  public internal(set) var runs = 0
}
