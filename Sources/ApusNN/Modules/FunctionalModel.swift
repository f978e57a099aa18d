import ApusGraph
import ApusTensor

/// Layers with names, connected in any way that has no cycle: what Keras calls a functional model.
///
/// ```swift
/// let model = try FunctionalModel(inputShape: [32, 32, 3]) { net, image in
///   let x = net.add(Conv2D(16, kernel: 3, padding: .same, activation: .relu), to: image, name: "conv1")
///   let y = net.add(Conv2D(16, kernel: 3, padding: .same), to: x, name: "conv2")
///   return net.add(Add(), to: [x, y], name: "sum")
/// }
/// ```
///
/// Parameters are named by their layers: `conv1.kernel`. Every layer's result can be had: `features` gives some of
/// them, `part(upTo:)` is a model that ends early and shares the parameters.
public struct FunctionalModel: Layer, NamedChildren {
  /// What a node does with its inputs.
  enum Operation: Sendable {
    case layer(any Layer)
    case merging(any MergingLayer)
  }

  /// A layer in its place.
  public struct Node: Sendable {
    /// The layer's name, unique in the model.
    public let name: String
    /// Where its inputs come from.
    public let inputs: [Connection]
    /// The shape of one sample of its result.
    public let outputShape: Shape
    let operation: Operation
    let standIn: LayerIdentity?

    init(name: String, inputs: [Connection], outputShape: Shape, operation: Operation) {
      self.name = name
      self.inputs = inputs
      self.outputShape = outputShape
      self.operation = operation
      standIn = if case .layer(let layer) = operation { LayerIdentity.standIn(for: layer) } else { nil }
    }

    func callAsFunction(_ inputs: [Tensor]) -> Tensor {
      if case .layer(let layer) = operation, let standIn { return standIn.call(layer, inputs[0]) }
      return operation(inputs)
    }

    /// The layer itself.
    public var module: any Module {
      switch operation {
      case .layer(let layer): layer
      case .merging(let layer): layer
      }
    }
  }

  /// The model's input or the result of a layer.
  public struct Connection: Sendable, Hashable {
    /// 0 for the model's input, n for the n-th layer counted from 1.
    let index: Int
    /// What the model is given.
    static let input = Connection(index: 0)
  }

  /// The layers; each comes after those whose results it uses.
  public let nodes: [Node]
  /// The shape of one sample that the layers were connected for.
  public let inputShape: Shape
  /// Whose result is the model's.
  let output: Connection

  /// The model whose layers `body` adds to the builder; the connection that it returns is the model's result.
  /// - Parameters:
  ///   - inputShape: The shape of one sample: `[224, 224, 3]`.
  ///   - body: Adds layers to the builder, from the input on, and returns whose result is the model's.
  /// - Throws: `GraphError` that names the first layer that does not fit its input.
  public init(
    inputShape: Shape, _ body: (FunctionalBuilder, Connection) throws -> Connection
  ) throws {
    let builder = FunctionalBuilder(inputShape: inputShape)
    output = try body(builder, .input)
    if let failure = builder.failure { throw failure }
    nodes = builder.nodes
    self.inputShape = inputShape
  }

  private init(nodes: [Node], inputShape: Shape, output: Connection) {
    self.nodes = nodes
    self.inputShape = inputShape
    self.output = output
  }

  /// The shape of one sample of the result.
  public var outputShape: Shape { output == .input ? inputShape : nodes[output.index - 1].outputShape }

  package var namedChildren: [(label: String, child: Any)] { nodes.map { ($0.name, $0.module) } }
  package var standIns: [LayerIdentity?] { nodes.map(\.standIn) }

  /// `[batch] + inputShape` → `[batch] + outputShape`
  public func callAsFunction(_ x: Tensor) -> Tensor { results(x)[output.index] }

  /// The results of the named layers, in the order of the names; unknown names give failed tensors.
  public func features(_ names: [String], of x: Tensor) -> [Tensor] {
    outputAndFeatures(names, of: x).features
  }

  /// The model's result, and those of the named layers on the way to it; unknown names give failed tensors.
  public func outputAndFeatures(_ names: [String], of x: Tensor) -> (output: Tensor, features: [Tensor]) {
    let all = results(x)
    let features = names.map { name in
      do throws(GraphError) {
        return all[try place(of: name) + 1]
      } catch {
        return Tensor(.failed(error))
      }
    }
    return (all[output.index], features)
  }

  private func results(_ x: Tensor) -> [Tensor] {
    var results = [x]
    results.reserveCapacity(nodes.count + 1)
    for node in nodes {
      let inputs = node.inputs.map { results[$0.index] }
      results.append(node(inputs))
    }
    return results
  }

  /// The layer of a name, or nil.
  public subscript(name: String) -> (any Module)? { nodes.first { $0.name == name }?.module }

  /// The model that ends with the result of the named layer; parameters are shared.
  /// - Throws: `GraphError` when no layer has that name.
  public func part(upTo name: String) throws(GraphError) -> FunctionalModel {
    let last = try place(of: name) + 1
    var isNeeded = Array(repeating: false, count: nodes.count + 1)
    isNeeded[last] = true
    for index in stride(from: last, to: 0, by: -1) where isNeeded[index] {
      for input in nodes[index - 1].inputs { isNeeded[input.index] = true }
    }
    let part = nodes(after: 0) { $0 <= last && isNeeded[$0] }
    return FunctionalModel(
      nodes: part.nodes, inputShape: inputShape, output: part.places[last] ?? Connection(index: 0))
  }

  /// The model that begins with the result of the named layer and ends as this one; parameters are shared.
  /// - Throws: `GraphError` when no layer has that name, or when what comes after it also uses other results.
  public func part(after name: String) throws(GraphError) -> FunctionalModel {
    let first = try place(of: name) + 1
    var isNeeded = Array(repeating: false, count: nodes.count + 1)
    isNeeded[output.index] = true
    for index in stride(from: output.index, to: first, by: -1) where isNeeded[index] {
      for input in nodes[index - 1].inputs { isNeeded[input.index] = true }
    }
    if let other = (0..<first).first(where: { isNeeded[$0] }) {
      throw GraphError(
        .argument, "FunctionalModel",
        "what comes after '\(name)' also uses " + (other == 0 ? "the input" : "'\(nodes[other - 1].name)'"),
        advice: "cut where there is one way through the model alone")
    }
    let part = nodes(after: first) { isNeeded[$0] }
    return FunctionalModel(
      nodes: part.nodes, inputShape: nodes[first - 1].outputShape,
      output: part.places[output.index] ?? Connection(index: 0))
  }

  /// The needed ones of the nodes after a place, which becomes the input, and which connections theirs become.
  private func nodes(
    after first: Int, where isNeeded: (Int) -> Bool
  ) -> (nodes: [Node], places: [Int: Connection]) {
    var places = [first: Connection(index: 0)]
    var kept: [Node] = []
    for (place, node) in nodes.enumerated().dropFirst(first) where isNeeded(place + 1) {
      kept.append(
        Node(
          name: node.name, inputs: node.inputs.map { places[$0.index] ?? Connection(index: 0) },
          outputShape: node.outputShape, operation: node.operation))
      places[place + 1] = Connection(index: kept.count)
    }
    return (kept, places)
  }

  private func place(of name: String) throws(GraphError) -> Int {
    if let place = nodes.firstIndex(where: { $0.name == name }) { return place }
    throw GraphError(
      .argument, "FunctionalModel", "no layer is called '\(name)'",
      advice: "the last layers are: " + nodes.suffix(6).map(\.name).joined(separator: ", "))
  }

  /// Number of layers that hold parameters of their own, one of the two things that are called depth.
  /// - Throws: `DiscoveryError` when a stored property holds a layer out of reach.
  public func weightedLayerCount() throws -> Int {
    try nodes.count { try !$0.module.parameters().isEmpty }
  }

  /// Number of layers on the longest way from the input to the result, the input counted: the other.
  public var pathLength: Int {
    var lengths = [1]
    for node in nodes { lengths.append(1 + (node.inputs.map { lengths[$0.index] }.max() ?? 0)) }
    return lengths[output.index]
  }
}

extension FunctionalModel.Operation {
  func callAsFunction(_ inputs: [Tensor]) -> Tensor {
    switch self {
    case .layer(let layer): layer(inputs[0])
    case .merging(let layer): layer(inputs)
    }
  }
}

/// Adds layers to a `FunctionalModel` that is being made, and knows the shape of every result.
public final class FunctionalBuilder {
  /// The model's input or the result of a layer.
  public typealias Connection = FunctionalModel.Connection

  private(set) var nodes: [FunctionalModel.Node] = []
  private(set) var failure: GraphError?
  private let inputShape: Shape
  private var names = Set<String>()
  private var automaticNames: [String: Int] = [:]

  init(inputShape: Shape) { self.inputShape = inputShape }

  /// The shape of one sample: `[height, width, channels]`.
  public func shape(of connection: Connection) -> Shape {
    connection == .input ? inputShape : nodes[connection.index - 1].outputShape
  }

  /// Adds a layer.
  /// - Parameters:
  ///   - layer: The layer.
  ///   - input: What it gets.
  ///   - name: Names its parameters. Without one it is named as Keras would, by its type and a number: `conv2d_3`.
  ///     A name that is taken gets a number as well.
  /// - Returns: Its result.
  public func add(_ layer: any Layer, to input: Connection, name: String? = nil) -> Connection {
    add(.layer(layer), to: [input], name: name)
  }

  /// Adds a layer that makes one result from several.
  /// - Parameters:
  ///   - layer: The layer.
  ///   - inputs: What it gets, in this order.
  ///   - name: Names its parameters; without one it is named by its type and a number.
  /// - Returns: Its result.
  public func add(_ layer: any MergingLayer, to inputs: [Connection], name: String? = nil) -> Connection {
    add(.merging(layer), to: inputs, name: name)
  }

  private func add(
    _ operation: FunctionalModel.Operation, to inputs: [Connection], name: String?
  ) -> Connection {
    let name = unused(name, for: operation)
    let shape = shape(of: operation, inputs, name)
    if case .layer(let layer as Dense) = operation, let input = inputs.first {
      layer.identity.flattened = imageShape(before: input)
    }
    nodes.append(
      FunctionalModel.Node(name: name, inputs: inputs, outputShape: shape, operation: operation))
    return Connection(index: nodes.count)
  }

  private func shape(
    of operation: FunctionalModel.Operation, _ inputs: [Connection], _ name: String
  ) -> Shape {
    let fallback = inputs.first.map { shape(of: $0) } ?? inputShape
    guard failure == nil else { return fallback }
    var origin = Origin.current
    origin.layerPath = origin.layerPath.isEmpty ? name : "\(origin.layerPath).\(name)"
    let result = Origin.$current.withValue(origin) {
      planning {
        operation(
          inputs.map { Tensor(Value.input(.float32, Shape([tracedBatch] + shape(of: $0).dimensions))) })
      }
    }
    failure = result.failure
    return failure == nil ? Shape(Array(result.shape.dimensions.dropFirst())) : fallback
  }

  /// The shape of the image whose flattened features a connection carries; nil for other features. See `Flattening`.
  private func imageShape(before connection: Connection) -> Shape? {
    func before(_ connection: Connection, until isFound: (any Module) -> Bool) -> FunctionalModel.Node? {
      var place = connection
      while place != .input {
        let node = nodes[place.index - 1]
        if isFound(node.module) { return node }
        guard let input = node.inputs.first, shape(of: input) == node.outputShape else { return nil }
        place = input
      }
      return nil
    }
    guard let input = before(connection, until: { $0 is Flatten })?.inputs.first else { return nil }
    let image = shape(of: input)
    return Flattening.imageShape(image) { before(input, until: { $0 is any SpatialLayer }) != nil }
  }

  private func unused(_ name: String?, for operation: FunctionalModel.Operation) -> String {
    var candidate: String
    if let name {
      candidate = name
    } else {
      candidate = Self.automaticName(of: operation)
      let number = automaticNames[candidate, default: 0]
      automaticNames[candidate] = number + 1
      if number > 0 { candidate += "_\(number)" }
    }
    let base = candidate
    var number = 0
    while !names.insert(candidate).inserted {
      number += 1
      candidate = "\(base)_\(number)"
    }
    return candidate
  }

  /// Keras's word for a layer's type: `MaxPool2D` is `max_pooling2d`.
  private static func automaticName(of operation: FunctionalModel.Operation) -> String {
    let module: any Module =
      switch operation {
      case .layer(let layer): layer
      case .merging(let layer): layer
      }
    return automaticName(
      ofType: (module as? any IdentifiedLayer)?.identity.type ?? Discovery.name(of: Swift.type(of: module)))
  }

  /// Keras's word for a type: `MaxPool2D` is `max_pooling2d`.
  static func automaticName(ofType typeName: String) -> String {
    var type = typeName
    for (short, long) in [("Pool", "Pooling"), ("Norm", "Normalization")] {
      if let range = type.firstRange(of: short), !type.contains(long) {
        type.replaceSubrange(range, with: long)
      }
    }
    let letters = Array(type)
    var name = ""
    for (index, letter) in letters.enumerated() {
      let startsWord =
        letter.isUppercase
        && (index + 1 < letters.count && letters[index + 1].isLowercase
          || index > 0 && letters[index - 1].isLowercase)
      name += (index > 0 && startsWord ? "_" : "") + letter.lowercased()
    }
    return name
  }
}
