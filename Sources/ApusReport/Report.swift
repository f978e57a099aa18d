import ApusIO

/// A page about data, a model or a training run: a title, the numbers that matter most, and sections of blocks.
///
/// ```swift
/// var report = Report(title: "Cats and dogs", lead: "ResNet-50, fine-tuned on 2,000 images.")
/// report.figures = [.init("99.5 %", "test accuracy")]
/// report.sections = [.init(id: "curves", title: "Learning curves", blocks: [.charts([loss, accuracy])])]
/// try report.write(to: "report.html")
/// ```
///
/// The page is one file of HTML with images and charts inside: no scripts, nothing loaded from the network. It follows
/// the reader's light or dark scheme, fits a phone and prints.
public struct Report: Sendable {
  /// A number in large type.
  public struct Figure: Sendable, Equatable, Codable {
    /// The number with its unit.
    public var value: String
    /// What it measures.
    public var meaning: String

    /// A number and what it measures.
    ///
    /// - Parameters:
    ///   - value: The number with its unit, such as `95.2 %`.
    ///   - meaning: What it measures, such as `test accuracy`.
    public init(_ value: String, _ meaning: String) {
      self.value = value
      self.meaning = meaning
    }
  }

  /// The heading of the page and its name in the browser.
  public var title: String
  /// A paragraph under the title.
  public var lead: String
  /// The most important numbers, three to five.
  public var figures: [Figure]
  /// The sections in reading order. Those without any content are left out.
  public var sections: [Section]
  /// Small print at the end of the page.
  public var footer: String

  /// The footer of pages that say nothing else there.
  public static let standardFooter =
    "Written by Apus. This page is a single file and loads nothing from the network."

  /// A page.
  ///
  /// - Parameters:
  ///   - title: The heading of the page and its name in the browser.
  ///   - lead: A paragraph under the title.
  ///   - figures: The most important numbers, three to five.
  ///   - sections: The sections in reading order.
  ///   - footer: Small print at the end of the page.
  public init(
    title: String, lead: String = "", figures: [Figure] = [], sections: [Section] = [],
    footer: String = Report.standardFooter
  ) {
    self.title = title
    self.lead = lead
    self.figures = figures
    self.sections = sections
    self.footer = footer
  }

  /// The page as HTML.
  public func html() -> String { Page(report: self).html() }

  /// Writes the page; the file appears complete or not at all.
  ///
  /// - Parameter path: Where to; a file there is replaced.
  /// - Throws: `FileError` if the file cannot be written.
  public func write(to path: String) throws { try AtomicFile.write(html(), to: path) }
}

extension Report {
  /// A part of a page with a heading and a place in the table of contents.
  public struct Section: Sendable {
    /// The name by which links find the section, such as `mistakes`; made unique and safe for links in the page.
    public var id: String
    /// The heading.
    public var title: String
    /// How to read what follows; may be empty.
    public var note: String
    /// The content.
    public var blocks: [Block]
    /// The chapter that it belongs to; empty for none. A heading stands before the first section of each.
    public var chapter: String

    /// A section.
    ///
    /// - Parameters:
    ///   - id: The name by which links find the section.
    ///   - title: The heading.
    ///   - note: How to read what follows.
    ///   - blocks: The content.
    ///   - chapter: The chapter that it belongs to; none if empty.
    public init(id: String, title: String, note: String = "", blocks: [Block] = [], chapter: String = "") {
      self.id = id
      self.title = title
      self.note = note
      self.blocks = blocks
      self.chapter = chapter
    }

    /// Whether there is nothing to show under the heading.
    public var isEmpty: Bool { note.isEmpty && blocks.allSatisfy(\.isEmpty) }
  }
}
