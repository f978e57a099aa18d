import ApusFixtures
import ApusGraph
import ApusNN
import ApusTensor
import Testing

extension FixtureTensor {
  /// The stored numbers as a tensor.
  var tensor: Tensor {
    switch values {
    case .float32(let numbers): Tensor(Literal(numbers, shape: Shape(shape)))
    case .int32(let numbers): Tensor(Literal(numbers, shape: Shape(shape)))
    case .bool(let truths): Tensor(Literal(truths, shape: Shape(shape)))
    }
  }
}

extension Tensor {
  /// A vector or matrix of float32 numbers.
  init(numbers: [Float], _ shape: Shape) { self.init(Literal(numbers, shape: shape)) }

  /// The numbers, whatever their type.
  func doubles() throws -> [Double] { try literal().doubles }
}

extension FixtureCase {
  /// How the tensor of a name differs from what was computed; nil when it does not.
  func mismatch(_ name: String, _ tensor: Tensor, relative: Double = 1e-5, absolute: Double = 1e-5) throws
    -> String?
  {
    let expected = try self(name)
    guard tensor.shape.dimensions == expected.shape else {
      return "shape \(try tensor.literal().shape) where \(expected.shape) was expected"
    }
    return difference(
      try tensor.doubles(), from: expected.doubles, relative: relative, absolute: absolute)
  }

  /// Padding as the fixtures write it.
  var padding: Padding {
    switch self["padding"].string {
    case "valid": return .valid
    case "same": return .same
    default:
      guard case .array(let pairs) = self["padding"] else { return .valid }
      return .explicit(
        pairs.map {
          let pair = $0.integers ?? []
          return SpatialPadding(before: pair[0], after: pair[1])
        })
    }
  }

  /// One number for each spatial axis.
  func size(_ name: String) -> SpatialSize { SpatialSize(self[name].integers ?? []) }
}

/// A layer's result and the gradients of Σ weights · result for its input and some parameters.
func resultAndGradients(
  of layer: some Layer, _ x: Tensor, weights: Tensor, _ parameters: [Parameter?],
  phase: Phase = .inference
) throws -> (result: Tensor, gradients: [Tensor]) {
  let result = withPhase(phase) { layer(x) }
  if let failure = result.failure { throw failure }
  let total = (result.value * weights.value).sum()
  let targets = [x.value] + parameters.compactMap { $0?.tensor.value }
  return (result, gradients(of: total, withRespectTo: targets).map { Tensor($0) })
}
