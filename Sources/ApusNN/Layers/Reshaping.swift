import ApusGraph
import ApusTensor

/// All axes but the batch joined into one: `[batch, …]` → `[batch, features]`.
public final class Flatten: IdentifiedLayer, Sendable {
  let identity = LayerIdentity("Flatten")

  /// A flattening layer.
  public init() {}

  /// `[batch, …]` → `[batch, features]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      guard x.rank >= 1 else {
        throw identity.error(.shape, "expects a batch axis, got a scalar", input: x)
      }
      return Tensor(x.value.reshaped([x.shape[0], x.shape.dimensions.dropFirst().reduce(1, *)]))
    }
  }
}

/// Another shape for each sample: `[batch, …]` → `[batch] + target`. One size may be −1.
public final class Reshape: IdentifiedLayer, Sendable {
  /// The shape of one sample; one size may be −1, to be found from the others.
  public let target: Shape
  let identity = LayerIdentity("Reshape")

  /// A layer that gives each sample the shape `target`.
  public init(_ target: Shape) { self.target = target }

  /// `[batch, …]` → `[batch] + target`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      guard x.rank >= 1 else {
        throw identity.error(.shape, "expects a batch axis, got a scalar", input: x)
      }
      let sample = x.shape.dimensions.dropFirst().reduce(1, *)
      var sizes = target.dimensions
      let open = sizes.indices.filter { sizes[$0] == -1 }
      let known = sizes.reduce(1) { $0 * ($1 == -1 ? 1 : $1) }
      if open.count == 1, known > 0, sample % known == 0 { sizes[open[0]] = sample / known }
      guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(1, *) == sample else {
        throw identity.error(
          .shape,
          "cannot give samples of \(sample) elements (\(x.shape) without its batch axis) the shape \(target)",
          input: x)
      }
      return Tensor(x.value.reshaped(Shape([x.shape[0]] + sizes)))
    }
  }
}

/// The axes of each sample in another order.
public final class Permute: IdentifiedLayer, Sendable {
  /// Which input axis becomes each result axis; counted from 1, as the batch axis stays in front.
  public let axes: [Int]
  let identity = LayerIdentity("Permute")

  /// `Permute([2, 1])` exchanges the first two axes after the batch.
  public init(_ axes: [Int]) { self.axes = axes }

  /// `[batch, …]` → the same elements in another order of axes.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      guard x.rank >= 1, axes.sorted() == Array(1..<x.rank) else {
        throw identity.error(
          .axis, "order \(axes) does not name each axis of \(x.shape) but the batch once", input: x)
      }
      return Tensor(x.value.transposed([0] + axes))
    }
  }
}

/// A layer that passes its input on.
public final class Identity: IdentifiedLayer, Sendable {
  let identity = LayerIdentity("Identity")

  /// A layer that does nothing.
  public init() {}

  /// The input itself.
  public func callAsFunction(_ x: Tensor) -> Tensor { identity.call(x) { x throws(GraphError) in x } }
}

/// A function as a layer. Layers inside the function are out of sight: hold those in a struct instead.
public final class Lambda: IdentifiedLayer, Sendable {
  private let body: @Sendable (Tensor) -> Tensor
  let identity: LayerIdentity

  /// A layer that applies a function without parameters.
  public init(_ name: String = "Lambda", _ body: @escaping @Sendable (Tensor) -> Tensor) {
    self.body = body
    identity = LayerIdentity(name)
  }

  /// Whatever the function returns.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in body(x) }
  }
}
