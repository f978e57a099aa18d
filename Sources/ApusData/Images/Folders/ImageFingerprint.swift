/// What an image looks like in a few numbers: two images whose numbers differ little look alike.
public struct ImageFingerprint: Sendable, Hashable {
  /// Whether brightness rises from each cell to its right neighbor, 8 by 8 cells, and to the one below.
  ///
  /// The "difference hash" in both directions: size, compression, brightness and contrast hardly change it.
  let rises: SIMD2<UInt64>
  /// The mean brightness of 8 by 8 cells.
  let cells: [UInt8]

  /// The fingerprint of an image.
  /// - Parameter image: The image.
  /// - Throws: `DataError` where there is no memory for it.
  public init(of image: Image) throws {
    let gray = try image.converted(toChannels: 1)
    let across = try gray.resized(to: ImageSize(width: 9, height: 8), interpolation: .box).pixels
    let down = try gray.resized(to: ImageSize(width: 8, height: 9), interpolation: .box).pixels
    var rises = SIMD2<UInt64>.zero
    for row in 0..<8 {
      for column in 0..<8 {
        let bit = UInt64(1) << UInt64(row * 8 + column)
        if across[row * 9 + column + 1] > across[row * 9 + column] { rises[0] |= bit }
        if down[(row + 1) * 8 + column] > down[row * 8 + column] { rises[1] |= bit }
      }
    }
    self.rises = rises
    cells = try gray.resized(to: ImageSize(8), interpolation: .box).pixels
  }

  /// The number of the 128 rises that differ.
  public func distance(to other: ImageFingerprint) -> Int {
    let different = rises ^ other.rises
    return different[0].nonzeroBitCount + different[1].nonzeroBitCount
  }

  /// Whether the images look alike: few rises differ, and the cells go up and down together, which flat
  /// images' chance rises do not.
  public func isNear(_ other: ImageFingerprint, distance limit: Int = 10) -> Bool {
    distance(to: other) <= limit && correlation(with: other) > 0.97
  }

  private func correlation(with other: ImageFingerprint) -> Double {
    func centered(_ cells: [UInt8]) -> [Double] {
      let mean = cells.reduce(0) { $0 + Double($1) } / Double(cells.count)
      return cells.map { Double($0) - mean }
    }
    let (mine, others) = (centered(cells), centered(other.cells))
    let product = zip(mine, others).reduce(0) { $0 + $1.0 * $1.1 }
    let scale = (mine.reduce(0) { $0 + $1 * $1 } * others.reduce(0) { $0 + $1 * $1 }).squareRoot()
    // Images of one color are alike if that is the same.
    guard scale > 0 else { return cells == other.cells ? 1 : 0 }
    return product / scale
  }
}
