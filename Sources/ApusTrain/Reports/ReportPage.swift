import Foundation

/// The frame of a page that is one file: it asks for nothing from outside, follows the reader's choice of a light or dark
/// screen, and fits a phone.
package enum ReportPage {
  /// A page.
  /// - Parameters:
  ///   - title: What the browser shows as its name.
  ///   - body: What is on it, as HTML.
  ///   - style: Rules beside those of all reports.
  package static func html(title: String, body: String, style: String = "") -> String {
    // The empty icon keeps browsers from asking for one.
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="data:,">
    <title>\(HTML.escaped(title))</title>
    <style>
    \(ReportStyle.css)\(style)
    </style>
    </head>
    <body>
    <main>
    \(body)
    </main>
    </body>
    </html>

    """
  }
}

/// Numbers as reports write them.
package enum ReportText {
  /// With so many digits after the point.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  /// With four digits that count.
  package static func compact(_ value: Double) -> String { String(format: "%.4g", value) }

  /// A share as per cent; with a narrow blank before the sign for reading, without for style sheets.
  package static func percent(_ share: Double, digits: Int = 1, spaced: Bool = true) -> String {
    share.isFinite ? fixed(share * 100, digits) + (spaced ? "\u{202f}%" : "%") : "–"
  }
}
