import ApusGraph

/// A device that runs graphs. Compiled functions, and with them layers and training, know no more of a device than this
/// and `Executable`; `Engine` is the one of the CPU.
public protocol Executor: Sendable {
  /// Makes a graph ready to run.
  /// - Parameters:
  ///   - graph: What to compute.
  ///   - updates: Outputs that are written into the memory of an input, by number: state updated in place.
  ///   - kept: Inputs that hold the same at every run until the caller asks for another preparation; nil when none
  ///     does.
  /// - Returns: What runs it.
  /// - Throws: `GraphError` when an operation could not be traced or is not supported, or when there is too little
  ///   memory.
  func executable(for graph: Graph, updates: [Int: Int], keeping kept: Set<Int>?) throws -> any Executable

  /// Calls a piece of work where executables may be run, one piece at a time, and waits for it.
  /// - Parameters:
  ///   - work: Says whether it is done. If not, before it has changed anything, it is called again where everything may
  ///     be run.
  ///   - context: What the work is given.
  ///   - mayStay: Whether the work may be tried on the caller's own thread.
  func perform(_ work: Engine.Work, _ context: UnsafeMutableRawPointer, mayStay: Bool)
}

/// A graph that is ready to run on a device. Run by one caller at a time, within `Executor.perform`.
public protocol Executable: AnyObject, Sendable {
  /// Values that a caller binds, in the order of `run`'s inputs: the graph's placeholders, then those computed leaves
  /// that are not part of the program.
  var leaves: [Value] { get }

  /// Whether a run is so short that handing it to another thread would take longer.
  var isSmall: Bool { get }

  /// Computes the outputs.
  /// - Parameters:
  ///   - inputs: Where the values of `leaves` lie.
  ///   - outputs: Where the graph's outputs are wanted.
  ///   - preparing: Whether the kept inputs may have changed since the last run. The first run must prepare.
  /// - Throws: `GraphError` when an operation met bad data, such as an index out of range.
  func run(inputs: [UnsafeMutableRawPointer], outputs: [UnsafeMutableRawPointer], preparing: Bool) throws
}

extension Program: Executable {}

extension Engine: Executor {
  /// Compiles a graph for the CPU, on the engine's thread.
  /// - Parameters:
  ///   - graph: What to compute.
  ///   - updates: Outputs that are written into the memory of an input, by number.
  ///   - kept: Inputs that hold the same at every run until the caller asks for another preparation.
  /// - Returns: What runs it.
  /// - Throws: `GraphError` when an operation could not be traced or is not supported, or when there is too little
  ///   memory.
  public func executable(
    for graph: Graph, updates: [Int: Int], keeping kept: Set<Int>?
  ) throws -> any Executable {
    try run { try Program(graph, updates: updates, keeping: kept) }
  }
}
