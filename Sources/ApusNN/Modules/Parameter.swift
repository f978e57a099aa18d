import ApusGraph
import ApusTensor
import Synchronization

/// A weight of a model, or other state that belongs to it such as running statistics.
///
/// The value comes into being when its shape is first known, which for most layers is their first call:
///
/// ```swift
/// struct Scale: Layer {
///   let factor = Parameter(.ones)
///   func callAsFunction(_ x: Tensor) -> Tensor { x * factor.tensor([x.shape[x.rank - 1]]) }
/// }
/// ```
public final class Parameter: Sendable {
  /// What a parameter is for.
  public enum Kind: Sendable {
    /// Learned by gradients.
    case weight
    /// Kept by the layer itself, such as the running statistics of batch normalization.
    case state
  }

  /// Weight or state.
  public let kind: Kind
  /// Where the first value comes from.
  public let initializer: Initializer
  /// A penalty that training adds to the loss.
  public let regularizer: Regularizer?
  /// A condition that each update restores.
  public let constraint: Constraint?

  private struct Contents {
    var variable: Variable?
    var name = ""
    var isFrozen = false
    /// The seed given when the model was built.
    var seed: UInt64?
    /// The shape and element type found by `plan`, before there is a value.
    var planned: TensorType?
  }
  private let contents: Mutex<Contents>

  /// A parameter whose shape is not known yet.
  public init(
    _ initializer: Initializer = .glorotUniform, kind: Kind = .weight, regularizer: Regularizer? = nil,
    constraint: Constraint? = nil
  ) {
    self.kind = kind
    self.initializer = initializer
    self.regularizer = regularizer
    self.constraint = constraint
    contents = Mutex(Contents())
  }

  /// A parameter that starts with the given numbers.
  public init(
    _ value: Tensor, kind: Kind = .weight, regularizer: Regularizer? = nil, constraint: Constraint? = nil
  ) {
    self.kind = kind
    initializer = Initializer("given") { _, _, _, _ in value }
    self.regularizer = regularizer
    self.constraint = constraint
    contents = Mutex(Contents(variable: Variable(value)))
  }

  /// The dotted path inside the model, empty until the parameter was found in one.
  public internal(set) var name: String {
    get { contents.withLock { $0.name } }
    set { contents.withLock { $0.name = newValue } }
  }

  /// The cell that holds the value; nil until the shape is known.
  public var variable: Variable? { contents.withLock { $0.variable } }

  /// The shape; nil until it is known.
  public var shape: Shape? { contents.withLock { $0.variable?.shape ?? $0.planned?.shape } }

  /// Number of elements; 0 until the shape is known.
  public var count: Int { shape?.elementCount ?? 0 }

  /// Whether training leaves the parameter alone. A change takes effect with the next step: compiled
  /// functions that use the parameter are traced again.
  public var isFrozen: Bool {
    get { contents.withLock { $0.isFrozen } }
    set {
      let changed = contents.withLock { contents in
        defer { contents.isFrozen = newValue }
        return contents.isFrozen == newValue ? nil : contents.variable
      }
      changed?.invalidateTraces()
    }
  }

  /// Whether gradients change the parameter.
  public var isTrainable: Bool { kind == .weight && !isFrozen }

  /// The value, which must exist; `tensor(_:)` makes it.
  public var tensor: Tensor {
    if let variable { return variable.tensor }
    return Tensor(
      .failed(
        GraphError(
          .argument, "parameter", "\(label) has no value yet: its shape is not known",
          advice: "call the model once, or model.build(inputShape:)")))
  }

  /// The value, made by the initializer if this is the first time.
  /// - Parameters:
  ///   - shape: The shape; later calls must ask for the same.
  ///   - dtype: The element type of a value that is made.
  ///   - fans: Numbers of inputs and outputs of one unit, when the shape alone does not tell.
  /// - Returns: The value; a failed tensor when it has another shape.
  public func tensor(_ shape: Shape, dtype: DType = .float32, fans: Fans? = nil) -> Tensor {
    if ShapePlanning.isActive { return planned(TensorType(dtype, shape)) }
    let variable = contents.withLock { contents -> Variable in
      if let known = contents.variable { return known }
      let made = outsideTrace {
        let source =
          contents.seed.map { RandomSource(seed: $0, stream: "init." + contents.name) } ?? .current
        return Variable(
          initializer(shape, fans: fans ?? Fans(shape), dtype: dtype, from: source), name: contents.name)
      }
      contents.variable = made
      return made
    }
    guard variable.shape == shape else {
      return Tensor(
        .failed(
          GraphError(.shape, "parameter", "\(label) has shape \(variable.shape), but \(shape) is needed"),
          type: TensorType(variable.dtype, shape)))
    }
    return variable.tensor
  }

  /// Notes the shape and stands in for the value.
  private func planned(_ type: TensorType) -> Tensor {
    let known = contents.withLock { contents in
      if contents.variable == nil, contents.planned == nil { contents.planned = type }
      return contents.variable?.type ?? contents.planned ?? type
    }
    guard known.shape == type.shape else {
      return Tensor(
        .failed(
          GraphError(
            .shape, "parameter", "\(label) has shape \(known.shape), but \(type.shape) is needed"), type: type
        ))
    }
    return Tensor(Value.input(type.dtype, type.shape))
  }

  /// Gives the parameter another value; the shape must stay. A parameter without a shape takes the value's.
  public func assign(_ value: Tensor) {
    let known = contents.withLock { contents -> Variable? in
      if let variable = contents.variable { return variable }
      contents.variable = outsideTrace { Variable(value, name: contents.name) }
      return nil
    }
    known?.assign(value)
  }

  /// Prepares the first value to be drawn from the parameter's own stream of `seed`.
  func seed(_ seed: UInt64) { contents.withLock { $0.seed = seed } }

  var label: String {
    let name = name
    return name.isEmpty ? "the parameter" : "'\(name)'"
  }
}

/// Whether layers are only asked for the shapes of their parameters and results.
enum ShapePlanning {
  @TaskLocal static var isActive = false
}
