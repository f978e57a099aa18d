/// What a pickle holds. Nothing of it is ever called: a class or function is only its name.
indirect enum PickleValue {
  case none
  case truth(Bool)
  case integer(Int)
  /// An integer of more than 64 bits, as its little-endian bytes.
  case wideInteger([UInt8])
  case real(Double)
  case text(String)
  case bytes([UInt8])
  case tuple([PickleValue])
  case list(PickleList)
  case dictionary(PickleDictionary)
  /// A class or function by its name, such as `collections.OrderedDict`.
  case global(String)
  /// What a call would have made, had it been made.
  case call(name: String, arguments: [PickleValue])
  /// What the pickle's writer keeps elsewhere.
  case persistent([PickleValue])

  var integerValue: Int? {
    switch self {
    case .integer(let number): number
    case .truth(let flag): flag ? 1 : 0
    default: nil
    }
  }

  var textValue: String? {
    if case .text(let text) = self { text } else { nil }
  }

  /// The elements of a tuple or list.
  var elements: [PickleValue]? {
    switch self {
    case .tuple(let elements): elements
    case .list(let list): list.elements
    // torch.Size((2, 3)) and the like.
    case .call("torch.Size", let arguments): arguments.first?.elements
    default: nil
    }
  }
}

/// A list, which may be filled after others refer to it.
final class PickleList {
  var elements: [PickleValue] = []
}

/// A dictionary, which may be filled after others refer to it.
final class PickleDictionary {
  var members: [(key: PickleValue, value: PickleValue)] = []

  subscript(key: String) -> PickleValue? { members.last { $0.key.textValue == key }?.value }
}
