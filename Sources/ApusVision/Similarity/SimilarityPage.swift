import ApusData
import ApusReport
import ApusTrain

/// A page that shows photos beside those that look most like them: self-contained, without scripts.
public struct SimilarityPage: Sendable {
  /// A photo and what was found for it.
  public struct Row: Sendable {
    /// The photo that was searched for.
    public let query: String
    /// What was found, the most similar first.
    public let matches: [SimilarityIndex.Match]

    /// A photo and what was found for it.
    public init(query: String, matches: [SimilarityIndex.Match]) {
      self.query = query
      self.matches = matches
    }
  }

  /// The heading.
  public let title: String
  /// The rows of the page.
  public let rows: [Row]

  /// A page about some searches.
  public init(title: String, rows: [Row]) {
    self.title = title
    self.rows = rows
  }

  /// The page as HTML, with each image as a thumbnail.
  /// - Parameter side: The thumbnails' longer side in pixels.
  /// - Throws: `FileError` for images that cannot be read.
  /// - Returns: The page.
  public func html(thumbnailSide side: Int = 160) throws -> String {
    try page(thumbnailSide: side).html()
  }

  /// The page, with each image as a thumbnail.
  /// - Parameter side: The thumbnails' longer side in pixels.
  /// - Throws: `FileError` for images that cannot be read.
  /// - Returns: The page.
  public func page(thumbnailSide side: Int = 160) throws -> Report {
    var known: [String: Report.Image] = [:]
    func item(_ path: String, _ title: String) throws -> Report.Gallery.Item {
      let small: Report.Image
      if let there = known[path] {
        small = there
      } else {
        let image = try Image(contentsOf: path, channels: 3)
        small = try image.resized(to: image.size.fitting(into: ImageSize(side)), interpolation: .bicubic)
          .reportImage(isPixelated: false)
        known[path] = small
      }
      return .init([small], alt: path, title: title, caption: path)
    }
    let galleries = try rows.map { row in
      Report.Gallery(
        try row.matches.map { try item($0.name, Format.fixed($0.similarity, 3)) }, layout: .thumbnails,
        query: try item(row.query, "query"))
    }
    return Report(
      title: title,
      sections: [
        .init(
          id: "matches", title: "Most similar images",
          note: "The number is the cosine similarity of the embeddings: 1 is the same image.",
          blocks: galleries.map { .gallery($0) })
      ])
  }
}
