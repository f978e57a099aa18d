import ApusGraph
import Foundation

/// A few operations drawn at random from fourteen, all of one magnitude: two hyperparameters instead of one for each
/// operation. Cubuk et al., arXiv:1909.13719; ranges as in torchvision.
///
/// Images are `[height, width, channels]` in 0...1, so it goes before any normalization. Where each pixel has a label,
/// labels move along.
public struct RandAugment: SpatialAugmentation {
  /// How many changes are made, one after the other.
  public let count: Int
  /// How strong they are, in 0...30.
  public let magnitude: Float
  /// The value of pixels from outside the image.
  public let fill: Float
  /// The label of pixels from outside the image, where each pixel has one.
  public let fillLabel: Int32

  /// - Parameters:
  ///   - count: How many changes are made; the paper's 2.
  ///   - magnitude: How strong they are, in 0...30; 9 is usual, small images and networks want less.
  ///   - fill: The value of pixels from outside the image.
  ///   - fillLabel: Its label, where each pixel has one.
  /// - Throws: `DataError` for a count outside 0...16, a magnitude outside 0...30 and a fill that is no
  ///   finite number.
  public init(count: Int = 2, magnitude: Float = 9, fill: Float = 0.5, fillLabel: Int32 = 0) throws {
    guard (0...16).contains(count), magnitude >= 0, magnitude <= 30 else {
      throw DataError(
        .setting,
        "up to 16 changes of a magnitude from 0 to 30 were expected, \(count) of \(magnitude) came")
    }
    try checkFill(fill)
    self.count = count
    self.magnitude = magnitude
    self.fill = fill
    self.fillLabel = fillLabel
  }

  /// Changes the image.
  /// - Parameters:
  ///   - values: The `float32` elements of one sample, in row-major order.
  ///   - shape: Their shape, `[height, width, channels]`.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` unless the shape is `[height, width, channels]`.
  public func augment(
    _ values: UnsafeMutableBufferPointer<Float>, shape: Shape, random: inout PhiloxGenerator
  ) throws {
    let sizes = try imageSizes(shape)
    for _ in 0..<count {
      RandAugmentOperation(strength: magnitude / 30, random: &random).apply(to: values, sizes, fill)
    }
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
    for _ in 0..<count {
      let change = RandAugmentOperation(strength: magnitude / 30, random: &random)
      if let origin = change.origin(height: height, width: width) {
        warp(labels, height: height, width: width, fill: fillLabel, from: origin)
      }
    }
  }
}

/// One of the changes that `RandAugment` draws from, with its strength.
struct RandAugmentOperation {
  enum Kind: CaseIterable {
    case identity, shearAcross, shearDown, shiftAcross, shiftDown, turn
    case brightness, saturation, contrast, sharpness, posterize, solarize, stretchContrast, equalize
  }

  let kind: Kind
  /// From −1 to 1 where a change has two directions, else from 0 to 1.
  let strength: Float

  init(_ kind: Kind, strength: Float) {
    self.kind = kind
    self.strength = strength
  }

  init(strength: Float, random: inout PhiloxGenerator) {
    kind = Kind.allCases[random.uniform(below: Kind.allCases.count)]
    let isNegative = random.uniform() < 0.5
    switch kind {
    case .identity, .posterize, .solarize, .stretchContrast, .equalize: self.strength = strength
    default: self.strength = isNegative ? -strength : strength
    }
  }

  func apply(
    to values: UnsafeMutableBufferPointer<Float>, _ sizes: (height: Int, width: Int, channels: Int),
    _ fill: Float
  ) {
    let (height, width, channels) = sizes
    guard let pixels = values.baseAddress, height * width > 0 else { return }
    let factor = 1 + 0.9 * strength
    switch kind {
    case .identity: return
    case .shearAcross, .shearDown, .shiftAcross, .shiftDown, .turn:
      if let origin = origin(height: height, width: width) { warp(values, sizes, fill: fill, from: origin) }
    case .brightness: blend(pixels, count: values.count, with: 0, share: factor)
    case .saturation: saturate(pixels, count: height * width, channels: channels, by: factor)
    case .contrast:
      let mean = meanGray(pixels, count: height * width, channels: channels)
      blend(pixels, count: values.count, with: mean, share: factor)
    case .sharpness: sharpen(pixels, sizes, by: factor)
    case .posterize:
      // Of eight bits four are left at most strength.
      let step = Float(1 << Int((4 * strength).rounded()))
      for index in values.indices { values[index] = (values[index] * 255 / step).rounded(.down) * step / 255 }
    case .solarize:
      for index in values.indices where values[index] >= 1 - strength { values[index] = 1 - values[index] }
    case .stretchContrast: eachChannel(values, channels) { stretched($0) }
    case .equalize: eachChannel(values, channels) { equalized($0) }
    }
  }

  /// Where each pixel comes from; nil for changes that move none. Shears are about the middle.
  func origin(height: Int, width: Int) -> PixelOrigin? {
    let (middleX, middleY) = (Float(width - 1) / 2, Float(height - 1) / 2)
    switch kind {
    case .shearAcross:
      let share = 0.3 * strength
      return { row, column in (Float(column) + share * (Float(row) - middleY), Float(row)) }
    case .shearDown:
      let share = 0.3 * strength
      return { row, column in (Float(column), Float(row) + share * (Float(column) - middleX)) }
    // The paper's 150 of 331 pixels.
    case .shiftAcross:
      let shift = (150 / 331 * strength * Float(width)).rounded()
      return { row, column in (Float(column) - shift, Float(row)) }
    case .shiftDown:
      let shift = (150 / 331 * strength * Float(height)).rounded()
      return { row, column in (Float(column), Float(row) - shift) }
    case .turn:
      let angle = strength * .pi / 6
      let (cosine, sine) = (cos(angle), sin(angle))
      return { row, column in
        let (x, y) = (Float(column) - middleX, Float(row) - middleY)
        return (cosine * x + sine * y + middleX, cosine * y - sine * x + middleY)
      }
    default: return nil
    }
  }

  /// Blends with an image smoothed by (1 1 1, 1 5 1, 1 1 1) / 13; the frame stays, as in Pillow.
  private func sharpen(
    _ pixels: UnsafeMutablePointer<Float>, _ sizes: (height: Int, width: Int, channels: Int), by factor: Float
  ) {
    let (height, width, channels) = sizes
    guard height > 2, width > 2 else { return }
    let source = Array(UnsafeBufferPointer(start: pixels, count: height * width * channels))
    for row in 1..<height - 1 {
      for column in 1..<width - 1 {
        for channel in 0..<channels {
          let place = (row * width + column) * channels + channel
          var sum = 4 * source[place]
          for down in -1...1 {
            for across in -1...1 { sum += source[place + (down * width + across) * channels] }
          }
          blend(pixels + place, count: 1, with: sum / 13, share: factor)
        }
      }
    }
  }

  private func eachChannel(
    _ values: UnsafeMutableBufferPointer<Float>, _ channels: Int, _ change: ([Float]) -> [Float]
  ) {
    for channel in 0..<channels {
      let places = stride(from: channel, to: values.count, by: channels)
      for (place, value) in zip(places, change(places.map { values[$0] })) { values[place] = value }
    }
  }

  /// The darkest becomes 0 and the lightest 1.
  private func stretched(_ values: [Float]) -> [Float] {
    guard let least = values.min(), let most = values.max(), most > least else { return values }
    return values.map { ($0 - least) / (most - least) }
  }

  /// As many pixels of every brightness as can be, by 256 steps as in Pillow.
  private func equalized(_ values: [Float]) -> [Float] {
    let levels = values.map { $0.isNaN ? 0 : Int((min(max($0, 0), 1) * 255).rounded()) }
    var counts = [Int](repeating: 0, count: 256)
    for level in levels { counts[level] += 1 }
    let step = (levels.count - (counts.last { $0 > 0 } ?? 0)) / 255
    guard step > 0 else { return values }
    var table: [Float] = []
    var sum = step / 2
    for count in counts {
      table.append(Float(min(sum / step, 255)) / 255)
      sum += count
    }
    return levels.map { table[$0] }
  }
}
