import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Fails unless a text is well-formed XML.
func expectWellFormed(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let parser = XMLParser(data: Data(text.utf8))
  #expect(parser.parse(), "\(String(describing: parser.parserError))", sourceLocation: sourceLocation)
}
