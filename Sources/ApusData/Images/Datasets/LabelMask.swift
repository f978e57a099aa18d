import ApusIO

/// How the pixels of an image say which class each of them is of.
public enum MaskReading: Sendable, Hashable, Codable {
  /// The number in the file is the class: gray values, or the places in a PNG's palette.
  case values
  /// The class is the place of the pixel's color, red, green and blue, in this list.
  case colors([[UInt8]])
  /// 1 where the image is brighter than this, or, where it has an alpha channel, more opaque; 0 elsewhere.
  case threshold(UInt8)

  /// Files hold the names that cases had when the format was fixed.
  enum CodingKeys: String, CodingKey {
    case values, threshold
    case colors = "colours"
  }

  /// The labels in the image at `path`, as an image of one channel.
  func labels(at path: String, pixelLimit: Int) throws -> Image {
    let file = try EncodedImage(contentsOf: path, pixelLimit: pixelLimit)
    switch self {
    case .threshold(let limit):
      let image = try file.maskImage()
      let measured =
        image.channels % 2 == 0 ? image.channel(image.channels - 1) : try image.converted(toChannels: 1)
      return measured.mapped { $0 > limit ? 1 : 0 }
    case .colors(let colors):
      return try file.maskImage().places(ofColorsIn: colors, path: path)
    case .values:
      guard let image = try file.numbers() else {
        throw FileError(
          path: path, reason: .unsupported,
          problem:
            "a mask of numbers up to 255 was expected, this one's go up to \(file.header.greatestValue)",
          advice: "Write the classes, counted from 0, as a PNG file.")
      }
      guard image.isGrayscale else {
        throw FileError(
          path: path, reason: .unsupported,
          problem: "a mask of gray values or with a palette was expected, its pixels have colors",
          advice: "Say which class each color is, with `.colors`.")
      }
      return image.channel(0)
    }
  }
}

extension Image {
  /// One channel as a gray image.
  fileprivate func channel(_ index: Int) -> Image {
    guard channels > 1 else { return self }
    let values = stride(from: index, to: pixels.count, by: channels).map { pixels[$0] }
    return Image(width: width, height: height, channels: 1, checked: values)
  }

  fileprivate func mapped(_ change: (UInt8) -> UInt8) -> Image {
    Image(width: width, height: height, channels: channels, checked: pixels.map(change))
  }

  /// For each pixel the first place of its color in a list.
  fileprivate func places(ofColorsIn colors: [[UInt8]], path: String) throws -> Image {
    guard colors.count <= 256, colors.allSatisfy({ $0.count == 3 }) else {
      throw DataError(.setting, "up to 256 colors of red, green and blue were expected, \(colors) came")
    }
    var places: [Int: UInt8] = [:]
    func key(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
      Int(red) << 16 | Int(green) << 8 | Int(blue)
    }
    for (place, color) in colors.enumerated().reversed() {
      places[key(color[0], color[1], color[2])] = UInt8(place)
    }
    var labels: [UInt8] = []
    labels.reserveCapacity(width * height)
    // Neighbors mostly share their color.
    var (last, label) = (-1, UInt8(0))
    // Of transparent pixels, too, the color counts.
    let (green, blue) = channels > 2 ? (1, 2) : (0, 0)
    for start in stride(from: 0, to: pixels.count, by: channels) {
      let color = key(pixels[start], pixels[start + green], pixels[start + blue])
      if color != last {
        guard let place = places[color] else {
          let (row, column) = (start / channels / width, start / channels % width)
          throw FileError(
            path: path, reason: .corrupt,
            problem: "the pixel in row \(row), column \(column) has a color that is none of the classes'",
            advice: "Name all colors; masks saved as JPEG have blurred ones.")
        }
        (last, label) = (color, place)
      }
      labels.append(label)
    }
    return Image(width: width, height: height, channels: 1, checked: labels)
  }
}
