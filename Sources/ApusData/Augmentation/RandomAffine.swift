import ApusGraph
import Foundation

/// Rotates, translates and scales images by random amounts, with bilinear interpolation.
public struct RandomAffine: SpatialAugmentation {
  /// The greatest rotation to either side, in degrees.
  public let degrees: Float
  /// The greatest shift across and down, as a share of the image's sides.
  public let shift: Float
  /// The range of factors by which the image is made larger.
  public let scale: ClosedRange<Float>
  /// The value of pixels from outside the image.
  public let fill: Float
  /// The label of pixels from outside the image, where each pixel has one.
  public let fillLabel: Int32

  /// - Parameters:
  ///   - degrees: The greatest rotation to either side, in degrees, 0 to 180.
  ///   - shift: The greatest shift across and down, as a share of the image's sides.
  ///   - scale: The range of factors by which the image is made larger, from 0.0001 on.
  ///   - fill: The value of pixels from outside: that of black after normalization.
  ///   - fillLabel: Its label, where each pixel has one: the background's, or one that the loss ignores.
  /// - Throws: `DataError` for more than 180 degrees, a shift outside 0...1, a scale below 0.0001 and a fill
  ///   that is no finite number.
  public init(
    degrees: Float = 10, shift: Float = 0, scale: ClosedRange<Float> = 1...1, fill: Float = 0,
    fillLabel: Int32 = 0
  ) throws {
    guard degrees >= 0, degrees <= 180, shift >= 0, shift <= 1, scale.lowerBound >= 1e-4,
      scale.upperBound.isFinite
    else {
      throw DataError(
        .setting,
        "turns up to 180 degrees, shifts up to 1 and scales from 0.0001 on were expected, \(degrees), \(shift) and "
          + "\(scale) came")
    }
    try checkFill(fill)
    self.degrees = degrees
    self.shift = shift
    self.scale = scale
    self.fill = fill
    self.fillLabel = fillLabel
  }

  /// Changes the image about its middle.
  /// - Parameters:
  ///   - values: The `float32` elements of one sample, in row-major order.
  ///   - shape: Their shape, `[height, width, channels]`.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` unless the shape is `[height, width, channels]`.
  public func augment(
    _ values: UnsafeMutableBufferPointer<Float>, shape: Shape, random: inout PhiloxGenerator
  ) throws {
    let sizes = try imageSizes(shape)
    let origin = origin(height: sizes.height, width: sizes.width, random: &random)
    warp(values, sizes, fill: fill, from: origin)
  }

  /// Changes labels by the nearest one.
  /// - Parameters:
  ///   - labels: The labels, row by row: `height * width` of them.
  ///   - height: Number of rows.
  ///   - width: Number of columns.
  ///   - random: The source of all random numbers.
  /// - Throws: `DataError` where labels cannot be moved.
  public func move(
    _ labels: UnsafeMutableBufferPointer<Int32>, height: Int, width: Int, random: inout PhiloxGenerator
  ) throws {
    let origin = origin(height: height, width: width, random: &random)
    warp(labels, height: height, width: width, fill: fillLabel, from: origin)
  }

  /// Where the pixel of a row and column comes from, across and down: a random change undone.
  private func origin(
    height: Int, width: Int, random: inout PhiloxGenerator
  ) -> PixelOrigin {
    func either(_ amount: Float) -> Float { amount * (2 * random.uniform() - 1) }
    let angle = either(degrees) * .pi / 180
    let (across, down) = (either(shift) * Float(width), either(shift) * Float(height))
    let factor = scale.lowerBound + (scale.upperBound - scale.lowerBound) * random.uniform()
    let (cosine, sine) = (cos(angle) / factor, sin(angle) / factor)
    let (middleX, middleY) = (Float(width - 1) / 2, Float(height - 1) / 2)
    return { row, column in
      let (x, y) = (Float(column) - middleX - across, Float(row) - middleY - down)
      return (cosine * x + sine * y + middleX, cosine * y - sine * x + middleY)
    }
  }
}

/// Where the pixel of a row and column comes from, across and down.
typealias PixelOrigin = (_ row: Int, _ column: Int) -> (x: Float, y: Float)

/// Takes each pixel of an image from elsewhere, between the four nearest pixels.
func warp(
  _ values: UnsafeMutableBufferPointer<Float>, _ sizes: (height: Int, width: Int, channels: Int), fill: Float,
  from origin: PixelOrigin
) {
  let (height, width, channels) = sizes
  let source = Array(values)
  var to = 0
  for row in 0..<height {
    for column in 0..<width {
      let (fromX, fromY) = origin(row, column)
      let (left, top) = (fromX.rounded(.down), fromY.rounded(.down))
      let (shareX, shareY) = (fromX - left, fromY - top)
      for channel in 0..<channels {
        func value(_ row: Int, _ column: Int) -> Float {
          guard row >= 0, row < height, column >= 0, column < width else { return fill }
          return source[(row * width + column) * channels + channel]
        }
        let (row, column) = (Int(top), Int(left))
        let above = value(row, column) * (1 - shareX) + value(row, column + 1) * shareX
        let below = value(row + 1, column) * (1 - shareX) + value(row + 1, column + 1) * shareX
        values[to] = above * (1 - shareY) + below * shareY
        to += 1
      }
    }
  }
}

/// Takes each label from elsewhere: the nearest one, for labels never mix.
func warp(
  _ labels: UnsafeMutableBufferPointer<Int32>, height: Int, width: Int, fill: Int32, from origin: PixelOrigin
) {
  let source = Array(labels)
  for row in 0..<height {
    for column in 0..<width {
      let (fromX, fromY) = origin(row, column)
      let (left, top) = (Int(fromX.rounded()), Int(fromY.rounded()))
      let isInside = left >= 0 && left < width && top >= 0 && top < height
      labels[row * width + column] = isInside ? source[top * width + left] : fill
    }
  }
}
