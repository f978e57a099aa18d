/// What a value is and holds, in words that are the same in every process: to tell whether a run goes on with the
/// settings that it was begun with.
///
/// Numbers, words and what consists of them are told; of functions and objects, which cannot be compared, their type
/// alone.
struct SettingsDescription {
  /// `RandomShift(vertical: 2, horizontal: 2, fill: 0.5)`.
  let text: String

  /// Longer lists are told by their length.
  private static let listed = 64

  /// Describes a value.
  init(_ value: Any) { text = Self.text(value, depth: 0) }

  private static func text(_ value: Any, depth: Int) -> String {
    let type = "\(Swift.type(of: value))"
    let mirror = Mirror(reflecting: value)
    guard depth < 8 else { return type }
    if mirror.displayStyle != .optional, value is any Scalar { return "\(value)" }
    switch mirror.displayStyle {
    case .enum:
      guard let child = mirror.children.first else { return "\(value)" }
      return "\(child.label ?? "")(\(text(child.value, depth: depth + 1)))"
    case .optional: return mirror.children.first.map { text($0.value, depth: depth + 1) } ?? "nil"
    case .collection:
      guard mirror.children.count <= listed else { return "\(mirror.children.count) \(type)" }
      return "[\(mirror.children.map { text($0.value, depth: depth + 1) }.joined(separator: ", "))]"
    // Their order differs from process to process.
    case .dictionary, .set: return "\(mirror.children.count) \(type)"
    case .class: return type
    // Structures, tuples, functions, and what shows its parts without saying what it is, as ranges do.
    default: return parts(mirror, depth: depth).map { "\(type)(\($0))" } ?? type
    }
  }

  private static func parts(_ mirror: Mirror, depth: Int) -> String? {
    guard !mirror.children.isEmpty else { return nil }
    return mirror.children.map { child in
      (child.label.map { "\($0): " } ?? "") + text(child.value, depth: depth + 1)
    }.joined(separator: ", ")
  }
}

/// What is told by its value.
private protocol Scalar {}
extension Int: Scalar {}
extension Float: Scalar {}
extension Double: Scalar {}
extension Bool: Scalar {}
extension String: Scalar {}
extension UInt8: Scalar {}
extension UInt64: Scalar {}
extension Int32: Scalar {}
