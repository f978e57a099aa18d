import ApusData
import ApusGraph
import ApusIO
import ApusNN
import ApusTensor

/// A network that paints any photo in the one style that it has learned, in one pass. Johnson et al., "Perceptual losses
/// for real-time style transfer and super-resolution" (2016), with instance normalization.
///
/// ```swift
/// let network = StyleNetwork()
/// let learner = try network.learner(style: painting, size: ImageSize(128))
/// _ = try await learner.fit(
///   StyleNetwork.photos(in: "photos", size: 128), epochs: 2, batchSize: 4,
///   augmentations: StyleNetwork.augmentations(size: 128))
/// let painted = try network.image(of: photo)
/// ```
public struct StyleNetwork: Layer {
  /// Filters of the first convolution; 32 as published.
  public let width: Int
  private let stem: [PaddedConvolution]
  private let residuals: [ResidualPainting]
  private let rise: [PaddedConvolution]
  private let last: PaddedConvolution

  /// A network with first values at random.
  public init(width: Int = 32) {
    self.width = max(1, width)
    stem = [
      PaddedConvolution(self.width, kernel: 9), PaddedConvolution(self.width * 2, kernel: 3, stride: 2),
      PaddedConvolution(self.width * 4, kernel: 3, stride: 2),
    ]
    residuals = (0..<5).map { [width = self.width] _ in ResidualPainting(filters: width * 4) }
    // Doubling before a convolution leaves no checks, as transposed convolutions do.
    rise = [
      PaddedConvolution(self.width * 2, kernel: 3, isDoubled: true),
      PaddedConvolution(self.width, kernel: 3, isDoubled: true),
    ]
    last = PaddedConvolution(3, kernel: 9, isNormalized: false)
  }

  /// `[batch, height, width, 3]` in 0...1 → the same shape; the sides must be multiples of 4, from 16 on.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var result = (x - 0.5) * 4
    for layer in stem { result = relu(layer(result)) }
    for layer in residuals { result = layer(result) }
    for layer in rise { result = relu(layer(result)) }
    return sigmoid(last(result))
  }

  /// An image in the style.
  /// - Parameters:
  ///   - image: The image.
  ///   - longestSide: The longer side of the result in pixels; that of the image when nil.
  /// - Throws: `DataError` for images that are too small.
  /// - Returns: The image in the style.
  public func image(of image: Image, longestSide: Int? = nil) throws -> Image {
    let image = try image.converted(toChannels: 3)
    let wanted =
      try longestSide.map { side -> ImageSize in
        let size = ImageSize(side)
        guard side >= 16, side <= 1 << 14 else {
          throw DataError(.setting, "a side of at least 16 pixels was expected, \(side) came")
        }
        return image.size.fitting(into: size)
      } ?? image.size
    func multiple(_ side: Int) -> Int { max(16, (side + 2) / 4 * 4) }
    let inner = ImageSize(width: multiple(wanted.width), height: multiple(wanted.height))
    let start = try image.resized(to: inner, interpolation: .bicubic)
    let painted = try callAsFunction(Tensor(start.batch)).literal().scalars(as: Float.self)
    return try Image(literal: painted, like: start).resized(to: wanted, interpolation: .bicubic)
  }

  // MARK: - Files

  private static let format = "apus.style"

  /// Writes the weights as a safetensors file.
  public func save(to path: String) throws {
    try Safetensors.write(
      namedLiterals(), metadata: ["format": Self.format, "width": String(width)], to: path)
  }

  /// Reads what `save` wrote.
  public static func load(from path: String) throws -> StyleNetwork {
    let file = try Safetensors(path: path)
    guard file.metadata["format"] == format, let width = file.metadata["width"].flatMap(Int.init),
      (1...1024).contains(width)
    else {
      throw FileError(
        path: path, reason: .corrupt, problem: "it is no network that paints in a style",
        advice: "Pass a file that StyleNetwork's `save` wrote.")
    }
    let network = StyleNetwork(width: width)
    // Shapes first: a few bytes can claim a width that takes gigabytes.
    try network.plan(inputShape: [16, 16, 3])
    for (name, parameter) in try network.parameters() {
      guard let entry = file.entry(named: name), entry.shape == parameter.shape else {
        throw FileError(
          path: path, reason: .corrupt, problem: "its weights are not those of a network of width \(width)",
          advice: "Train the network again.")
      }
    }
    try network.load(named: file.literals())
    return network
  }
}

/// A convolution with mirrored edges, so that frames do not show, and instance normalization.
private struct PaddedConvolution: Layer {
  let convolution: Conv2D
  let norm: InstanceNorm?
  let doubling: UpSampling2D?
  let border: Int

  init(_ filters: Int, kernel: Int, stride: Int = 1, isDoubled: Bool = false, isNormalized: Bool = true) {
    convolution = Conv2D(
      filters, kernel: SpatialSize(kernel), stride: SpatialSize(stride), useBias: !isNormalized,
      kernelInitializer: .heNormal)
    norm = isNormalized ? InstanceNorm() : nil
    doubling = isDoubled ? UpSampling2D(2) : nil
    border = kernel / 2
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let large = doubling.map { $0(x) } ?? x
    let padded = large.padded(
      [(0, 0), (border, border), (border, border), (0, 0)], mode: .reflect)
    let result = convolution(padded)
    return norm.map { $0(result) } ?? result
  }
}

/// Two convolutions beside the way past them.
private struct ResidualPainting: Layer {
  let first: PaddedConvolution
  let second: PaddedConvolution

  init(filters: Int) {
    first = PaddedConvolution(filters, kernel: 3)
    second = PaddedConvolution(filters, kernel: 3)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { x + second(relu(first(x))) }
}
