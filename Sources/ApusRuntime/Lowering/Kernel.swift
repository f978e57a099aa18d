import ApusGraph
import ApusKernels

/// A block of memory that kernels read and write, before it has an address.
struct Storage {
  enum Kind: Equatable {
    /// Lives inside one run, in the program's arena.
    case arena
    /// Lives as long as the program; written by its preparation.
    case prepared
    /// Bound by the caller before a run.
    case input(Int)
    /// Bound by the caller before a run; the program fills it.
    case output(Int)
    /// Known when the program is made.
    case constant(Int)
  }
  /// The address space of a process on today's machines of 64 bits: a larger block cannot be.
  static let byteLimit = 1 << 47

  var kind: Kind
  var byteCount: Int
  /// The storage that this one is a part of, and where.
  var parent: (storage: Int, byteOffset: Int)?
}

/// A step of a program before memory is planned.
struct Kernel {
  /// What it does, for plans and profiles.
  let name: String
  /// Where the user asked for it.
  let origin: Origin
  /// Storages read and written.
  var reads: [Int]
  var writes: [Int]
  /// Pairs of a written and a read storage that may share memory: element i is read before it is written.
  var inPlace: [(write: Int, read: Int)] = []
  /// Whether equal operands always give equal results, so that they may be computed once and kept.
  var isPure = true
  /// How much it does, for profiles; counted by its memory where nothing else is said.
  var work = KernelWork()
  /// Whether it may share its work among threads, and so must run on the engine's.
  var usesPool = true
  /// Makes the C context once memory is planned.
  let build: (Binder) throws -> Step
}

/// A kernel that is ready to run.
struct Step {
  let step: apus_step
  /// Reads what went wrong after the step returned nonzero.
  var fault: () -> GraphError?
}

/// Hands out addresses to the contexts of steps, and keeps what they own.
final class Binder {
  /// Called with an address now or whenever the storage gets another one.
  typealias Setter = (UnsafeMutableRawPointer) -> Void
  private(set) var setters: [(storage: Int, byteOffset: Int, set: Setter)] = []
  private(set) var cleanups: [() -> Void] = []

  /// Tells where a view begins.
  func bind(_ view: View, _ set: @escaping Setter) {
    guard case .storage(let number) = view.base else {
      preconditionFailure("a view without memory was bound")
    }
    setters.append((number, view.offset * view.dtype.byteSize, set))
  }

  func bind(storage: Int, _ set: @escaping Setter) { setters.append((storage, 0, set)) }

  /// A context that lives as long as the program.
  func allocate<Context>(_ value: Context) -> UnsafeMutablePointer<Context> {
    let pointer = UnsafeMutablePointer<Context>.allocate(capacity: 1)
    pointer.initialize(to: value)
    cleanups.append {
      pointer.deinitialize(count: 1); pointer.deallocate()
    }
    return pointer
  }

  /// Keeps an object, or runs code, when the program goes.
  func onRelease(_ body: @escaping () -> Void) { cleanups.append(body) }

  /// A step around a kernel of `ApusKernels`.
  func step<Context>(
    _ function: @escaping apus_step_function, _ context: UnsafeMutablePointer<Context>,
    fault: @escaping () -> GraphError? = { nil }
  ) -> Step {
    Step(step: apus_step(run: function, context: UnsafeMutableRawPointer(context)), fault: fault)
  }
}
