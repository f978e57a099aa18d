/// What a person said of a table's columns, as examples carry it from their source to inputs.
struct TableSettings {
  /// Columns that are left out, the target first.
  var ignored: [String] = []
  /// Types of columns: `a=category,b=date`.
  var types: String?
  /// Columns that stay though they look like leaks.
  var allowed: [String] = []
  /// Whether numbers that can be read in both ways have decimal commas.
  var prefersComma = false

  private static let separator: Character = "\u{1F}"

  init() {}

  /// Of the attributes of examples.
  init(_ attributes: [String: String]) {
    func list(_ name: String) -> [String] {
      (attributes[name] ?? "").split(separator: Self.separator).map(String.init)
    }
    (ignored, allowed) = (list("ignored"), list("allow-leak"))
    types = attributes["types"]
    prefersComma = attributes["decimal-comma"] != nil
  }

  /// As attributes of examples; only what differs from the usual.
  var attributes: [String: String] {
    var result = ["ignored": ignored.joined(separator: String(Self.separator))]
    if let types { result["types"] = types }
    if !allowed.isEmpty { result["allow-leak"] = allowed.joined(separator: String(Self.separator)) }
    if prefersComma { result["decimal-comma"] = "true" }
    return result
  }
}
