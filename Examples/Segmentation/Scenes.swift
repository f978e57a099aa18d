import Apus
import Foundation

/// Images of things on backgrounds, and masks of where the things are, made from cut-outs with transparent
/// surroundings and from photos; both drawn where there are none.
struct Scenes {
  let things: [Image]
  let backgrounds: [Image]
  let side = 96

  /// Things and backgrounds from folders of images.
  init(things: String, backgrounds: String) throws {
    func images(_ folder: String, channels: Int, where isWanted: (Image) -> Bool) throws -> [Image] {
      let files = try ImageFiles(folder: folder)
      return files.names.compactMap { name in
        guard let image = try? Image(contentsOf: files.path(name)), isWanted(image) else { return nil }
        return try? image.converted(toChannels: channels)
      }
    }
    // A cut-out covers a part of its image that is neither next to nothing nor all.
    self.things = try images(things, channels: 4) { image in
      guard image.channels % 2 == 0, min(image.width, image.height) >= 40 else { return false }
      let alpha = stride(from: image.channels - 1, to: image.pixels.count, by: image.channels)
      let share = Double(alpha.count { image.pixels[$0] > 127 }) / Double(image.width * image.height)
      return (0.2...0.95).contains(share)
    }
    self.backgrounds = try images(backgrounds, channels: 3) { min($0.width, $0.height) >= 120 }
    guard self.things.count > 1, self.backgrounds.count > 1 else {
      throw DataError(
        .empty, "cut-outs in \(things) and photos in \(backgrounds) were expected, two of each or more")
    }
  }

  /// Discs and rings with checks, before waves.
  init() throws {
    things = try (0..<40).map { number in
      var random = PhiloxGenerator(seed: 1, index: number)
      let colour = (0..<3).map { _ in UInt8(random.uniform(below: 200)) }
      let hole = random.uniform() * 0.6
      var pixels: [UInt8] = []
      for place in 0..<64 * 64 {
        let (x, y) = (Float(place % 64) / 32 - 1, Float(place / 64) / 32 - 1)
        let distance = (x * x + y * y).squareRoot()
        let isBright = (place % 64 / 6 + place / 64 / 6) % 2 == 0
        pixels += isBright ? colour.map { $0 + 55 } : colour.map { $0 / 3 }
        pixels.append(distance <= 1 && distance >= hole ? 255 : 0)
      }
      return try Image(width: 64, height: 64, channels: 4, pixels: pixels)
    }
    backgrounds = try (0..<20).map { number in
      try Image(
        width: 128, height: 128, channels: 3,
        pixels: (0..<128 * 128).flatMap { place -> [UInt8] in
          let (x, y) = (Double(place % 128) / 20, Double(place / 128) / 20)
          return (0..<3).map {
            UInt8(128 + 60 * sin(Double(number) + x * Double($0 + 1) + y) + 40 * cos(y - x))
          }
        })
    }
  }

  /// Writes `count` images and their masks with things from one part of all of them, so that test images show things
  /// that no training image shows.
  func write(_ count: Int, things part: Range<Double>, to folder: String, seed: UInt64) throws {
    for name in ["images", "masks"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    // The order must not be that of the folders, which hold things of one kind each.
    var shuffled = PhiloxGenerator(seed: 7)
    let order = shuffled.permutation(things.count)
    let first = Int(Double(things.count) * part.lowerBound),
      last = Int(Double(things.count) * part.upperBound)
    for number in 0..<count {
      var random = PhiloxGenerator(seed: seed, index: number)
      let thing = things[order[first + random.uniform(below: last - first)]]
      let background = backgrounds[random.uniform(below: backgrounds.count)]
      let crop = try RandomResizedCrop(ImageSize(side), area: 0.2...1).framing(
        of: background.size, random: &random)
      var pixels = try background.cropped(to: crop.region).resized(to: crop.size).pixels
      var mask = [UInt8](repeating: 0, count: side * side)

      let longest = Int(Float(side) * (0.4 + 0.5 * random.uniform()))
      var small = try thing.resized(to: thing.size.fitting(into: ImageSize(longest)))
      if random.uniform() < 0.5 { small = small.flippedHorizontally() }
      let left = random.uniform(below: side - small.width + 1),
        top = random.uniform(below: side - small.height + 1)
      for place in 0..<small.width * small.height {
        let target = (top + place / small.width) * side + left + place % small.width
        let alpha = Int(small.pixels[place * 4 + 3])
        for channel in 0..<3 {
          let mixed =
            Int(small.pixels[place * 4 + channel]) * alpha + Int(pixels[target * 3 + channel]) * (255 - alpha)
          pixels[target * 3 + channel] = UInt8(mixed / 255)
        }
        if alpha > 127 { mask[target] = 1 }
      }
      try Image(width: side, height: side, channels: 3, pixels: pixels).writePNG(
        to: "\(folder)/images/\(number).png")
      try Image(width: side, height: side, channels: 1, pixels: mask).writePNG(
        to: "\(folder)/masks/\(number).png")
    }
  }
}
