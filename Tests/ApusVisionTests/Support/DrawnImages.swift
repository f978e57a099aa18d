import ApusData
import ApusIO
import ApusTasks
import Foundation

@testable import ApusVision

/// Writes an image as PNG, with the folders above it.
func writeImage(_ image: Image, to path: String) throws {
  try FileManager.default.createDirectory(
    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
  try image.writePNG(to: path)
}

/// A small image whose pixels depend on all numbers.
func drawnImage(hue: Int, width: Int = 40, height: Int = 40, noise: UInt64 = 0) throws -> Image {
  var random = PhiloxGenerator(seed: noise &+ UInt64(hue) << 32, operation: 0)
  var pixels: [UInt8] = []
  for row in 0..<height {
    for column in 0..<width {
      let grain = Int(random.uniform() * 64)
      pixels += [
        UInt8((row * 3 + hue * 40 + grain) % 256), UInt8((column * 3 + hue * 17 + grain) % 256),
        UInt8((hue * 91 + grain) % 256),
      ]
    }
  }
  return try Image(width: width, height: height, channels: 3, pixels: pixels)
}

/// Writes such an image; returns its path.
@discardableResult
func writeDrawn(to path: String, hue: Int, width: Int = 40, height: Int = 40, noise: UInt64 = 0) throws
  -> String
{
  try writeImage(drawnImage(hue: hue, width: width, height: height, noise: noise), to: path)
  return path
}

/// Writes an image with more or less red and blue in it.
func writeTinted(to path: String, red: Int, blue: Int, seed: UInt64, side: Int = 32) throws {
  var random = PhiloxGenerator(seed: seed)
  let pixels = (0..<side * side).flatMap { _ -> [UInt8] in
    let grain = Int(random.uniform() * 40)
    return [UInt8(red + grain), UInt8(80 + grain), UInt8(blue + grain)]
  }
  try writeImage(Image(width: side, height: side, channels: 3, pixels: pixels), to: path)
}

/// Writes a bright square on a dark ground, and its mask with the given values for ground and square.
func writeSquare(
  _ number: Int, photos: String, masks: String, values: (UInt8, UInt8) = (0, 1), side: Int = 32,
  suffix: String = ""
) throws {
  var random = PhiloxGenerator(seed: UInt64(number))
  let (left, top) = (random.uniform(below: side / 2), random.uniform(below: side / 2))
  var pixels: [UInt8] = [], mask: [UInt8] = []
  for place in 0..<side * side {
    let isIn =
      (left..<left + side / 2).contains(place % side) && (top..<top + side / 2).contains(place / side)
    let grain = UInt8(random.uniform() * 40)
    pixels += isIn ? [200 + grain, 180, 60 + grain] : [30 + grain, 60, 90 + grain]
    mask.append(isIn ? values.1 : values.0)
  }
  try writeImage(Image(width: side, height: side, channels: 3, pixels: pixels), to: "\(photos)/\(number).png")
  try writeImage(
    Image(width: side, height: side, channels: 1, pixels: mask), to: "\(masks)/\(number)\(suffix).png")
}

/// The beginning of a JPEG file, and nothing else.
let damagedJPEG: [UInt8] = [0xff, 0xd8, 0xff, 0xe0, 0, 1]

extension Examples {
  /// Image files with a class for each.
  init(files: [String], classes: [String?]) throws {
    try self.init(
      modality: "image", title: "files", names: files, inputs: [Column("image", .files(files))],
      targets: [Column("class", .categories(classes))])
  }

  /// Image files without targets.
  init(files: [String]) throws {
    try self.init(
      modality: "image", title: "files", names: files, inputs: [Column("image", .files(files))])
  }

  /// The last parts of the names.
  var lastNames: [String] { names.map { ($0 as NSString).lastPathComponent } }

  /// The categories of the only target.
  var categories: [String?] {
    if case .categories(let all)? = targets.first?.values { all } else { [] }
  }
}

/// A network with first weights on images of 32 by 32.
func smallVision(_ classes: Int = 2, seed: UInt64 = 1) throws -> VisionModel {
  let model = try VisionModel(.mobileNet(width: 0.25), classes: classes, inputShape: [32, 32, 3])
  try model.build(inputShape: model.inputShape, seed: seed)
  return model
}

/// A classifier with first weights.
func leNet(
  _ names: [String] = ["déjà vu", "new one"], temperature: Double = 1, crops: [TestTimeCrop] = [.plain]
)
  throws -> NetworkModel
{
  let model = try VisionModel(.leNet5, classes: names.count, inputShape: [32, 32, 3])
  try model.build(inputShape: model.inputShape, seed: 1)
  return try NetworkModel(model, target: Classification(names, temperature: temperature), crops: crops)
}
