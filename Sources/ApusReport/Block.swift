extension Report {
  /// A piece of a section. All texts are plain text: markup in them is shown, never interpreted.
  public enum Block: Sendable {
    /// A heading below the section's.
    case heading(String)
    /// A paragraph of explanation.
    case paragraph(String)
    /// Text in a fixed-width font with its line breaks, such as the summary of a model.
    case preformatted(String)
    /// Charts side by side, each on a card.
    case charts([any Chart])
    /// A table of texts and numbers.
    case table(Table)
    /// Groups of names and values.
    case facts([FactGroup])
    /// Images side by side, each with a title and a caption.
    case gallery(Gallery)
    /// One large image with a title and a caption.
    case image(Image, title: String, caption: String)
    /// A list of sentences.
    case list([String])
    /// A list that the reader opens, with its length beside the title; long ones are cut off.
    case details(title: String, items: [String])
    /// A confusion matrix.
    case confusionMatrix(ConfusionMatrix)

    /// Whether there is nothing to show.
    public var isEmpty: Bool {
      switch self {
      case .heading(let text), .paragraph(let text), .preformatted(let text): text.isEmpty
      case .charts(let charts): charts.isEmpty
      case .table(let table): table.rows.isEmpty
      case .facts(let groups): groups.allSatisfy(\.facts.isEmpty)
      case .gallery(let gallery): gallery.items.isEmpty && gallery.query == nil
      case .image: false
      case .list(let items), .details(_, let items): items.isEmpty
      case .confusionMatrix(let matrix): matrix.classNames.isEmpty
      }
    }
  }
}
