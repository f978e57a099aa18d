import ApusGraph
import ApusRuntime
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What every copy of a tensor shares. While it lives and is not computed, it is one of its task's pending
/// roots, so that a reading computes it along with whatever else is wanted.
final class TensorHandle: Sendable {
  let value: Value
  private let scope: Int

  init(_ value: Value) {
    self.value = value
    // Nothing is registered during a trace: placeholders cannot be computed.
    if TraceContext.current == nil, value.failure == nil, value.result == nil {
      scope = PendingTensors.currentScope
      PendingTensors.add(self, scope: scope)
    } else {
      scope = 0
    }
  }

  deinit { if scope != 0 { PendingTensors.remove(ObjectIdentifier(self), scope: scope) } }
}

/// The tensors of each task that are alive and not computed yet.
enum PendingTensors {
  private struct Entry {
    weak var handle: TensorHandle?
  }
  private struct Scope {
    var entries: [ObjectIdentifier: Entry] = [:]
    var added = 0
  }
  private static let scopes = Mutex<[Int: Scope]>([:])
  /// A task that never reads is computed along the way once it has made this many tensors: its history would
  /// grow without bound otherwise.
  private static let flushLimit = 20_000

  /// A number for the running task, or the thread outside of tasks. Never 0.
  static var currentScope: Int {
    let task = withUnsafeCurrentTask { $0?.hashValue }
    return (task ?? Int(bitPattern: UInt(bitPattern: pthread_self().hashValue))) | 1
  }

  static func add(_ handle: TensorHandle, scope: Int) {
    let overdue = scopes.withLock { scopes in
      scopes[scope, default: Scope()].entries[ObjectIdentifier(handle)] = Entry(handle: handle)
      scopes[scope]!.added += 1
      return scopes[scope]!.added > flushLimit
    }
    // An error found here is not lost: the nodes stay pending and the next reading throws it.
    if overdue, !GradientRecording.isActive { try? evaluate(including: []) }
  }

  static func remove(_ identifier: ObjectIdentifier, scope: Int) {
    scopes.withLock { scopes in
      scopes[scope]?.entries[identifier] = nil
      if scopes[scope]?.entries.isEmpty == true { scopes[scope] = nil }
    }
  }

  /// Computes the given values and everything that the current task has pending.
  static func evaluate(including values: [Value]) throws {
    let scope = currentScope
    let handles = scopes.withLock { scopes -> [TensorHandle] in
      scopes[scope]?.added = 0
      return scopes[scope]?.entries.values.compactMap(\.handle) ?? []
    }
    let pending = handles.map(\.value).filter { $0.result == nil }
    var roots = values.filter { $0.result == nil }
    let wanted = Set(roots)
    // A fixed order makes the program cache's key independent of where handles lie in memory.
    roots += pending.filter { !wanted.contains($0) }.sorted { $0.node.serial < $1.node.serial }
    if !roots.isEmpty { try Evaluator.evaluate(roots, required: values) }
    scopes.withLock { scopes in
      for handle in handles where handle.value.result != nil {
        scopes[scope]?.entries[ObjectIdentifier(handle)] = nil
      }
    }
  }
}
