extension Graph: CustomStringConvertible {
  /// One line a node, numbered in order: `%3 = add(%1, %2) : float32[2, 3]`. Equal graphs read alike.
  public var description: String {
    var numbers: [ObjectIdentifier: Int] = [:]
    var lines: [String] = []
    func name(_ value: Value) -> String {
      let number = numbers[ObjectIdentifier(value.node)].map { "%\($0)" } ?? "?"
      return value.node.types.count == 1 ? number : "\(number).\(value.index)"
    }
    let slots = Dictionary(
      inputs.enumerated().map { (ObjectIdentifier($1.node), $0) }, uniquingKeysWith: { first, _ in first })
    for (number, vertex) in vertices.enumerated() {
      let node = vertex.node
      numbers[ObjectIdentifier(node)] = number
      let types = node.types.map(\.description).joined(separator: ", ")
      let operation: String
      if vertex.isComputed {
        operation = Self.describe(node)
      } else if let slot = slots[ObjectIdentifier(node)] {
        operation = "input \(slot)"
      } else {
        operation = "\(node.op.name)\(node.op.attributes)(\(vertex.inputs.map(name).joined(separator: ", ")))"
      }
      lines.append("%\(number) = \(operation) : \(types)")
    }
    lines.append("return \(outputs.map(name).joined(separator: ", "))")
    return lines.joined(separator: "\n")
  }

  private static func describe(_ node: Node) -> String {
    guard node.types.count == 1, let literal = node.result(0),
      literal.shape.elementCount <= GraphKey.smallLimit
    else {
      return "computed"
    }
    return "constant " + literal.doubles.map { "\($0)" }.joined(separator: " ")
  }
}

extension Op {
  /// The attributes as Swift writes them, in braces; empty where there are none.
  fileprivate var attributes: String {
    switch self {
    case .unary, .binary, .compare: return ""
    case .scan(let spec):
      return "{length: \(spec.length), carries: \(spec.carryCount), sequences: \(spec.sequenceCount)}"
    case .whileLoop, .recomputation, .customGradient, .customCall: return ""
    default:
      guard let child = Mirror(reflecting: self).children.first else { return "" }
      return "{\("\(child.value)".replacing("ApusGraph.", with: ""))}"
    }
  }
}
