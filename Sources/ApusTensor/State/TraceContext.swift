import ApusGraph
import Synchronization

/// What a function does to variables while it is traced for compilation: each one read becomes a placeholder,
/// each assignment is remembered as the value to write back after a run.
final class TraceContext: @unchecked Sendable {
  @TaskLocal static var current: TraceContext?

  /// Whether the body of a loop is traced, whose states come from the enclosing trace: a part of a flat block
  /// is then read and assigned as a cell of its own, so that its gradient is found where the others are.
  private let isLoopBody: Bool

  init(isLoopBody: Bool = false) { self.isLoopBody = isLoopBody }

  /// Cells read or written, in order of first use, with their placeholders.
  private(set) var states: [(variable: Variable, placeholder: Value)] = []
  private var values: [ObjectIdentifier: Value] = [:]
  /// Parts of flat blocks, by the block's cell and then by the variable.
  private var parts: [ObjectIdentifier: [ObjectIdentifier: Value]] = [:]

  /// The cells whose values change, with the new values, in order of first use.
  var updates: [(state: Int, value: Value)] {
    states.indices.compactMap { index in
      let value = values[ObjectIdentifier(states[index].variable)]!
      return value == states[index].placeholder ? nil : (index, value)
    }
  }

  /// Every cell that the function touched, parts of blocks included, with the versions that the trace is good for.
  private(set) var dependencies: [(variable: Variable, version: Int)] = []
  private var seen = Set<ObjectIdentifier>()

  /// Whether something has changed since that the trace depends on.
  var isStale: Bool { dependencies.contains { $0.variable.traceVersion != $0.version } }

  private func depend(on variable: Variable) {
    if seen.insert(ObjectIdentifier(variable)).inserted {
      dependencies.append((variable, variable.traceVersion))
    }
  }

  func read(_ variable: Variable) -> Value {
    depend(on: variable)
    if isLoopBody { return readOwn(variable) }
    switch variable.backing.withLock({ $0 }) {
    case .own:
      return readOwn(variable)
    case .part(let storage, let offset):
      // The same value for every reading until the block changes: gradients are taken with respect to it.
      let block = ObjectIdentifier(storage.block)
      if let part = parts[block]?[ObjectIdentifier(variable)] { return part }
      let part = storage.slice(readOwn(storage.block), offset: offset, type: variable.type)
      parts[block, default: [:]][ObjectIdentifier(variable)] = part
      return part
    }
  }

  private func readOwn(_ variable: Variable) -> Value {
    let key = ObjectIdentifier(variable)
    if let value = values[key] { return value }
    let placeholder = Value.input(variable.dtype, variable.shape)
    states.append((variable, placeholder))
    values[key] = placeholder
    return placeholder
  }

  func assign(_ variable: Variable, _ value: Value) {
    depend(on: variable)
    if isLoopBody {
      _ = readOwn(variable)
      values[ObjectIdentifier(variable)] = value
      return
    }
    switch variable.backing.withLock({ $0 }) {
    case .own:
      _ = readOwn(variable)
      values[ObjectIdentifier(variable)] = value
      parts[ObjectIdentifier(variable)] = nil
    case .part(let storage, let offset):
      let block = readOwn(storage.block)
      values[ObjectIdentifier(storage.block)] = storage.replacing(block, offset: offset, with: value)
      parts[ObjectIdentifier(storage.block), default: [:]][ObjectIdentifier(variable)] = value
    }
  }
}

/// Runs `body` as if no function were being traced: what it reads and assigns happens now, once. State that
/// comes into being at a function's first call, such as a layer's weights, is made this way.
package func outsideTrace<Result>(_ body: () throws -> Result) rethrows -> Result {
  try TraceContext.$current.withValue(nil) {
    try GradientRecording.$isActive.withValue(false, operation: body)
  }
}

/// Runs `body` as a trace that is thrown away: placeholders may be used, nothing is computed, and no
/// assignment takes effect. The way to learn shapes.
package func withDiscardedTrace<Result>(_ body: () throws -> Result) rethrows -> Result {
  try TraceContext.$current.withValue(TraceContext(), operation: body)
}

/// Whether a function is being traced, so that nothing can be computed.
package var isTracing: Bool { TraceContext.current != nil }
