extension Report {
  /// An encoded image, put into the page as it is.
  public struct Image: Sendable, Equatable {
    /// The file's content.
    public var bytes: [UInt8]
    /// The media type, such as `image/png`.
    public var type: String
    /// Width in pixels.
    public var width: Int
    /// Height in pixels.
    public var height: Int
    /// Whether pixels stay sharp squares when the image is enlarged: right for tiny images and for maps of numbers.
    public var isPixelated: Bool

    /// Images with a side shorter than this stay sharp when enlarged, unless told otherwise.
    private static let tinySide = 100

    /// An encoded image.
    ///
    /// - Parameters:
    ///   - bytes: The file's content.
    ///   - type: The media type, such as `image/png`.
    ///   - width: Width in pixels.
    ///   - height: Height in pixels.
    ///   - isPixelated: Whether pixels stay sharp squares when enlarged; for images with a side below 100 pixels if nil.
    public init(bytes: [UInt8], type: String, width: Int, height: Int, isPixelated: Bool? = nil) {
      self.bytes = bytes
      self.type = type
      self.width = width
      self.height = height
      self.isPixelated = isPixelated ?? (min(width, height) < Self.tinySide)
    }
  }
}
