import ApusData
import ApusGraph
import ApusIO
import Testing

@Suite struct HeatmapTests {
  /// Lightness rises from color to color (relative luminance, ITU-R 709), so that the map can be read in gray.
  @Test func lightnessRises() {
    let map = Colormap.heat
    #expect(map.table.count == 256)
    let light = map.table.map { color in
      0.2126 * Double(color.x) + 0.7152 * Double(color.y) + 0.0722 * Double(color.z)
    }
    #expect(zip(light, light.dropFirst()).allSatisfy { $0 <= $1 + 1.01 })
    #expect(zip(light, light.dropFirst(8)).allSatisfy { $0 < $1 })
    #expect(light[0] < 12 && light[255] > 225)
    #expect(map[.nan] == map.table[0] && map[7] == map.table[255])
  }

  @Test func heatIsWarmInTheMiddle() {
    let middle = Colormap.heat[0.5]
    #expect(Int(middle.x) > Int(middle.z) + 40 && Int(middle.x) > Int(middle.y) + 60)
  }

  @Test func mapsAreSpreadOverImages() throws {
    let map = Literal([0, 0, 0, 1] as [Float], shape: [2, 2])
    let heat = try Image(heatmap: map, size: ImageSize(8))
    #expect(heat.size == ImageSize(8))
    #expect(Array(heat.pixels.suffix(3)) == (0..<3).map { Colormap.heat[1][$0] })
    // The cubic swings a little above nothing in the far corner.
    let cold = Colormap.heat.table.prefix(4).map { color in (0..<3).map { color[$0] } }
    #expect(cold.contains(Array(heat.pixels.prefix(3))))
    #expect(try Image(heatmap: map).size == ImageSize(2))

    let photo = try Image(width: 8, height: 8, channels: 1, pixels: [UInt8](repeating: 100, count: 64))
    let overlay = try photo.overlaid(heatmap: map)
    #expect(overlay.channels == 3)
    let (pale, hot) = (Array(overlay.pixels.prefix(3)), Array(overlay.pixels.suffix(3)))
    #expect(Int(hot[0]) - Int(hot[2]) > 20)
    #expect(abs(Int(pale[0]) - Int(pale[2])) < 20)
    // A map of nothing, or of what is no number, leaves all cold.
    let nothing = try photo.overlaid(heatmap: Literal([0, -3, .nan, 0] as [Float], shape: [2, 2]))
    #expect(Set(stride(from: 0, to: 192, by: 3).map { nothing.pixels[$0] }).count == 1)
    #expect(throws: DataError.self) { try photo.overlaid(heatmap: Literal([1, 2] as [Float], shape: [2])) }
  }

  @Test func tilesStandSideBySide() throws {
    let tiles = try (0..<3).map {
      try Image(width: 2, height: 1, channels: 1, pixels: [UInt8($0), UInt8($0)])
    }
    let image = try Image(tiles: tiles, columns: 2, gap: 1)
    #expect(image.size == ImageSize(width: 5, height: 3))
    #expect(image.pixels == [0, 0, 255, 1, 1, 255, 255, 255, 255, 255, 2, 2, 255, 255, 255])
    #expect(throws: DataError.self) { try Image(tiles: [], columns: 2) }
    // Smaller ones lie in the middle of their cells.
    let mixed = try Image(tiles: [image, tiles[0]], columns: 1, gap: 0)
    #expect(mixed.size == ImageSize(width: 5, height: 6) && mixed.pixels[20..<25] == [255, 0, 0, 255, 255])
  }

  @Test func jpegFilesAreReadAgain() throws {
    let (width, height) = (40, 24)
    let pixels = (0..<width * height).flatMap { index -> [UInt8] in
      [UInt8(index % width * 6), UInt8(index / width * 10), 90]
    }
    let image = try Image(width: width, height: height, channels: 3, pixels: pixels)
    let bytes = try image.jpegBytes(quality: 95)
    let back = try Image(MemorySource(bytes, path: "a.jpg"))
    #expect(back.size == image.size && back.channels == 3)
    let differences = zip(back.pixels, pixels).map { abs(Int($0) - Int($1)) }
    #expect(differences.reduce(0, +) < 4 * pixels.count)
    #expect(try image.jpegBytes(quality: 20).count < bytes.count)
    let gray = try Image(MemorySource(try image.converted(toChannels: 1).jpegBytes(), path: "b.jpg"))
    #expect(gray.channels == 1)
    #expect(
      try Image(MemorySource(try image.converted(toChannels: 4).jpegBytes(), path: "c.jpg")).channels == 3)
    #expect(throws: DataError.self) { try image.jpegBytes(quality: 0) }
  }
}
