import ApusIO

/// Matches the layers of a Keras file with those of a model by their types and order: Keras's third dense layer with the
/// third `Dense`, inside of each container.
struct KerasOrder {
  /// A layer of the model and the layers in it.
  private struct Branch {
    let path: String
    /// Keras's word for the type, without underscores.
    let type: String
    var children: [Branch] = []
  }

  /// A layer of the file, by its type and number, and the layers in it.
  private final class FileBranch {
    var children: [String: FileBranch] = [:]
    var variables: [Int] = []
  }

  private let root: Branch

  init(_ model: any Module, _ discovery: Discovery) {
    // Modules come in the order of a walk: parents before what is in them.
    var pending = discovery.modules[...]
    root = Self.branch(&pending)
  }

  private static func branch(_ pending: inout ArraySlice<Discovery.FoundModule>) -> Branch {
    guard let found = pending.popFirst() else { return Branch(path: "", type: "") }
    var branch = Branch(
      path: found.path, type: plain(FunctionalBuilder.automaticName(ofType: found.typeName)))
    let prefix = found.path.isEmpty ? "" : found.path + "."
    while let next = pending.first, next.path.hasPrefix(prefix), next.path != found.path {
      branch.children.append(Self.branch(&pending))
    }
    return branch
  }

  /// The variables with the dotted paths of layers here in the place of their layers' names, where there is a
  /// counterpart.
  func renamed(_ variables: [KerasVariable]) -> [KerasVariable] {
    let tree = FileBranch()
    for (index, variable) in variables.enumerated() {
      var branch = tree
      for type in Self.significant(variable.types) {
        let next = branch.children[type] ?? FileBranch()
        branch.children[type] = next
        branch = next
      }
      branch.variables.append(index)
    }
    var paths: [Int: String] = [:]
    match(tree, root, &paths)
    return variables.enumerated().map { index, variable in
      guard let path = paths[index] else { return variable }
      return KerasVariable(layers: [path], name: Self.ownName(of: variable), value: variable.value)
    }
  }

  private func match(_ file: FileBranch, _ own: Branch, _ paths: inout [Int: String]) {
    for index in file.variables { paths[index] = own.path }
    var theirs: [String: [(number: Int, branch: FileBranch)]] = [:]
    for (name, branch) in file.children {
      let (type, number) = Self.split(name)
      theirs[type, default: []].append((number, branch))
    }
    for (type, branches) in theirs {
      let counterparts = own.children.filter { $0.type == type || $0.path.hasSuffix(".\(type)") }
      for (branch, child) in zip(branches.sorted(by: { $0.number < $1.number }).map(\.branch), counterparts) {
        match(branch, child, &paths)
      }
      // What a layer here does not hold as a layer of its own belongs to itself, as the output of attention.
      if counterparts.isEmpty, type == "output" {
        for (_, branch) in branches { for index in branch.variables { paths[index] = own.path } }
      }
    }
  }

  /// The layers that have counterparts here: a cell is its layer, and old files repeat names.
  private static func significant(_ types: [String]) -> [String] {
    var types = types
    // Old files: `dense_1/sequential_4/dense_1`, in which the model's own name comes second.
    if let first = types.first, let again = types.lastIndex(of: first) { types.removeSubrange(0..<again) }
    var result: [String] = []
    for type in types where type != "cell" && !type.hasSuffix("_cell") {
      switch type {
      case "forward_layer", "backward_layer": result.append(String(type.prefix { $0 != "_" }))
      default:
        if type.hasPrefix("forward_") { result.append("forward"); continue }
        if type.hasPrefix("backward_") { result.append("backward"); continue }
        result.append(type.hasSuffix("_dense") ? String(type.dropLast("_dense".count)) : type)
      }
    }
    return result
  }

  /// The output projection of attention has no layer of its own here.
  private static func ownName(of variable: KerasVariable) -> String {
    guard variable.types.last == "output_dense" || variable.types.last == "attention_output" else {
      return variable.name
    }
    return variable.name == "0" || variable.name == "kernel" ? "output_kernel" : "output_bias"
  }

  /// `batch_normalization_12` → `batchnormalization` and 12.
  private static func split(_ name: String) -> (type: String, number: Int) {
    let parts = name.split(separator: "_")
    if parts.count > 1, let number = parts.last.flatMap({ Int($0) }) {
      return (plain(parts.dropLast().joined()), number)
    }
    return (plain(name), 0)
  }

  private static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }
}
