/// Takes the samples of a large batch through the convolutions of a network few at a time, so that what one
/// layer writes is still in the processor's cache when the next reads it.
///
/// A layer of ResNet-50 makes 51 MB of 16 images, which go to main memory and come back; of two images it
/// makes 6.4 MB. Layers deeper in a network make less of a sample and so take more samples at a time: each
/// run of layers has a number of samples that is a multiple of that of the run before, and the parts lie side
/// by side in memory, so nothing is copied. Programs that compute gradients of weights keep everything for
/// the backward pass anyway and stay as they are.
public enum BatchSlicing {
  /// What a layer reads and writes should not be larger, in bytes. Measured with ResNet-50 and 16 images on
  /// two cores with 1 MB of cache each and 32 MB together: 4, 8, 16 and unlimited MB took 259, 239, 246 and
  /// 262 ms.
  private static let budget = 8 << 20
  /// At most so many parts, as each is compiled by itself.
  private static let mostParts = 32

  /// The graph with convolutions and what lies between them in parts.
  public static func apply(_ graph: Graph) -> Graph {
    apply(graph, budget: budget)
  }

  /// - Parameters:
  ///   - graph: What is sliced.
  ///   - budget: Bytes that a layer may read and write at once.
  /// - Returns: The graph with parts of batches one after the other.
  static func apply(_ graph: Graph, budget: Int) -> Graph {
    guard let plan = SlicePlan(graph, budget: budget, mostParts: mostParts) else { return graph }
    var slices = Slices(batch: plan.batch)
    return graph.rewritten { vertex, inputs in
      let node = vertex.node
      guard let size = plan.sizes[ObjectIdentifier(node)], size < plan.batch,
        let sliced = vertex.slicedInputs(batch: plan.batch)
      else { return nil }
      let parts = (0..<(plan.batch / size)).map { part in
        let operands = inputs.enumerated().map { index, input in
          sliced.contains(index) ? slices.part(part, of: input, size: size) : input
        }
        let shape = node.types[0].shape.withFirst(size)
        let result = Node(
          op: node.op.resized(to: shape), inputs: operands, types: [TensorType(node.types[0].dtype, shape)],
          origin: node.origin)
        return Value(node: result, index: 0)
      }
      return [slices.join(parts)]
    }
  }
}

/// How many samples at a time each vertex takes.
private struct SlicePlan {
  let batch: Int
  private(set) var sizes: [ObjectIdentifier: Int] = [:]

  init?(_ graph: Graph, budget: Int, mostParts: Int) {
    var first: Int?
    for vertex in graph.vertices where !vertex.isComputed {
      switch vertex.node.op {
      case .convolutionFilterGradient: return nil
      case .convolution: first = first ?? vertex.inputs[0].shape[0]
      default: break
      }
    }
    guard let batch = first, batch > 1 else { return nil }
    self.batch = batch
    var chosen: [Node] = []
    var isSliced = Set<ObjectIdentifier>()
    for vertex in graph.vertices where !vertex.isComputed {
      guard let inputs = vertex.slicedInputs(batch: batch) else { continue }
      let follows = inputs.contains { isSliced.contains(ObjectIdentifier(vertex.inputs[$0].node)) }
      guard vertex.node.op.isConvolution || follows else { continue }
      isSliced.insert(ObjectIdentifier(vertex.node))
      chosen.append(vertex.node)
      let bytes = inputs.reduce(vertex.node.types[0].byteCount) { $0 + vertex.inputs[$1].storedByteCount }
      // Weights are read again with each part: they should be small beside it.
      let weights = vertex.node.op.hasWeights ? vertex.inputs[1].type.byteCount : 0
      var size = batch
      while size % 2 == 0, batch / size < mostParts, bytes / batch * size > max(budget, 4 * weights) {
        size /= 2
      }
      sizes[ObjectIdentifier(vertex.node)] = size
    }
    // As many as all that comes later can take: parts are put together on the way and never taken apart.
    var fewest = batch
    for node in chosen.reversed() {
      fewest = min(fewest, sizes[ObjectIdentifier(node)]!)
      sizes[ObjectIdentifier(node)] = fewest
    }
    guard fewest < batch else { return nil }
  }
}

/// The parts that values consist of.
private struct Slices {
  let batch: Int
  private var parts: [Value: [Value]] = [:]
  private var joined: [[Value]: Value] = [:]

  init(batch: Int) { self.batch = batch }

  /// Parts as one value.
  mutating func join(_ values: [Value]) -> Value {
    if values.count == 1 { return values[0] }
    if let known = joined[values] { return known }
    let whole = Value.concatenate(values, axis: 0)
    joined[values] = whole
    parts[whole] = values
    return whole
  }

  /// Samples `number * size ..< (number + 1) * size` of a value.
  mutating func part(_ number: Int, of value: Value, size: Int) -> Value {
    if size == batch { return value }
    if let known = parts[value], size * known.count >= batch, (size * known.count) % batch == 0 {
      let together = size * known.count / batch
      return join(Array(known[(number * together)..<((number + 1) * together)]))
    }
    var starts = Array(repeating: 0, count: value.rank), limits = value.shape.dimensions
    starts[0] = number * size
    limits[0] = (number + 1) * size
    let strides = Array(repeating: 1, count: value.rank)
    return .apply(.slice(starts: starts, limits: limits, strides: strides), [value])
  }
}

extension Graph.Vertex {
  /// Numbers of the operands that hold a sample of the batch in each place of their first axis, if each
  /// sample of the result is made from the same sample of theirs; nil for operations of which that is not
  /// known.
  fileprivate func slicedInputs(batch: Int) -> [Int]? {
    guard node.types.count == 1, node.types[0].shape.rank > 1, node.types[0].shape[0] == batch else {
      return nil
    }
    func holdsBatch(_ index: Int) -> Bool {
      inputs[index].rank > 1 && inputs[index].shape[0] == batch
    }
    let chosen: [Int]
    switch node.op {
    case .convolution(_, let epilogue): chosen = epilogue.residual ? [0, inputs.count - 1] : [0]
    case .dot(let spec, let epilogue):
      // A large matrix should be read once for all.
      guard spec.leftBatch.isEmpty, !spec.leftContract.contains(0), inputs[1].shape.elementCount <= 1 << 18
      else { return nil }
      chosen = epilogue.residual ? [0, inputs.count - 1] : [0]
    case .convolutionInputGradient, .pool, .activation, .unary: chosen = [0]
    case .binary: chosen = [0, 1]
    case .concatenate(let axis) where axis > 0: chosen = Array(inputs.indices)
    case .reduce(_, let axes) where !axes.contains(0): chosen = [0]
    case .reshape: chosen = [0]
    case .broadcast(_, let axes) where axes.first == 0: chosen = [0]
    case .pad(let low, let high, let interior) where low[0] == 0 && high[0] == 0 && interior[0] == 0:
      chosen = [0]
    default: return nil
    }
    return chosen.allSatisfy(holdsBatch) ? chosen : nil
  }
}

extension Op {
  fileprivate var isConvolution: Bool {
    if case .convolution = self { return true }
    return false
  }

  fileprivate var hasWeights: Bool {
    switch self {
    case .convolution, .convolutionInputGradient, .dot: true
    default: false
    }
  }

  /// The operation with a result of another size.
  fileprivate func resized(to shape: Shape) -> Op {
    switch self {
    case .reshape: .reshape(shape)
    case .broadcast(_, let axes): .broadcast(shape, axes: axes)
    default: self
    }
  }
}

extension Shape {
  fileprivate func withFirst(_ size: Int) -> Shape { Shape([size] + dimensions.dropFirst()) }
}

extension Value {
  /// Bytes in memory; a repeated value takes none that count.
  fileprivate var storedByteCount: Int {
    if case .broadcast = node.op { return 0 }
    return type.byteCount
  }
}
