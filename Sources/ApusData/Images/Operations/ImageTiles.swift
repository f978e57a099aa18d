extension Image {
  /// Images side by side in rows, each in the middle of a cell of the largest one's size. Color images when they are of
  /// different kinds.
  /// - Parameters:
  ///   - tiles: The images, row by row.
  ///   - columns: How many there are in a row.
  ///   - gap: Pixels between them.
  ///   - background: The brightness of what is between them.
  /// - Throws: `DataError` for no images, no columns, and for more than 2^28 pixels in all.
  public init(tiles: [Image], columns: Int, gap: Int = 4, background: UInt8 = 255) throws {
    guard let first = tiles.first, let width = tiles.map(\.width).max(),
      let height = tiles.map(\.height).max(),
      columns > 0, (0...1 << 24).contains(gap)
    else {
      throw DataError(
        .empty, "images to lay side by side, a column or more and a gap of up to 2^24 pixels were expected")
    }
    let channels = tiles.allSatisfy { $0.channels == first.channels } ? first.channels : 3
    let across = min(columns, tiles.count), rows = (tiles.count + across - 1) / across
    let size = ImageSize(width: across * (width + gap) - gap, height: rows * (height + gap) - gap)
    try size.check()
    var pixels = [UInt8](repeating: background, count: size.width * size.height * channels)
    for (index, tile) in tiles.enumerated() {
      let tile = try tile.converted(toChannels: channels)
      let left = index % columns * (width + gap) + (width - tile.width) / 2
      let top = index / columns * (height + gap) + (height - tile.height) / 2
      let rowBytes = tile.width * channels
      for row in 0..<tile.height {
        let start = ((top + row) * size.width + left) * channels
        pixels.replaceSubrange(
          start..<start + rowBytes, with: tile.pixels[row * rowBytes..<(row + 1) * rowBytes])
      }
    }
    self.init(width: size.width, height: size.height, channels: channels, checked: pixels)
  }
}
