import ApusData

/// A way to look at a photo: a part of its frame, mirrored or not. A classifier that is asked about several views of
/// a photo is a little better than with one.
public struct PhotoView: Sendable, Hashable, Codable {
  /// The part's share of the frame's sides, above 0 and up to 1.
  public var share: Double
  /// Where the part lies across: −1 at the left, 0 in the middle, 1 at the right.
  public var across: Double
  /// Where the part lies down: −1 at the top, 0 in the middle, 1 at the bottom.
  public var down: Double
  /// Whether left and right are exchanged.
  public var isMirrored: Bool

  /// A part of the frame.
  public init(share: Double = 1, across: Double = 0, down: Double = 0, isMirrored: Bool = false) {
    self.share = min(max(share, 0.01), 1)
    self.across = min(max(across, -1), 1)
    self.down = min(max(down, -1), 1)
    self.isMirrored = isMirrored
  }

  /// The frame as it is.
  public static let plain = PhotoView()
  /// The frame with left and right exchanged.
  public static let mirrored = PhotoView(isMirrored: true)
  /// The frame and its mirror image.
  public static let both: [PhotoView] = [.plain, .mirrored]
  /// The middle and the four corners of the frame, each with its mirror image: Krizhevsky et al., "ImageNet
  /// classification with deep convolutional neural networks" (2012).
  public static let tenCrops: [PhotoView] = [(0.0, 0.0), (-1, -1), (1, -1), (-1, 1), (1, 1)].flatMap {
    place -> [PhotoView] in
    [false, true].map { PhotoView(share: 0.875, across: place.0, down: place.1, isMirrored: $0) }
  }

  /// Whether the numbers are such as `init` makes; those of a file may be others.
  var isSound: Bool {
    share > 0 && share <= 1 && (-1...1).contains(across) && (-1...1).contains(down)
  }

  /// The part of a region that the view shows.
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
  /// The views of the photo at a path, each in the size of all. Padded photos have no parts: of them the whole is
  /// seen.
  func images(at path: String, views: [PhotoView]) throws -> [Image] {
    var known: [PhotoView: Image] = [:]
    return try views.map { view in
      var upright = view
      upright.isMirrored = false
      let image = try known[upright] ?? self.image(at: path, view: upright)
      known[upright] = image
      return view.isMirrored ? image.flippedHorizontally() : image
    }
  }

  private func image(at path: String, view: PhotoView) throws -> Image {
    if case .pad = fitting { return try image(at: path) }
    return try image(at: path) { whole in
      let frame =
        switch fitting {
        case .crop(let share): ImageRegion(centeredIn: whole, aspectRatioOf: size, share: share)
        case .stretch, .pad: ImageRegion(all: whole)
        }
      return ImageFraming(region: view.region(in: frame), size: size, interpolation: interpolation)
    }
  }
}
