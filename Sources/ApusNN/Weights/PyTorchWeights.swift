import ApusGraph
import ApusIO
import ApusTensor

/// A model that differs from what other frameworks' files hold by more than the names and axes that are always mapped.
package protocol WeightAdapting: Module {
  /// A PyTorch state dictionary with modules named as they are here.
  func adapted(pyTorch tensors: [String: Literal]) -> [String: Literal]
  /// Keras's variables with the values that they need here.
  func adapted(keras variables: [KerasVariable]) -> [KerasVariable]
}

extension Module {
  /// Gives parameters the values of a PyTorch state dictionary, whose modules go by the same names. Names of the model's
  /// own are taken as they are.
  ///
  /// - `weight` becomes `kernel`, with its axes turned from `[filters, channels, height, width]` and `[units, features]`
  ///   to the order here, `gamma` of a normalization, `embeddings` or `alpha`; `running_mean` becomes `movingMean`.
  /// - `weight_ih_l0` and the others of `LSTM`, `GRU` and `RNN` become a layer's kernels and biases; layers on top of each
  ///   other are an array here, and both directions a `Bidirectional`.
  /// - `in_proj_weight` and `out_proj` become the projections of `SelfAttention` or `MultiHeadAttention`.
  /// - The kernel of a dense layer behind a flattened image has its rows reordered, as PyTorch flattens channels first.
  ///   The model must have been built for that.
  /// - A prefix that all names share, such as `module.` or `_orig_mod.`, is taken off.
  /// - Layers of a `Sequential` with other numbers are matched by their order where all of them fit.
  ///
  /// Counters of batches are left out. The report's notes say what was done.
  /// - Parameters:
  ///   - tensors: The state dictionary.
  ///   - strict: Whether every parameter must be given and every tensor be used.
  /// - Returns: What was loaded and what was not.
  /// - Throws: `LoadError` when strict and something does not fit, when nothing fits at all, and when a normalization
  ///   would run with Keras's default epsilon, which is not PyTorch's; the model is unchanged then.
  @discardableResult
  public func load(pyTorch tensors: [String: Literal], strict: Bool = true) throws -> LoadReport {
    try load(PyTorchNames(self).translation(of: tensors), strict: strict)
  }
}

/// The tensors of a file by names that may have been changed, and what they were.
private struct StateDictionary {
  var tensors: [String: Literal]
  var originalNames: [String: String] = [:]
  var notes: [String] = []

  init(_ tensors: [String: Literal]) { self.tensors = tensors }

  /// The tensors with a prefix taken off the names that have it.
  init(_ tensors: [String: Literal], without prefix: String) {
    self.tensors = [:]
    for (name, literal) in tensors {
      let short = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
      self.tensors[short] = literal
      originalNames[short] = name
    }
    notes = ["the prefix '\(prefix)' was taken off the file's names"]
  }
}

/// The parameters of a model by the names that PyTorch would give them.
struct PyTorchNames {
  private let model: any Module
  private let known: Set<String>
  private let shapes: [String: Shape]
  private let modules: [String: any Module]
  /// The paths of modules in the order of the model.
  private let order: [String]

  init(_ model: any Module) throws {
    self.model = model
    let discovery = try model.discovered()
    known = Set(discovery.parameters.map(\.path))
    shapes = Dictionary(
      discovery.parameters.compactMap { found in found.parameter.shape.map { (found.path, $0) } }
    ) { first, _ in first }
    modules = Dictionary(discovery.modules.map { ($0.path, $0.module) }) { first, _ in first }
    order = discovery.modules.map(\.path)
  }

  /// The best translation that there is.
  func translation(of tensors: [String: Literal]) -> WeightTranslation {
    let counted = tensors.filter { !$0.key.hasSuffix("num_batches_tracked") }
    let plain = StateDictionary(counted)
    var best = translated(plain)
    guard best.hits(known) < known.count || !best.untranslated.isEmpty else { return finished(best) }
    let candidates = Self.sharedPrefixes(Array(counted.keys)).map { StateDictionary(counted, without: $0) }
    for candidate in candidates {
      let other = translated(candidate)
      if other.hits(known) > best.hits(known) { best = other }
    }
    guard best.hits(known) < known.count else { return finished(best) }
    for candidate in [plain] + candidates {
      if let ordered = inOrder(candidate) { return finished(ordered) }
    }
    return finished(best)
  }

  /// The dotted beginnings that more than half of the names share, the shortest first.
  private static func sharedPrefixes(_ names: [String]) -> [String] {
    var counts: [String: Int] = [:]
    for name in names {
      let parts = name.split(separator: ".")
      for length in 1..<max(1, min(5, parts.count)) {
        counts[parts.prefix(length).joined(separator: ".") + ".", default: 0] += 1
      }
    }
    return counts.filter { 2 * $0.value > names.count }.map(\.key).sorted { $0.count < $1.count }
  }

  private func translated(_ state: StateDictionary) -> WeightTranslation {
    let adapted = (model as? any WeightAdapting)?.adapted(pyTorch: state.tensors) ?? state.tensors
    var result = WeightTranslation(tensors: [:], notes: state.notes)
    var recurrent: [String: RecurrentParts] = [:]
    for (name, literal) in adapted {
      let foreign = state.originalNames[name] ?? name
      if known.contains(name) {
        result.tensors[name] = Tensor(literal)
      } else if let part = RecurrentName(name),
        let path = part.ownPaths.first(where: { known.contains($0.isEmpty ? "kernel" : "\($0).kernel") })
      {
        recurrent[path, default: RecurrentParts()].tensors[part.role] = literal
        recurrent[path]?.names.append(foreign)
      } else {
        let tensor = Tensor(literal)
        let found =
          AttentionName(name).flatMap { $0.converted(tensor, for: modules[$0.path]) } ?? plain(name, tensor)
        for (own, value) in found {
          result.tensors[own] = value
          result.foreignNames[own] = foreign
        }
      }
    }
    for (path, parts) in recurrent { add(parts, at: path, to: &result) }
    return result
  }

  private func add(_ parts: RecurrentParts, at path: String, to result: inout WeightTranslation) {
    guard let layer = modules[path], let converted = parts.converted(for: layer) else {
      result.untranslated += parts.names
      return
    }
    if let layer = layer as? GRU, !layer.resetAfter {
      result.problem = (
        "PyTorch's GRU applies the reset gate after the product, layer '\(path)' before it",
        "make the layer with resetAfter: true"
      )
    }
    for (name, value) in converted {
      let own = path.isEmpty ? name : "\(path).\(name)"
      result.tensors[own] = value
      result.foreignNames[own] = parts.names.sorted().first ?? own
    }
  }

  /// A tensor that becomes one parameter, with its axes in the order here.
  private func plain(_ name: String, _ tensor: Tensor) -> [String: Tensor] {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let path = parts.dropLast().joined(separator: ".")
    let prefix = path.isEmpty ? "" : path + "."
    let candidates: [String] =
      switch parts.last ?? "" {
      case "weight": ["kernel", "gamma", "embeddings", "alpha"]
      case "bias": ["bias", "beta"]
      case "running_mean": ["movingMean"]
      case "running_var": ["movingVariance"]
      default: []
      }
    guard let own = candidates.first(where: { known.contains(prefix + $0) }) else { return [name: tensor] }
    switch own {
    case "kernel": return [prefix + own: turned(tensor, for: modules[path])]
    case "alpha": return [prefix + own: spread(tensor, to: shapes[prefix + own])]
    default: return [prefix + own: tensor]
    }
  }

  /// Filters or units last, channels or features before them, and the window's axes in front.
  private func turned(_ tensor: Tensor, for layer: (any Module)?) -> Tensor {
    let shape = tensor.shape
    guard shape.rank >= 2 else { return tensor }
    if let image = (layer as? Dense)?.identity.flattened, shape.rank == 2, shape[1] == image.elementCount {
      let sizes = image.dimensions
      // [units, channels, spatial…] → [spatial…, channels, units] → [features, units]
      let whole = tensor.value.reshaped(Shape([shape[0], sizes[sizes.count - 1]] + sizes.dropLast()))
      return Tensor(
        whole.transposed(Array(2..<sizes.count + 1) + [1, 0]).reshaped([shape[1], shape[0]]))
    }
    return Tensor(tensor.value.transposed(Array(2..<shape.rank) + [1, 0]))
  }

  /// A slope for each channel, or one for all, in the shape of a `PReLU`.
  private func spread(_ tensor: Tensor, to shape: Shape?) -> Tensor {
    guard let shape, shape != tensor.shape else { return tensor }
    if tensor.count == shape.elementCount { return Tensor(tensor.value.reshaped(shape)) }
    return tensor.count == 1 ? Tensor(tensor.value.reshaped([]).broadcast(to: shape)) : tensor
  }

  /// Layers that go by other numbers here and there, matched by their order: a `Sequential` whose activations are
  /// arguments of layers here and modules there.
  private func inOrder(_ state: StateDictionary) -> WeightTranslation? {
    func place(_ path: String) -> [Int]? {
      let parts = path.split(separator: ".")
      let numbers = parts.compactMap { Int($0) }
      return numbers.count == parts.count && !numbers.isEmpty ? numbers : nil
    }
    func layers(_ names: some Sequence<String>) -> [String: [String]] {
      Dictionary(grouping: names) { $0.split(separator: ".").dropLast().joined(separator: ".") }
    }
    let theirs = layers(state.tensors.keys), own = layers(known)
    let ours = order.filter { own[$0] != nil }
    guard theirs.count == ours.count, (theirs.keys + ours).allSatisfy({ place($0) != nil }) else {
      return nil
    }
    let sorted = theirs.keys.sorted { (place($0) ?? []).lexicographicallyPrecedes(place($1) ?? []) }
    var renamed = state
    renamed.tensors = [:]
    renamed.originalNames = [:]
    for (their, own) in zip(sorted, ours) {
      for name in theirs[their] ?? [] {
        renamed.tensors[own + name.dropFirst(their.count)] = state.tensors[name]
        renamed.originalNames[own + name.dropFirst(their.count)] = state.originalNames[name] ?? name
      }
    }
    renamed.notes.append("layers were matched by their order, as their numbers differ")
    let result = translated(renamed)
    let fits = result.tensors.allSatisfy { name, value in
      known.contains(name) && shapes[name] ?? value.shape == value.shape
    }
    return fits && result.hits(known) == known.count && result.untranslated.isEmpty ? result : nil
  }

  /// Looks for what differs by convention although names and shapes fit.
  private func finished(_ translation: WeightTranslation) -> WeightTranslation {
    var result = translation
    let foreign = Set(result.foreignNames.keys)
    func isForeign(_ path: String) -> Bool {
      foreign.contains { $0.hasPrefix(path.isEmpty ? "" : path + ".") && known.contains($0) }
    }
    var otherEpsilons: [String] = []
    var batchNorms = 0
    for path in order {
      guard let layer = modules[path] as? any EpsilonLayer, isForeign(path) else { continue }
      if layer.hasDefaultEpsilon { otherEpsilons.append(path) }
      if let norm = layer as? BatchNorm, norm.momentum == BatchNorm.kerasMomentum { batchNorms += 1 }
    }
    if let first = otherEpsilons.first, result.problem == nil {
      let others = otherEpsilons.count > 1 ? " and \(otherEpsilons.count - 1) more" : ""
      result.problem = (
        "layer '\(first)'\(others) has Keras's default epsilon, 1e-3; PyTorch's is 1e-5, and outputs would differ",
        "make it with epsilon: 1e-5, or say another epsilon if the network was trained with that"
      )
    }
    if batchNorms > 0 {
      result.notes.append(
        "\(batchNorms) BatchNorm layers keep Keras's momentum 0.99 for further training; PyTorch's default is 0.9 here"
      )
    }
    if let path = order.first(where: { path in
      guard let dense = modules[path] as? Dense else { return false }
      return dense.kernel.shape == nil && foreign.contains(path.isEmpty ? "kernel" : "\(path).kernel")
    }), modules.values.contains(where: { $0 is any SpatialLayer }), result.problem == nil {
      result.problem = (
        "the input of layer '\(path)' is not known yet, and PyTorch flattens images with the channels first",
        "call model.build(inputShape:) before loading"
      )
    }
    return result
  }
}

/// PyTorch's name of a part of `nn.MultiheadAttention`.
private struct AttentionName {
  let path: String
  private let part: String

  init?(_ name: String) {
    let parts = name.split(separator: ".").map(String.init)
    if let last = parts.last, last == "in_proj_weight" || last == "in_proj_bias" {
      path = parts.dropLast().joined(separator: ".")
      part = last
    } else if parts.count >= 2, parts[parts.count - 2] == "out_proj" {
      path = parts.dropLast(2).joined(separator: ".")
      part = "out_proj." + parts[parts.count - 1]
    } else {
      return nil
    }
  }

  /// The parameters of a layer here that the tensor becomes; nil for other layers.
  func converted(_ tensor: Tensor, for layer: (any Module)?) -> [String: Tensor]? {
    let prefix = path.isEmpty ? "" : path + "."
    func turned(_ value: Value) -> Tensor { Tensor(value.rank == 2 ? value.transposed([1, 0]) : value) }
    let value = turned(tensor.value)
    let kind = part.hasSuffix("weight") ? "kernel" : "bias"
    if layer is SelfAttention {
      return [prefix + (part.hasPrefix("in") ? "projection." : "output.") + kind: value]
    }
    guard layer is MultiHeadAttention else { return nil }
    guard part.hasPrefix("in") else {
      return [prefix + (kind == "kernel" ? "outputKernel" : "outputBias"): value]
    }
    // Query, key and value lie one after the other along the rows of PyTorch's.
    guard tensor.rank >= 1, tensor.shape[0] % 3 == 0 else { return nil }
    let rows = tensor.shape[0] / 3
    var result: [String: Tensor] = [:]
    for (index, name) in ["query", "key", "value"].enumerated() {
      result["\(prefix)\(name).\(kind)"] = turned(
        tensor.value.slice(axis: 0, index * rows..<(index + 1) * rows))
    }
    return result
  }
}
