import ApusGraph

/// Changes the brightness, contrast and saturation of images of numbers in 0...1 by random factors.
///
/// Each factor is drawn evenly from max(0, 1 − amount) ... 1 + amount, as in torchvision. What leaves 0...1 is clipped, so it goes before any
/// normalization.
public struct ColorJitter: InPlaceAugmentation {
  /// How far brightness may change; 0.4 is usual.
  public let brightness: Float
  /// How far contrast may change.
  public let contrast: Float
  /// How far saturation may change; images without colors keep theirs.
  public let saturation: Float

  /// - Parameters:
  ///   - brightness: How far brightness may change, from 0 on.
  ///   - contrast: How far contrast may change, from 0 on.
  ///   - saturation: How far saturation may change, from 0 on.
  public init(brightness: Float = 0.4, contrast: Float = 0.4, saturation: Float = 0.4) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
  }

  /// - Throws: `DataError` for amounts below 0 or that are no finite numbers.
  public func check() throws {
    try checkSetting("brightness", brightness, in: 0...(.infinity))
    try checkSetting("contrast", contrast, in: 0...(.infinity))
    try checkSetting("saturation", saturation, in: 0...(.infinity))
  }

  /// Changes the image: brightness first, then contrast about the mean of the grays, then saturation.
  /// - Parameters:
  ///   - values: The `float32` elements of one sample, in row-major order.
  ///   - shape: Their shape, `[height, width, channels]`.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` unless the shape is `[height, width, channels]`.
  public func augment(
    _ values: UnsafeMutableBufferPointer<Float>, shape: Shape, random: inout PhiloxGenerator
  ) throws {
    try check()
    let (height, width, channels) = try imageSizes(shape)
    let factors = [brightness, contrast, saturation].map { amount in
      // No factor is below 0.
      amount > 1 ? (1 + amount) * random.uniform() : 1 + amount * (2 * random.uniform() - 1)
    }
    guard let pixels = values.baseAddress, height * width > 0 else { return }
    blend(pixels, count: values.count, with: 0, share: factors[0])
    let mean = meanGray(pixels, count: height * width, channels: channels)
    blend(pixels, count: values.count, with: mean, share: factors[1])
    saturate(pixels, count: height * width, channels: channels, by: factors[2])
  }
}

/// The gray of a pixel of so many channels, by ITU-R 601's weights.
func gray(_ pixel: UnsafeMutablePointer<Float>, _ channels: Int) -> Float {
  channels < 3 ? pixel[0] : 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
}

/// `share` of the numbers and the rest of another, within 0...1.
func blend(_ values: UnsafeMutablePointer<Float>, count: Int, with other: Float, share: Float) {
  let rest = (1 - share) * other
  var index = 0
  while index < count {
    values[index] = min(max(values[index] * share + rest, 0), 1)
    index &+= 1
  }
}

/// The mean of an image's grays.
func meanGray(_ pixels: UnsafeMutablePointer<Float>, count: Int, channels: Int) -> Float {
  var sum = 0.0
  for pixel in 0..<count { sum += Double(gray(pixels + pixel * channels, channels)) }
  return Float(sum / Double(max(1, count)))
}

/// Blends every pixel with its gray; images without colors stay.
func saturate(_ pixels: UnsafeMutablePointer<Float>, count: Int, channels: Int, by factor: Float) {
  guard channels >= 3 else { return }
  for pixel in 0..<count {
    let place = pixels + pixel * channels
    blend(place, count: 3, with: gray(place, channels), share: factor)
  }
}
