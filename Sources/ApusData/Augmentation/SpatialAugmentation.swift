import ApusGraph

/// An augmentation that moves pixels: where a sample's target is a map of labels, one for each pixel, the map has to
/// move along.
public protocol SpatialAugmentation: InPlaceAugmentation {
  /// Moves labels, `height * width` of them, to where the same random numbers move the image's pixels. Labels never
  /// mix.
  func move(
    _ labels: UnsafeMutableBufferPointer<Int32>, height: Int, width: Int, random: inout PhiloxGenerator)
    throws
}

extension Sample {
  /// The target, if it is a map of labels: `int32` of the height and width of the first feature, an image.
  var labelMap: Literal? {
    guard let target, let image = features.first?.shape, image.rank == 3, target.dtype == .int32,
      target.shape.dimensions == Array(image.dimensions.prefix(2))
    else { return nil }
    return target
  }
}

extension Batch {
  /// The first label of the targets, if they are maps of labels: `int32` of the batch, height and width of the first
  /// feature, images. The batch's memory must be the caller's own.
  var labelMaps: UnsafeMutablePointer<Int32>? {
    guard let targets, let images = features.first?.shape, images.rank == 4, targets.dtype == .int32,
      targets.shape.dimensions == Array(images.dimensions.prefix(3))
    else { return nil }
    return targets.buffer.pointer.assumingMemoryBound(to: Int32.self)
  }
}

extension SpatialAugmentation {
  /// The labels moved as the image is by the same random numbers.
  func moved(_ labels: Literal, random: PhiloxGenerator) throws -> Literal {
    var random = random
    return try Literal(dtype: .int32, shape: labels.shape) { bytes in
      labels.withUnsafeBytes { if $0.count > 0 { bytes.copyMemory(from: $0) } }
      try move(
        bytes.bindMemory(to: Int32.self), height: labels.shape[0], width: labels.shape[1], random: &random)
    }
  }
}
