import ApusGraph
import ApusTensor
import Synchronization

/// A built-in layer's type name, and its path once it was found inside a model.
///
/// A layer of your own that makes graph operations itself can hold one and run its body in `call`, so that
/// errors and `summary` name it.
public final class LayerIdentity: Sendable {
  /// The layer's type: `Dense`.
  public let type: String
  private let place = Mutex((path: "", modelInput: Shape?.none, flattened: Shape?.none))

  /// An identity for a layer of the given type.
  public init(_ type: String) { self.type = type }

  /// The dotted path inside the model, empty until the layer was found in one.
  public internal(set) var path: String {
    get { place.withLock { $0.path } }
    set { place.withLock { $0.path = newValue } }
  }

  /// The shape of one sample that the whole model was built for.
  var modelInput: Shape? {
    get { place.withLock { $0.modelInput } }
    set { place.withLock { $0.modelInput = newValue } }
  }

  /// The shape `[spatial…, channels]` of one sample before it was flattened to the layer's input, if it was one with
  /// channels: other frameworks flatten those in another order.
  var flattened: Shape? {
    get { place.withLock { $0.flattened } }
    set { place.withLock { $0.flattened = newValue } }
  }

  /// Runs a layer's body: what goes wrong inside names the layer, and `summary` sees the result's shape.
  ///
  /// A failed input is passed through, and an error that the body throws becomes a failed tensor.
  public func call(_ x: Tensor, _ body: (Tensor) throws(GraphError) -> Tensor) -> Tensor {
    if x.failure != nil { return x }
    var origin = Origin.current
    let path = path
    if !path.isEmpty { origin.layerPath = path }
    return Origin.$current.withValue(origin) {
      let result: Tensor
      do throws(GraphError) {
        result = try body(x)
      } catch {
        result = Tensor(.failed(error, type: x.value.type))
      }
      LayerRecorder.current?.record(ObjectIdentifier(self), result)
      return result
    }
  }

  /// The identity under which a container calls a user-defined layer, so that errors and `summary` name it, too.
  /// - Returns: nil for layers with an identity of their own, and for containers, whose layers are recorded instead.
  static func standIn(for layer: any Layer) -> LayerIdentity? {
    layer is any IdentifiedLayer || layer is any NamedChildren
      ? nil : LayerIdentity(Discovery.name(of: Swift.type(of: layer)))
  }

  /// Calls a layer for which this identity stands in.
  func call(_ layer: any Layer, _ x: Tensor) -> Tensor {
    LayerRecorder.current?.enter(ObjectIdentifier(self))
    return call(x) { x throws(GraphError) in layer(x) }
  }

  /// An error of this layer: `Dense expects …`.
  func error(
    _ kind: GraphError.Kind, _ message: String, input x: Tensor? = nil, advice: String = ""
  ) -> GraphError {
    let producer = x?.value.node.origin.layerPath ?? ""
    var message = message
    if !producer.isEmpty, producer != path { message += "; the input comes from layer '\(producer)'" }
    if kind == .shape, let x, let difference = inputDifference(x) {
      return GraphError(kind, type, message, advice: difference)
    }
    return GraphError(kind, type, message, advice: advice)
  }

  /// What is unlike the samples that the model was built for, when the model's input can be found: the
  /// mistake that shows in a late layer was often made there.
  private func inputDifference(_ x: Tensor) -> String? {
    guard let built = modelInput else { return nil }
    // Along the first operands one gets to the data, as the others are weights. The last tensor on the way
    // with as many axes as a batch is what the model was given.
    var value = x.value
    var given: Value?
    while let next = value.node.pendingInputs?.first {
      value = next
      if value.rank == built.rank + 1 { given = value }
    }
    guard let given else { return nil }
    let found = given.shape.dimensions.dropFirst()
    let axes = zip(built.dimensions, found).enumerated().filter { $1.0 != $1.1 }
    guard !axes.isEmpty else { return nil }
    let list = axes.map {
      "axis \($0 + 1) of the model's input has size \($1.1) where it was built for \($1.0)"
    }
    return list.joined(separator: ", ") + ": input \(given.shape)"
  }

  /// The layer's own arguments must make sense.
  func require(_ conditions: [(holds: Bool, otherwise: String)]) throws(GraphError) {
    if let problem = ArgumentCheck.firstProblem(conditions) { throw error(.argument, problem) }
  }

  /// The input must have one of the given numbers of axes.
  func requireRank(_ expected: Int, _ x: Tensor, _ meaning: String) throws(GraphError) {
    guard x.rank != expected else { return }
    throw error(
      .shape, "expects \(expected) axes \(meaning), got \(x.rank): \(x.shape)", input: x,
      advice: x.rank == expected - 1
        ? "a batch axis or a channel axis of size 1 may be missing: expandedDimensions(axis:)" : "")
  }

  /// The input must hold real numbers.
  func requireFloating(_ x: Tensor) throws(GraphError) {
    guard !x.dtype.isFloating else { return }
    throw error(
      .dtype, "expects real numbers, got \(x.dtype)", input: x,
      advice: "convert the input with .cast(to: .float32)"
        + (x.dtype == .uint8 ? " and divide by 255" : ""))
  }
}

/// Collects what each layer returns while a model is traced for `summary`.
final class LayerRecorder: @unchecked Sendable {
  @TaskLocal static var current: LayerRecorder?

  private(set) var order: [ObjectIdentifier] = []
  private(set) var shapes: [ObjectIdentifier: Shape] = [:]

  private var entered = Set<ObjectIdentifier>()

  /// Gives a layer its place before those that it calls.
  func enter(_ identifier: ObjectIdentifier) {
    if entered.insert(identifier).inserted { order.append(identifier) }
  }

  func record(_ identifier: ObjectIdentifier, _ result: Tensor) {
    enter(identifier)
    if shapes[identifier] == nil { shapes[identifier] = result.shape }
  }
}

/// A layer that carries its identity.
protocol IdentifiedLayer: Layer {
  var identity: LayerIdentity { get }
}
