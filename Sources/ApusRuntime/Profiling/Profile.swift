/// What programs did while a `Profiler` watched: the steps of every program that ran, and when each was run.
public struct Profile: Sendable, Hashable {
  /// One step of a program: a kernel, or a loop that runs a program of its own.
  public struct Step: Sendable, Hashable {
    /// Number of the program, counted from 1 in the order of their first runs. What a program computes once and
    /// keeps counts as a program of its own.
    public var program: Int
    /// Place among the steps of its program.
    public var index: Int
    /// The kernel's name.
    public var name: String
    /// The operations that it computes, in order; none for a change of layout.
    public var operations: [String]
    /// Type of the last result, as `float32[128, 10]`; empty if unknown.
    public var result: String
    /// The layer and the source line that asked for it; empty if unknown.
    public var origin: String
    /// Operations on numbers, as the formulas of the graph count them.
    public var operationCount: Double
    /// Bytes of the operands and of the results, each counted once, as if no cache held any.
    public var bytesRead: Double, bytesWritten: Double

    /// A step of a program.
    public init(
      program: Int, index: Int, name: String, operations: [String] = [], result: String = "",
      origin: String = "", operationCount: Double = 0, bytesRead: Double = 0, bytesWritten: Double = 0
    ) {
      self.program = program
      self.index = index
      self.name = name
      self.operations = operations
      self.result = result
      self.origin = origin
      self.operationCount = operationCount
      self.bytesRead = bytesRead
      self.bytesWritten = bytesWritten
    }
  }

  /// One run of a step.
  public struct Event: Sendable, Hashable {
    /// Number of the step in `steps`.
    public var step: Int
    /// When it began, and how long it took, in nanoseconds.
    public var start: Int64, duration: Int64

    /// A run of a step.
    public init(step: Int, start: Int64, duration: Int64) {
      self.step = step
      self.start = start
      self.duration = duration
    }
  }

  /// The steps of all programs that ran.
  public var steps: [Step]
  /// The runs of those steps, in order.
  public var events: [Event]
  /// Earlier runs of steps that were let go to keep the record small.
  public var droppedCount: Int
  /// The rates that steps are held against.
  public var roofline: Roofline

  /// A profile made of its parts.
  public init(steps: [Step], events: [Event], droppedCount: Int = 0, roofline: Roofline) {
    self.steps = steps
    self.events = events
    self.droppedCount = droppedCount
    self.roofline = roofline
  }
}

extension Profile {
  /// The runs of one step, or of several that belong together, added up.
  public struct Total: Sendable, Hashable {
    /// The step, or the first of them.
    public var step: Step
    /// Number of runs.
    public var calls = 0
    /// Seconds, operations and bytes of all runs.
    public var seconds = 0.0, operationCount = 0.0, byteCount = 0.0
    /// Seconds that the same work takes at the rates of the roofline.
    public var attainableSeconds = 0.0

    /// Which share of the attainable speed was reached. More than 1 is possible: the roofline reckons that all
    /// operands come from memory, and some lie in a cache.
    public var rooflineShare: Double { seconds > 0 ? attainableSeconds / seconds : 0 }
  }

  /// Runs added up by a property of their steps, the longest first.
  /// - Parameter key: Steps with equal keys are added up.
  /// - Returns: The sums, the longest first.
  public func totals(by key: (Step) -> some Hashable) -> [Total] {
    var places: [AnyHashable: Int] = [:]
    var totals: [Total] = []
    let placesOfSteps = steps.map { step -> Int in
      let name = AnyHashable(key(step))
      if let place = places[name] { return place }
      places[name] = totals.count
      totals.append(Total(step: step))
      return totals.count - 1
    }
    for event in events {
      let step = steps[event.step], place = placesOfSteps[event.step]
      totals[place].calls += 1
      totals[place].seconds += Double(event.duration) / 1e9
      totals[place].operationCount += step.operationCount
      totals[place].byteCount += step.bytesRead + step.bytesWritten
      totals[place].attainableSeconds += roofline.seconds(for: step)
    }
    return totals.filter { $0.calls > 0 }.sorted { $0.seconds > $1.seconds }
  }

  /// Seconds of all runs together.
  public var seconds: Double { events.reduce(0) { $0 + Double($1.duration) / 1e9 } }
}
