import ApusTensor

/// Layers one after the other.
///
/// ```swift
/// let model = Sequential {
///   Flatten()
///   for width in [128, 64] { Dense(width, activation: .relu) }
///   if dropout > 0 { Dropout(dropout) }
///   Dense(10)
/// }
/// ```
///
/// Children are named by their places: `1.kernel`, `4.bias`.
public struct Sequential: Layer, NamedChildren {
  /// The layers in order.
  public let layers: [any Layer]
  package let standIns: [LayerIdentity?]

  /// The layers that the builder lists.
  public init(@LayerBuilder _ layers: () -> [any Layer]) { self.init(layers()) }

  /// The layers of an array.
  public init(_ layers: [any Layer]) {
    self.layers = layers
    standIns = layers.map { LayerIdentity.standIn(for: $0) }
  }

  package var namedChildren: [(label: String, child: Any)] {
    layers.enumerated().map { (String($0.offset), $0.element) }
  }

  /// The result of the last layer; the input itself when there is none.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    zip(layers, standIns).reduce(x) { result, place in
      place.1.map { $0.call(place.0, result) } ?? place.0(result)
    }
  }

  /// A layer by its place.
  public subscript(index: Int) -> any Layer { layers[index] }

  /// Some of the layers as a model that shares their parameters.
  public subscript(range: some RangeExpression<Int>) -> Sequential {
    Sequential(Array(layers[range.relative(to: layers)]))
  }

  /// Number of layers.
  public var count: Int { layers.count }
}

/// Lists layers with `if`, `switch`, `for` and `#available` between them.
@resultBuilder
public enum LayerBuilder {
  /// One layer.
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  /// Some layers at once.
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  /// A layer that may be missing.
  public static func buildExpression(_ layer: (any Layer)?) -> [any Layer] { layer.map { [$0] } ?? [] }
  /// Parts one after the other.
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  /// `if` without `else`.
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  /// The first branch of `if` or `switch`.
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }
  /// Another branch of `if` or `switch`.
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }
  /// `for`.
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
  /// `if #available`.
  public static func buildLimitedAvailability(_ part: [any Layer]) -> [any Layer] { part }
}
