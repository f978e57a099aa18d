import ApusData
import ApusGraph
import Foundation

/// The class of each pixel of an image.
public struct LabelMap: Sendable, Equatable {
  /// The image's size.
  public let size: ImageSize
  /// The classes, row after row.
  public let labels: [UInt8]

  /// Classes of pixels, row after row.
  public init(size: ImageSize, labels: [UInt8]) { (self.size, self.labels) = (size, labels) }

  /// The likeliest classes at the image's size: probabilities are enlarged, not classes, so that edges are smooth.
  /// - Parameters:
  ///   - logits: `[height, width, classes]` of the size that the network saw.
  ///   - count: Number of classes.
  ///   - seen: The size that the network saw.
  ///   - size: The image's size.
  /// - Throws: `DataError` for another number of logits.
  init(logits: [Float], count: Int, seen: ImageSize, _ size: ImageSize) throws {
    guard logits.count == seen.width * seen.height * count else {
      throw DataError(
        .shape, "\(seen) pixels of \(count) classes were expected, \(logits.count) numbers came")
    }
    var planes = [[UInt8]](repeating: [UInt8](repeating: 0, count: seen.width * seen.height), count: count)
    for pixel in 0..<seen.width * seen.height {
      let row = logits[pixel * count..<(pixel + 1) * count]
      let largest = row.max() ?? 0
      let powers = row.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      for (label, power) in powers.enumerated() {
        let share = power / sum * 255
        // Logits that are no numbers predict nothing, but must not end the program.
        planes[label][pixel] = share.isNaN ? 0 : UInt8(min(max(share, 0), 255).rounded())
      }
    }
    var best = [UInt8](repeating: 0, count: size.width * size.height), labels = best
    for (label, plane) in planes.enumerated() {
      let large = try Image(width: seen.width, height: seen.height, channels: 1, pixels: plane).resized(
        to: size)
      for (place, value) in large.pixels.enumerated() where value > best[place] {
        best[place] = value
        labels[place] = UInt8(label)
      }
    }
    self.init(size: size, labels: labels)
  }

  /// The share of the pixels that each of so many classes has.
  public func shares(_ count: Int) -> [Double] {
    var counts = [Int](repeating: 0, count: count)
    for label in labels where Int(label) < count { counts[Int(label)] += 1 }
    return counts.map { Double($0) / Double(max(1, labels.count)) }
  }

  /// The classes as a gray image, whose values they are.
  public func mask() throws -> Image {
    try Image(width: size.width, height: size.height, channels: 1, pixels: labels)
  }

  /// An image with a color over the pixels of each class but the first.
  /// - Parameter image: The image, in any size.
  /// - Throws: `DataError` for images of no pixels.
  /// - Returns: The image with colors.
  public func overlay(on image: Image) throws -> Image {
    let small = try mask().resized(to: image.size, interpolation: .nearest)
    return try image.overlaid(
      labels: Literal(small.pixels.map { Int32($0) }, shape: [image.height, image.width]))
  }
}
