import ApusGraph

/// What makes programs faster or smaller without changing what they mean: graph passes, and what lowering does beyond
/// them. Each has a name by which `APUS_DISABLE` leaves it out, to find out what a difference comes from.
public struct Optimizations: Sendable, Hashable {
  /// The names that are left out.
  public let disabled: Set<String>

  /// Everything but what is named.
  public init(disabled: Set<String> = []) { self.disabled = disabled }

  /// What this process uses: everything but what `APUS_DISABLE` names.
  public static let standard: Optimizations = {
    let asked = Diagnostics.list("APUS_DISABLE")
    let unknown = asked.subtracting(names).sorted()
    if !unknown.isEmpty {
      Diagnostics.warn(
        "APUS_DISABLE names \(unknown.joined(separator: ", ")), which is no optimization. The names are "
          + names.joined(separator: ", "))
    }
    return Optimizations(disabled: asked)
  }()

  /// The names that lowering asks for, beside those of passes:
  /// - `fusion`: elementwise operations and reductions share loops;
  /// - `inplace`: a result takes over the memory of an operand that nobody reads later;
  /// - `preparation`: what depends only on state that a program leaves as it is gets computed once;
  /// - `order`: what frees memory is computed early;
  /// - `winograd`: convolutions of 3×3 and their gradients are made with a quarter of the products;
  /// - `strided`: filters' gradients of 3×3 convolutions at stride 2 are made with products of our own.
  static let ofLowering = ["fusion", "inplace", "preparation", "order", "winograd", "strided"]

  /// All names, passes first, in the order in which they run.
  public static let names: [String] = {
    var names: [String] = []
    for name in Passes.all.filter({ !$0.isRequired }).map(\.name) + ofLowering where !names.contains(name) {
      names.append(name)
    }
    return names
  }()

  /// Whether an optimization is made.
  func allows(_ name: String) -> Bool { !disabled.contains(name) }
}
