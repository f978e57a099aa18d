/// A drawing as SVG.
public protocol Chart: Sendable {
  /// A whole `<svg>` element that needs nothing from outside: it goes into a page or stands by itself.
  func svg() -> String
}

/// A drawing that is SVG already.
public struct SVGDrawing: Chart {
  /// A whole `<svg>` element.
  public var source: String

  /// A drawing that is SVG already.
  ///
  /// - Parameter source: A whole `<svg>` element. It goes into pages as it is: texts in it have to be escaped.
  public init(_ source: String) { self.source = source }

  /// The element.
  public func svg() -> String { source }
}
