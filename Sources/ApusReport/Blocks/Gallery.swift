extension Report {
  /// Images side by side, each with words below it.
  public struct Gallery: Sendable {
    /// How the images of an item are laid out.
    public enum Layout: String, Sendable, CaseIterable {
      /// One image an item.
      case single
      /// Two images side by side an item, such as an image and its heat map.
      case pairs
      /// Three images side by side an item, such as an image, its true mask and the predicted one.
      case triples
      /// Small images in a row that wraps.
      case thumbnails
    }

    /// Whether a prediction is right.
    public enum Mark: String, Sendable {
      /// The prediction is right.
      case right
      /// The prediction is wrong.
      case wrong
    }

    /// Images with words below them.
    public struct Item: Sendable {
      /// One to three images; none for samples that cannot be shown.
      public var images: [Image]
      /// What the images show, for those who do not see them.
      public var alt: String
      /// In bold, such as the prediction.
      public var title: String
      /// Below the title, such as a file name.
      public var caption: String
      /// Whether the prediction is right; nil where nothing is predicted.
      public var mark: Mark?

      /// Images with words below them.
      ///
      /// - Parameters:
      ///   - images: One to three images.
      ///   - alt: What the images show, for those who do not see them.
      ///   - title: In bold, such as the prediction.
      ///   - caption: Below the title, such as a file name.
      ///   - mark: Whether the prediction is right; nil where nothing is predicted.
      public init(_ images: [Image], alt: String, title: String, caption: String = "", mark: Mark? = nil) {
        self.images = images
        self.alt = alt
        self.title = title
        self.caption = caption
        self.mark = mark
      }
    }

    /// The items in reading order.
    public var items: [Item]
    /// How their images are laid out.
    public var layout: Layout
    /// An item to the left of all others, such as the image that was searched for; nil for none.
    public var query: Item?

    /// Images side by side.
    ///
    /// - Parameters:
    ///   - items: The items in reading order.
    ///   - layout: How their images are laid out.
    ///   - query: An item to the left of all others.
    public init(_ items: [Item], layout: Layout = .single, query: Item? = nil) {
      self.items = items
      self.layout = layout
      self.query = query
    }
  }
}
