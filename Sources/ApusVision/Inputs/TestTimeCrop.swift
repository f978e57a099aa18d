import ApusData

/// A crop of an image for test-time augmentation: a part of its frame, flipped or not. The mean of the outputs for several
/// crops is a little better than the output for one.
public struct TestTimeCrop: Sendable, Hashable, Codable {
  /// The part's share of the frame's sides, above 0 and up to 1.
  public var share: Double
  /// Where the part lies across: −1 at the left, 0 in the middle, 1 at the right.
  public var across: Double
  /// Where the part lies down: −1 at the top, 0 in the middle, 1 at the bottom.
  public var down: Double
  /// Whether it is flipped horizontally.
  public var isFlipped: Bool

  /// A part of the frame.
  public init(share: Double = 1, across: Double = 0, down: Double = 0, isFlipped: Bool = false) {
    self.share = min(max(share, 0.01), 1)
    self.across = min(max(across, -1), 1)
    self.down = min(max(down, -1), 1)
    self.isFlipped = isFlipped
  }

  /// The frame as it is.
  public static let plain = TestTimeCrop()
  /// The frame flipped horizontally.
  public static let flipped = TestTimeCrop(isFlipped: true)
  /// The frame and its horizontal flip.
  public static let both: [TestTimeCrop] = [.plain, .flipped]
  /// The middle and the four corners of the frame, each with its horizontal flip: Krizhevsky et al., "ImageNet
  /// classification with deep convolutional neural networks" (2012).
  public static let tenCrops: [TestTimeCrop] = [(0.0, 0.0), (-1, -1), (1, -1), (-1, 1), (1, 1)].flatMap {
    place -> [TestTimeCrop] in
    [false, true].map { TestTimeCrop(share: 0.875, across: place.0, down: place.1, isFlipped: $0) }
  }

  /// Whether the numbers are such as `init` makes; those of a file may be others.
  var isSound: Bool {
    share > 0 && share <= 1 && (-1...1).contains(across) && (-1...1).contains(down)
  }

  /// The part of a region that the crop shows.
  func region(in frame: ImageRegion) -> ImageRegion {
    let width = max(1, Int((Double(frame.size.width) * share).rounded()))
    let height = max(1, Int((Double(frame.size.height) * share).rounded()))
    func place(_ room: Int, _ position: Double) -> Int {
      Int((Double(room) * (position + 1) / 2).rounded(.down))
    }
    return ImageRegion(
      left: frame.left + place(frame.size.width - width, across),
      top: frame.top + place(frame.size.height - height, down), width: width, height: height)
  }
}

extension ImageLoading {
  /// Crops of the image at a path, each in the size of all. Padded images have no parts: of them the whole is
  /// taken.
  func images(at path: String, crops: [TestTimeCrop]) throws -> [Image] {
    var known: [TestTimeCrop: Image] = [:]
    return try crops.map { crop in
      var upright = crop
      upright.isFlipped = false
      let image = try known[upright] ?? self.image(at: path, crop: upright)
      known[upright] = image
      return crop.isFlipped ? image.flippedHorizontally() : image
    }
  }

  private func image(at path: String, crop: TestTimeCrop) throws -> Image {
    if case .pad = fitting { return try image(at: path) }
    return try image(at: path) { whole in
      let frame =
        switch fitting {
        case .crop(let share): ImageRegion(centeredIn: whole, aspectRatioOf: size, share: share)
        case .stretch, .pad: ImageRegion(all: whole)
        }
      return ImageFraming(region: crop.region(in: frame), size: size, interpolation: interpolation)
    }
  }
}
