import ApusGraph
import ApusTensor

/// Zeros around images: `[batch, height, width, channels]` → the same, larger.
public final class ZeroPadding2D: IdentifiedLayer, Sendable {
  /// Rows above and below, columns before and after.
  public let padding: [SpatialPadding]
  let identity = LayerIdentity("ZeroPadding2D")

  /// As many zeros on either side of an axis; one number for both axes or one for each.
  public init(_ padding: SpatialSize = 1) {
    self.padding = (padding.values(axes: 2) ?? []).map { SpatialPadding(before: $0, after: $0) }
  }

  /// Zeros before and after the height and the width.
  public init(height: (Int, Int), width: (Int, Int)) {
    padding = [
      SpatialPadding(before: height.0, after: height.1), SpatialPadding(before: width.0, after: width.1),
    ]
  }

  /// `[batch, height, width, channels]` → the same, larger.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireRank(4, x, ConvolutionSettings.axisNames[2] ?? "")
      guard padding.count == 2, padding.allSatisfy({ $0.before >= 0 && $0.after >= 0 }) else {
        throw identity.error(.argument, "padding \(padding) must be two pairs of numbers from 0 up")
      }
      return Tensor(
        x.value.padded(
          low: [0, padding[0].before, padding[1].before, 0], high: [0, padding[0].after, padding[1].after, 0])
      )
    }
  }
}

/// Images without their edges: `[batch, height, width, channels]` → the same, smaller.
public final class Cropping2D: IdentifiedLayer, Sendable {
  /// Rows taken off above and below, columns taken off before and after.
  public let cropping: [SpatialPadding]
  let identity = LayerIdentity("Cropping2D")

  /// As much off either side of an axis; one number for both axes or one for each.
  public init(_ cropping: SpatialSize = 1) {
    self.cropping = (cropping.values(axes: 2) ?? []).map { SpatialPadding(before: $0, after: $0) }
  }

  /// So much off before and after the height and the width.
  public init(height: (Int, Int), width: (Int, Int)) {
    cropping = [
      SpatialPadding(before: height.0, after: height.1), SpatialPadding(before: width.0, after: width.1),
    ]
  }

  /// `[batch, height, width, channels]` → the same, smaller.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireRank(4, x, ConvolutionSettings.axisNames[2] ?? "")
      guard cropping.count == 2, cropping.allSatisfy({ $0.before >= 0 && $0.after >= 0 }) else {
        throw identity.error(.argument, "cropping \(cropping) must be two pairs of numbers from 0 up")
      }
      var value = x.value
      for (index, cut) in cropping.enumerated() {
        let end = x.shape[index + 1] - cut.after
        guard cut.before < end else {
          throw identity.error(
            .shape,
            "nothing is left of axis \(index + 1) of \(x.shape) without \(cut.before) and \(cut.after)",
            input: x)
        }
        value = value.slice(axis: index + 1, cut.before..<end)
      }
      return Tensor(value)
    }
  }
}

/// Images with each pixel repeated: `[batch, height, width, channels]` → the same, larger.
public final class UpSampling2D: IdentifiedLayer, Sendable {
  /// How often rows and columns are repeated.
  public let factor: SpatialSize
  let identity = LayerIdentity("UpSampling2D")

  /// Enlarges by whole factors.
  public init(_ factor: SpatialSize = 2) { self.factor = factor }

  /// `[batch, height, width, channels]` → the same, larger.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      try identity.requireRank(4, x, ConvolutionSettings.axisNames[2] ?? "")
      guard let factors = factor.values(axes: 2), factors.allSatisfy({ $0 >= 1 }) else {
        throw identity.error(.argument, "factor \(factor) must be one or two numbers from 1 up")
      }
      let s = x.shape
      let wide = x.value.broadcast(
        to: [s[0], s[1], factors[0], s[2], factors[1], s[3]], axes: [0, 1, 3, 5])
      return Tensor(wide.reshaped([s[0], s[1] * factors[0], s[2] * factors[1], s[3]]))
    }
  }
}

/// x · scale + offset: `Rescaling(1 / 255)` brings bytes to 0…1. Whole numbers become `float32`.
public final class Rescaling: IdentifiedLayer, Sendable {
  /// The factor.
  public let scale: Double
  /// Added after it.
  public let offset: Double
  let identity = LayerIdentity("Rescaling")

  /// A factor and an offset.
  public init(_ scale: Double, offset: Double = 0) {
    self.scale = scale
    self.offset = offset
  }

  /// Any shape to the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    identity.call(x) { x throws(GraphError) in
      let real = x.dtype.isFloating ? x.value : x.value.cast(.float32)
      return Tensor(offset == 0 ? real * scale : real * scale + offset)
    }
  }
}
