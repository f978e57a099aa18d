import ApusGraph
import ApusKernels
import Synchronization

/// Calls that are made one after another: a flat array of C functions and their contexts.
final class StepList: @unchecked Sendable {
  /// What each step does, and who asked for it.
  let descriptions: [(name: String, origin: Origin, work: KernelWork)]
  let count: Int
  /// A number that no other list of this process has.
  let serial = StepList.nextSerial.add(1, ordering: .relaxed).newValue
  private static let nextSerial = Atomic<Int>(0)

  private let steps: UnsafeMutablePointer<apus_step>
  private let faults: [() -> GraphError?]
  private let isNested: Bool

  /// Makes the steps of kernels whose memory is planned.
  /// - Parameters:
  ///   - kernels: What runs, in order.
  ///   - binder: Who is told where contexts want addresses.
  ///   - isNested: Whether another list's step runs these: a profile shows that one then.
  /// - Throws: `GraphError` when there is too little memory, or when a kernel is refused.
  init(_ kernels: [Kernel], _ binder: Binder, isNested: Bool) throws {
    self.isNested = isNested
    let built = try kernels.map { try $0.build(binder) }
    count = built.count
    steps = UnsafeMutablePointer.allocate(capacity: max(1, built.count))
    for (index, step) in built.enumerated() { steps[index] = step.step }
    faults = built.map(\.fault)
    descriptions = kernels.map { ($0.name, $0.origin, $0.work) }
  }

  /// The steps' names.
  var names: [String] { descriptions.map(\.name) }

  deinit { steps.deallocate() }

  /// Runs the steps, up to the first that fails.
  func run() throws {
    let failed =
      Profiler.isRecording && !isNested ? Profiler.run(self, steps) : apus_run_steps(steps, Int64(count))
    guard failed < 0 else { throw error(ofStep: Int(failed)) }
  }

  private func error(ofStep step: Int) -> GraphError {
    let (name, origin, _) = descriptions[step]
    return faults[step]() ?? GraphError(.argument, name, "the kernel failed", origin: origin)
  }
}
