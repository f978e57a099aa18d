import ApusTensor

/// The modules and parameters among the stored properties of a model, each with its dotted path.
struct Discovery {
  /// A parameter under the first path that leads to it.
  struct FoundParameter {
    let path: String
    let parameter: Parameter
    /// Index of the module that holds it.
    let owner: Int
  }
  /// A module under the first path that leads to it.
  struct FoundModule {
    let path: String
    let module: any Module
    /// The layer's own identity, or the one that its container calls it under.
    let identity: LayerIdentity?
    var typeName: String { identity?.type ?? Discovery.name(of: type(of: module)) }
  }

  private(set) var parameters: [FoundParameter] = []
  private(set) var modules: [FoundModule] = []
  private var seen = Set<ObjectIdentifier>()
  private var depth = 0

  /// Walks the stored properties of `model`.
  /// - Throws: `DiscoveryError` for a property that holds a layer or parameter out of reach.
  init(_ model: any Module) throws {
    try visit(model, path: "", owner: -1)
    var names = Set<String>()
    for found in parameters where !names.insert(found.path).inserted {
      throw DiscoveryError(
        path: found.path, type: "Parameter", problem: "goes by the same path as another",
        advice: "give one of the two properties another name")
    }
  }

  static func name(of type: Any.Type) -> String { String(describing: type) }

  private static func join(_ path: String, _ label: String) -> String {
    path.isEmpty ? label : label.isEmpty ? path : "\(path).\(label)"
  }

  private mutating func visit(
    _ value: Any, path: String, owner: Int, standIn: LayerIdentity? = nil
  ) throws {
    if Self.isOpaque(type(of: value)) { return }
    depth += 1
    defer { depth -= 1 }
    guard depth < 200 else {
      throw error(
        path, value, "is nested more than 200 levels deep", "is there a cycle of structs and boxes?")
    }
    let mirror = Mirror(reflecting: value)
    // First of all, as casts look through optionals.
    if mirror.displayStyle == .optional {
      if let wrapped = mirror.children.first { try visit(wrapped.value, path: path, owner: owner) }
      return
    }
    if let parameter = value as? Parameter {
      if seen.insert(ObjectIdentifier(parameter)).inserted {
        parameters.append(FoundParameter(path: path, parameter: parameter, owner: owner))
      }
      return
    }
    if mirror.displayStyle == .class, !seen.insert(ObjectIdentifier(value as AnyObject)).inserted { return }
    if let module = value as? any Module {
      let index = modules.count
      let identity = (module as? any IdentifiedLayer)?.identity ?? Self.heldIdentity(mirror) ?? standIn
      modules.append(FoundModule(path: path, module: module, identity: identity))
      if let named = module as? any NamedChildren {
        let standIns = named.standIns
        for (place, (label, child)) in named.namedChildren.enumerated() {
          try visit(
            child, path: Self.join(path, label), owner: index,
            standIn: place < standIns.count ? standIns[place] : nil)
        }
        return
      }
      if value is any CustomReflectable {
        throw error(
          path, value, "describes itself by a mirror of its own, which may hide layers",
          "remove the conformance to CustomReflectable")
      }
      return try visitProperties(mirror, path: path, owner: index)
    }
    switch mirror.displayStyle {
    case .collection:
      if let array = type(of: value) as? any ElementTyped.Type, Self.isOpaque(array.elementType) { return }
      for (index, child) in mirror.children.enumerated() {
        try visit(child.value, path: Self.join(path, String(index)), owner: owner)
      }
    case .dictionary: try visitDictionary(mirror, path: path, owner: owner)
    case .set:
      for child in mirror.children where try holdsModules(child.value, path: path) {
        throw error(path, value, "holds layers in a set, which has no order", "use an array")
      }
    case .tuple, .enum:
      for (index, child) in mirror.children.enumerated() {
        let label = child.label.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 } ?? String(index)
        // An enum's payload goes by the case's name, which is the child's label.
        try visit(child.value, path: Self.join(path, label), owner: owner)
      }
    case .struct, .class: try visitProperties(mirror, path: path, owner: owner)
    default:
      for child in mirror.children {
        try visit(child.value, path: Self.join(path, child.label ?? ""), owner: owner)
      }
    }
  }

  /// The identity that a user-defined layer holds in a stored property.
  private static func heldIdentity(_ mirror: Mirror) -> LayerIdentity? {
    for child in mirror.children { if let identity = child.value as? LayerIdentity { return identity } }
    return nil
  }

  private mutating func visitProperties(_ mirror: Mirror, path: String, owner: Int) throws {
    // Superclasses first, as their initializers' properties come first.
    if let parent = mirror.superclassMirror { try visitProperties(parent, path: path, owner: owner) }
    for child in mirror.children {
      var label = child.label ?? ""
      let lazyPrefix = "$__lazy_storage_$_"
      if label.hasPrefix(lazyPrefix) {
        label.removeFirst(lazyPrefix.count)
        if Self.isUnset(child.value), Self.mayHoldModules(type(of: child.value)) {
          throw error(
            Self.join(path, label), child.value, "is lazy and has not been set, so its layers are unknown",
            "make it a let: layers take their input sizes from their first call anyway")
        }
      } else if label.hasPrefix("_"), !(child.value is any Module) {
        // The storage of a property wrapper goes by the property's name.
        let inner = Mirror(reflecting: child.value).children.first {
          $0.label == "wrappedValue" || $0.label == "storage" || $0.label == "value"
        }
        if let inner {
          label.removeFirst()
          try visit(inner.value, path: Self.join(path, label), owner: owner)
          continue
        }
      }
      if owner >= 0, child.value is Variable {
        throw error(
          Self.join(path, label), child.value, "would be neither trained nor saved",
          "hold it as Parameter(tensor), or Parameter(tensor, kind: .state)")
      }
      try visit(child.value, path: Self.join(path, label), owner: owner)
    }
  }

  /// Entries in the order of their keys, by which they are named.
  private mutating func visitDictionary(_ mirror: Mirror, path: String, owner: Int) throws {
    var entries: [(key: String, value: Any)] = []
    for child in mirror.children {
      let pair = Array(Mirror(reflecting: child.value).children)
      guard pair.count == 2 else { continue }
      if try holdsModules(pair[0].value, path: path) {
        throw error(path, pair[0].value, "is a layer used as a key", "use layers as values only")
      }
      entries.append((String(describing: pair[0].value), pair[1].value))
    }
    for entry in entries.sorted(by: { $0.key < $1.key }) {
      try visit(entry.value, path: Self.join(path, entry.key), owner: owner)
    }
  }

  private func holdsModules(_ value: Any, path: String) throws -> Bool {
    var probe = self
    let before = (parameters.count, modules.count)
    try probe.visit((value as? AnyHashable)?.base ?? value, path: path, owner: -1)
    return before != (probe.parameters.count, probe.modules.count)
      || value is any Module || value is Parameter
  }

  private static func isUnset(_ value: Any) -> Bool {
    let mirror = Mirror(reflecting: value)
    return mirror.displayStyle == .optional && mirror.children.isEmpty
  }

  /// Whether an unset property of the type would hold layers once it is set. Containers are assumed to.
  private static func mayHoldModules(_ type: Any.Type) -> Bool {
    if let optional = type as? any WrappedTyped.Type { return mayHoldModules(optional.wrappedType) }
    if let array = type as? any ElementTyped.Type { return mayHoldModules(array.elementType) }
    return type is any Module.Type || type == Parameter.self || name(of: type).contains("any Layer")
      || name(of: type).contains("any Module") || name(of: type) == "Layer" || name(of: type) == "Module"
  }

  /// Types in which no layer can be: they are not walked, so that a million numbers cost nothing.
  private static func isOpaque(_ type: Any.Type) -> Bool {
    if let array = type as? any ElementTyped.Type { return isOpaque(array.elementType) }
    return opaqueTypes.contains(ObjectIdentifier(type))
  }
  private static let opaqueTypes: Set<ObjectIdentifier> = [
    ObjectIdentifier(Int.self), ObjectIdentifier(Int8.self), ObjectIdentifier(Int16.self),
    ObjectIdentifier(Int32.self), ObjectIdentifier(Int64.self), ObjectIdentifier(UInt.self),
    ObjectIdentifier(UInt8.self), ObjectIdentifier(UInt16.self), ObjectIdentifier(UInt32.self),
    ObjectIdentifier(UInt64.self), ObjectIdentifier(Float.self), ObjectIdentifier(Double.self),
    ObjectIdentifier(Bool.self), ObjectIdentifier(String.self), ObjectIdentifier(Character.self),
    ObjectIdentifier(Tensor.self), ObjectIdentifier(Variable.self), ObjectIdentifier(FlatStorage.self),
    ObjectIdentifier(RandomSource.self), ObjectIdentifier(LayerIdentity.self),
    ObjectIdentifier(Initializer.self), ObjectIdentifier(ActivationFunction.self),
  ]

  private func error(_ path: String, _ value: Any, _ problem: String, _ advice: String) -> DiscoveryError {
    DiscoveryError(
      path: path, type: Self.name(of: type(of: value)), problem: problem, advice: advice)
  }
}

/// A module that names its children itself.
package protocol NamedChildren: Module {
  var namedChildren: [(label: String, child: Any)] { get }
  /// The identity under which each child without one of its own is called; may be shorter than the children.
  var standIns: [LayerIdentity?] { get }
}

extension NamedChildren {
  package var standIns: [LayerIdentity?] { [] }
}

private protocol ElementTyped { static var elementType: Any.Type { get } }
extension Array: ElementTyped { fileprivate static var elementType: Any.Type { Element.self } }
private protocol WrappedTyped { static var wrappedType: Any.Type { get } }
extension Optional: WrappedTyped { fileprivate static var wrappedType: Any.Type { Wrapped.self } }
