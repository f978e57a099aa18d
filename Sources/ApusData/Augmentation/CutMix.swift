import ApusGraph

/// Pastes a rectangle of another image of the batch into every image; targets are mixed by area.
///
/// Yun et al., "CutMix", arXiv:1905.04899; the same arithmetic as torchvision's CutMix: one rectangle for a batch,
/// cut off at the edges, and each image's partner is the one before it.
public struct CutMix: BatchAugmentation {
  /// The shares that images keep are drawn from the beta distribution with this parameter twice.
  public let alpha: Double
  /// The probability that a batch is mixed, in 0...1.
  public let probability: Double

  /// - Parameters:
  ///   - alpha: The parameter of the beta distribution; 1, the paper's, makes all shares equally likely.
  ///   - probability: The probability that a batch is mixed, in 0...1.
  /// - Throws: `DataError` for an alpha that is not above 0 and finite, and for a probability outside 0...1.
  public init(alpha: Double = 1, probability: Double = 1) throws {
    try checkMixing(alpha: alpha, probability: probability)
    self.alpha = alpha
    self.probability = probability
  }

  /// Pastes into the batch's first feature, images `[batch, height, width, channels]`, or leaves it.
  /// - Parameters:
  ///   - batch: The batch; its memory is changed in place.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` for features or targets that cannot be mixed.
  public func augment(_ batch: inout Batch, random: inout PhiloxGenerator) throws {
    guard Double(random.uniform()) < probability else { return }
    let (height, width, _) = try Self.sizes(batch)
    let share = random.beta(alpha, alpha)
    let region = Self.region(
      x: random.uniform(below: width), y: random.uniform(below: height), share: share,
      of: ImageSize(width: width, height: height))
    try Self.paste(region, into: &batch)
  }

  private static func sizes(_ batch: Batch) throws -> (height: Int, width: Int, channels: Int) {
    let sizes = try imageSizes(Shape(Array(batch.floatFeature(0).shape.dimensions.dropFirst())))
    guard sizes.height > 0, sizes.width > 0 else {
      throw DataError(.shape, "images without pixels cannot be mixed")
    }
    return sizes
  }

  /// The rectangle around a point whose area is the rest of `share`, as far as it lies in the image; nil where
  /// nothing does.
  static func region(x: Int, y: Int, share: Double, of size: ImageSize) -> ImageRegion? {
    let half = 0.5 * (1 - share).squareRoot()
    let halfWidth = Int(half * Double(size.width)), halfHeight = Int(half * Double(size.height))
    let left = max(0, x - halfWidth), right = min(size.width, x + halfWidth)
    let top = max(0, y - halfHeight), bottom = min(size.height, y + halfHeight)
    guard right > left, bottom > top else { return nil }
    return ImageRegion(left: left, top: top, width: right - left, height: bottom - top)
  }

  static func paste(_ region: ImageRegion?, into batch: inout Batch) throws {
    guard let region, batch.count > 1 else { return }
    let (height, width, channels) = try sizes(batch)
    let rowCount = region.size.width * channels
    let imageElementCount = height * width * channels
    let start = (region.top * width + region.left) * channels
    let values = batch.features[0].buffer.pointer.assumingMemoryBound(to: Float.self)
    func row(_ sample: Int, _ line: Int) -> UnsafeMutablePointer<Float> {
      values + sample * imageElementCount + start + line * width * channels
    }
    var last = [Float](repeating: 0, count: rowCount)
    for line in 0..<region.size.height {
      last.withUnsafeMutableBufferPointer {
        $0.baseAddress?.update(from: row(batch.count - 1, line), count: rowCount)
      }
      // From the last to the first, so that each partner is read before it changes.
      for sample in stride(from: batch.count - 1, to: 0, by: -1) {
        row(sample, line).update(from: row(sample - 1, line), count: rowCount)
      }
      row(0, line).update(from: last, count: rowCount)
    }
    let area = Double(region.size.width * region.size.height) / Double(width * height)
    try batch.mixTargets(share: Float(1 - area))
  }
}
