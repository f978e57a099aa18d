import Foundation

/// A perceptually uniform colormap: colors for numbers from 0 to 1.
public struct Colormap: Sendable {
  /// 256 colors: red, green, blue.
  public let table: [SIMD3<UInt8>]

  /// From black over violet, red and orange to pale yellow. Lightness only rises, so that it can be read in gray and
  /// with any color vision.
  ///
  /// A curve through Oklab (Ottosson, "A perceptual color space for image processing", 2020), walked at constant speed.
  public static let heat = Colormap { share in
    let angle = (285 + 180 * share) * Double.pi / 180
    let chroma = 0.2 * sin(Double.pi * (0.06 + 0.86 * share)).squareRoot()
    return (lightness: 0.1 + 0.86 * share, a: chroma * cos(angle), b: chroma * sin(angle))
  }

  /// The colors of a curve in Oklab, whose chroma is taken back where no screen shows it.
  init(_ curve: (Double) -> (lightness: Double, a: Double, b: Double)) {
    let fineCount = 2048
    let points = (0..<fineCount).map { index in
      let point = curve(Double(index) / Double(fineCount - 1))
      return Self.displayable(SIMD3(point.lightness, point.a, point.b))
    }
    var lengths = [0.0]
    for (from, to) in zip(points, points.dropFirst()) {
      let step = to - from
      lengths.append(lengths[lengths.count - 1] + (step * step).sum().squareRoot())
    }
    let total = lengths[fineCount - 1]
    var place = 0
    table = (0..<256).map { index in
      while place + 1 < fineCount, lengths[place] < total * Double(index) / 255 { place += 1 }
      let color = Self.screen(points[place])
      return SIMD3((0..<3).map { UInt8((min(max(color[$0], 0), 1) * 255).rounded()) })
    }
  }

  /// The color of a number; what lies outside of 0...1 gets the nearest end's, what is no number the first.
  public subscript(share: Double) -> SIMD3<UInt8> {
    table[share.isNaN ? 0 : Int((min(max(share, 0), 1) * 255).rounded())]
  }

  /// The color with as much of its chroma as fits into what screens show.
  private static func displayable(_ color: SIMD3<Double>) -> SIMD3<Double> {
    var (low, high) = (0.0, 1.0)
    func scaled(_ share: Double) -> SIMD3<Double> { SIMD3(color.x, color.y * share, color.z * share) }
    func fits(_ share: Double) -> Bool {
      let shown = screen(scaled(share))
      return shown.min() >= -1e-6 && shown.max() <= 1 + 1e-6
    }
    if fits(1) { return color }
    for _ in 0..<40 {
      let middle = (low + high) / 2
      if fits(middle) { low = middle } else { high = middle }
    }
    return scaled(low)
  }

  /// Oklab → sRGB in 0...1.
  private static func screen(_ color: SIMD3<Double>) -> SIMD3<Double> {
    let roots = SIMD3(
      color.x + 0.3963377774 * color.y + 0.2158037573 * color.z,
      color.x - 0.1055613458 * color.y - 0.0638541728 * color.z,
      color.x - 0.0894841775 * color.y - 1.2914855480 * color.z)
    let cones = roots * roots * roots
    let linear = SIMD3(
      4.0767416621 * cones.x - 3.3077115913 * cones.y + 0.2309699292 * cones.z,
      -1.2684380046 * cones.x + 2.6097574011 * cones.y - 0.3413193965 * cones.z,
      -0.0041960863 * cones.x - 0.7034186147 * cones.y + 1.7076147010 * cones.z)
    return SIMD3(
      (0..<3).map { index in
        let value = linear[index]
        return value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
      })
  }
}
