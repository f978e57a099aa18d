import Foundation

/// Text that is put into pages and drawings.
package enum HTML {
  /// The text with the five characters that mean something in HTML and SVG replaced by their references, and control
  /// characters, which neither allows, by U+FFFD.
  package static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\0"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{fffe}", "\u{ffff}": result += "\u{fffd}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Escaped text for reading: percent signs stay on the line of their number, after a narrow space.
  package static func text(_ text: String) -> String {
    escaped(text).replacing(/([0-9]) %/) { "\($0.output.1)\u{202f}%" }
  }

  /// Bytes as a `data:` address, so that a page needs no other file.
  ///
  /// - Parameters:
  ///   - bytes: The content.
  ///   - type: The media type, such as `image/png`.
  /// - Returns: The address.
  package static func dataAddress(_ bytes: [UInt8], type: String) -> String {
    "data:\(escaped(type));base64,\(Data(bytes).base64EncodedString())"
  }
}
