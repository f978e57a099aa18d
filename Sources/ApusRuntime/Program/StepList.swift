import ApusGraph
import ApusKernels

/// Calls that are made one after another: a flat array of C functions and their contexts.
final class StepList: @unchecked Sendable {
  /// What each step does.
  let names: [String]
  let count: Int
  private let steps: UnsafeMutablePointer<apus_step>
  private let faults: [() -> GraphError?]
  private let origins: [Origin]

  /// Makes the steps of kernels whose memory is planned.
  init(_ kernels: [Kernel], _ binder: Binder) throws {
    let built = try kernels.map { try $0.build(binder) }
    count = built.count
    steps = UnsafeMutablePointer.allocate(capacity: max(1, built.count))
    for (index, step) in built.enumerated() { steps[index] = step.step }
    faults = built.map(\.fault)
    origins = kernels.map(\.origin)
    names = kernels.map(\.name)
  }

  deinit { steps.deallocate() }

  /// Runs the steps, up to the first that fails.
  func run() throws {
    let failed = apus_run_steps(steps, Int64(count))
    guard failed < 0 else { throw error(ofStep: Int(failed)) }
  }

  private func error(ofStep step: Int) -> GraphError {
    faults[step]() ?? GraphError(.argument, names[step], "the kernel failed", origin: origins[step])
  }
}
