import ApusData
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

  /// The page, with each photo as a thumbnail.
  /// - Parameter side: The thumbnails' longer side in pixels.
  public func html(thumbnailSide side: Int = 160) throws -> String {
    var known: [String: String] = [:]
    func figure(_ path: String, _ caption: String) throws -> String {
      let address: String
      if let there = known[path] {
        address = there
      } else {
        let image = try Image(contentsOf: path, channels: 3)
        let small = try image.resized(to: image.size.fitting(into: ImageSize(side)), interpolation: .bicubic)
        address = HTML.dataAddress(try small.pngBytes(), type: "image/png")
        known[path] = address
      }
      return
        "<figure><img src=\"\(address)\" alt=\"\(HTML.escaped(path))\"><figcaption><b>\(HTML.escaped(caption))</b>"
        + "<span>\(HTML.escaped(path))</span></figcaption></figure>"
    }
    let blocks = try rows.map { row in
      let found = try row.matches.map { try figure($0.name, ReportText.fixed($0.similarity, 3)) }
      return
        "<section>\(try figure(row.query, "asked for"))<div>\n\(found.joined(separator: "\n"))\n</div></section>"
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width,initial-scale=1"><title>\(HTML.escaped(title))</title>
      <style>\(Self.style)</style></head><body>
      <h1>\(HTML.escaped(title))</h1>
      <p>The number is the cosine of the angle between what the network makes of the two photos: 1 is the same.</p>
      \(blocks.joined(separator: "\n"))
      </body></html>
      """
  }

  private static let style = """
    :root{color-scheme:light dark;--line:#ddd}@media(prefers-color-scheme:dark){:root{--line:#444}}
    body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem auto;max-width:72rem;padding:0 1rem}
    section{display:flex;gap:1rem;border-top:1px solid var(--line);padding:1rem 0;align-items:flex-start}
    section>div{display:flex;flex-wrap:wrap;gap:.75rem}figure{margin:0;width:9rem;flex:none}
    img{display:block;max-width:100%;height:auto;border-radius:4px}figcaption{font-size:12px;overflow-wrap:anywhere}
    figcaption span{display:block;opacity:.65}@media(max-width:36rem){section{flex-direction:column}figure{width:7.5rem}}
    """
}
