import ApusGraph

/// Mirrors images left to right.
public struct RandomHorizontalFlip: SpatialAugmentation {
  /// The probability that an image is mirrored, in 0...1.
  public let probability: Float

  /// Mirrors an image `[height, width, channels]` with the given probability.
  /// - Parameter probability: The probability that an image is mirrored, in 0...1; checked with the first image.
  public init(probability: Float = 0.5) { self.probability = probability }

  /// - Throws: `DataError` for a probability outside 0...1.
  public func check() throws { try checkSetting("probability", probability, in: 0...1) }

  /// Mirrors the image or leaves it.
  /// - Parameters:
  ///   - values: The `float32` elements of one sample, in row-major order.
  ///   - shape: Their shape, `[height, width, channels]`.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` unless the shape is `[height, width, channels]`.
  public func augment(
    _ values: UnsafeMutableBufferPointer<Float>, shape: Shape, random: inout PhiloxGenerator
  ) throws {
    try check()
    try flip(values, imageSizes(shape), random: &random)
  }

  /// Mirrors the labels or leaves them.
  /// - Parameters:
  ///   - labels: The labels, row by row: `height * width` of them.
  ///   - height: Number of rows.
  ///   - width: Number of columns.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` where labels cannot be moved.
  public func move(
    _ labels: UnsafeMutableBufferPointer<Int32>, height: Int, width: Int, random: inout PhiloxGenerator
  ) throws {
    try check()
    flip(labels, (height, width, 1), random: &random)
  }

  private func flip<Element>(
    _ values: UnsafeMutableBufferPointer<Element>, _ sizes: (height: Int, width: Int, channels: Int),
    random: inout PhiloxGenerator
  ) {
    let (height, width, channels) = sizes
    guard random.uniform() < probability, let pixels = values.baseAddress else { return }
    for row in 0..<height {
      var left = pixels + row * width * channels
      var right = left + (width - 1) * channels
      while left < right {
        var channel = 0
        while channel < channels {
          (left[channel], right[channel]) = (right[channel], left[channel])
          channel &+= 1
        }
        left += channels
        right -= channels
      }
    }
  }
}

/// Moves images by a few whole pixels; what comes in from outside is filled.
///
/// The same as padding an image on all sides and cropping it at a random place.
public struct RandomShift: SpatialAugmentation {
  /// The greatest shift up or down, in pixels.
  public let vertical: Int
  /// The greatest shift left or right, in pixels.
  public let horizontal: Int
  /// The value of pixels from outside the image.
  public let fill: Float
  /// The label of pixels from outside the image, where each pixel has one.
  public let fillLabel: Int32

  /// Moves an image `[height, width, channels]` by up to `pixels` in each direction.
  /// - Parameters:
  ///   - pixels: `height * width * channels` values, row by row.
  ///   - fill: The value of pixels from outside: that of black after normalization.
  ///   - fillLabel: Its label, where each pixel has one: the background's, or one that the loss ignores.
  public init(upTo pixels: Int, fill: Float = 0, fillLabel: Int32 = 0) {
    self.init(vertical: pixels, horizontal: pixels, fill: fill, fillLabel: fillLabel)
  }

  /// Moves an image `[height, width, channels]` by different amounts down and across.
  public init(vertical: Int, horizontal: Int, fill: Float = 0, fillLabel: Int32 = 0) {
    self.vertical = vertical
    self.horizontal = horizontal
    self.fill = fill
    self.fillLabel = fillLabel
  }

  /// - Throws: `DataError` for shifts below 0 or above 2^24 pixels, and for a fill that is no finite number.
  public func check() throws {
    guard (0...1 << 24).contains(vertical), (0...1 << 24).contains(horizontal) else {
      throw DataError(
        .setting, "shifts of 0 to 2^24 pixels were expected, \(vertical) and \(horizontal) came")
    }
    try checkFill(fill)
  }

  /// Moves the image.
  /// - Parameters:
  ///   - values: The `float32` elements of one sample, in row-major order.
  ///   - shape: Their shape, `[height, width, channels]`.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` unless the shape is `[height, width, channels]`.
  public func augment(
    _ values: UnsafeMutableBufferPointer<Float>, shape: Shape, random: inout PhiloxGenerator
  ) throws {
    try check()
    try shift(values, imageSizes(shape), fill: fill, random: &random)
  }

  /// Moves the labels.
  /// - Parameters:
  ///   - labels: The labels, row by row: `height * width` of them.
  ///   - height: Number of rows.
  ///   - width: Number of columns.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` where labels cannot be moved.
  public func move(
    _ labels: UnsafeMutableBufferPointer<Int32>, height: Int, width: Int, random: inout PhiloxGenerator
  ) throws {
    try check()
    shift(labels, (height, width, 1), fill: fillLabel, random: &random)
  }

  private func shift<Element>(
    _ values: UnsafeMutableBufferPointer<Element>, _ sizes: (height: Int, width: Int, channels: Int),
    fill: Element, random: inout PhiloxGenerator
  ) {
    let (height, width, channels) = sizes
    let down = random.uniform(below: 2 * vertical + 1) - vertical
    let across = random.uniform(below: 2 * horizontal + 1) - horizontal
    guard (down, across) != (0, 0), let pixels = values.baseAddress, height * width > 0 else { return }
    let rowCount = width * channels
    let kept = max(0, width - abs(across)) * channels
    let source = max(0, -across) * channels
    let target = max(0, across) * channels
    // Rows are taken in the order in which none is overwritten before it was read.
    for step in 0..<height {
      let row = down > 0 ? height - 1 - step : step
      let to = pixels + row * rowCount
      let from = row - down
      guard from >= 0 && from < height && kept > 0 else {
        to.update(repeating: fill, count: rowCount)
        continue
      }
      // `update(from:)` allows overlap.
      (to + target).update(from: pixels + from * rowCount + source, count: kept)
      to.update(repeating: fill, count: target)
      (to + target + kept).update(repeating: fill, count: rowCount - target - kept)
    }
  }
}

/// Cuts a smaller image out at a random place.
public struct RandomCrop: Augmentation {
  /// The height of what is cut out, in pixels.
  public let height: Int
  /// The width of what is cut out, in pixels.
  public let width: Int

  /// Cuts `[height, width, channels]` out of larger images.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// - Throws: `DataError` for a height or width below 1.
  public func check() throws {
    guard height > 0, width > 0 else {
      throw DataError(.setting, "a height and width above 0 were expected, \(height) and \(width) came")
    }
  }

  /// The sample with the cut-out as its first feature.
  /// - Parameters:
  ///   - sample: The sample.
  ///   - random: The source of all random numbers.
  /// - Returns: The changed sample.
  /// - Throws: `DataError` for settings that make no sense, and for a first feature that is no `float32`
  ///   image `[height, width, channels]`.
  public func augmented(_ sample: Sample, random: inout PhiloxGenerator) throws -> Sample {
    try check()
    guard let image = sample.features.first else { return sample }
    let (fullHeight, fullWidth, channels) = try imageSizes(image.shape)
    guard height <= fullHeight, width <= fullWidth else {
      throw DataError(
        .shape,
        "[\(height), \(width)] cannot be cut out of sample \(sample.id) of shape \(image.shape)",
        samples: [sample.id])
    }
    let top = random.uniform(below: fullHeight - height + 1)
    let left = random.uniform(below: fullWidth - width + 1)
    func cut(_ source: Literal, _ shape: Shape) throws -> Literal {
      let type = source.dtype
      let pixelSize = shape.elementCount / (height * width) * type.byteSize
      return try source.withUnsafeBytes { source in
        try Literal(dtype: type, shape: shape) { bytes in
          guard let from = source.baseAddress, let to = bytes.baseAddress else { return }
          for row in 0..<height {
            (to + row * width * pixelSize).copyMemory(
              from: from + ((top + row) * fullWidth + left) * pixelSize, byteCount: width * pixelSize)
          }
        }
      }
    }
    var result = sample
    result.features[0] = try cut(image, [height, width, channels])
    if let map = sample.labelMap { result.target = try cut(map, [height, width]) }
    return result
  }
}

func imageSizes(_ shape: Shape) throws -> (height: Int, width: Int, channels: Int) {
  guard shape.rank == 3 else {
    throw DataError(
      .shape, "an augmentation of images needs the shape [height, width, channels], \(shape) came",
      advice: "Add an axis of size 1 for the channel of gray images.")
  }
  return (shape[0], shape[1], shape[2])
}
