import ApusData
import ApusTasks
import Foundation

/// The classes of masks, and how masks tell them.
public struct MaskClasses: Sendable, Codable, Equatable {
  /// The names, in the order of the labels.
  public var names: [String]
  /// How a mask says which class a pixel is of.
  public var reading: MaskReading
  /// The label of pixels whose class is not known; nil where there are none.
  public var ignoredLabel: Int?

  /// Classes, and how masks tell them.
  public init(names: [String], reading: MaskReading = .values, ignoredLabel: Int? = nil) {
    (self.names, self.reading, self.ignoredLabel) = (names, reading, ignoredLabel)
  }

  /// Where examples carry them.
  private static let attribute = "mask-classes"

  /// The classes that the source of some examples found; nil for examples without masks.
  public init?(of examples: Examples) {
    guard let text = examples.attributes[Self.attribute],
      let found = try? JSONDecoder().decode(MaskClasses.self, from: Data(text.utf8))
    else { return nil }
    self = found
  }

  /// Has examples carry the classes.
  public func attach(to examples: inout Examples) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    examples.attributes[Self.attribute] = String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// The labels in a mask, one byte a pixel; those that are no class stand for pixels whose class is not known.
  /// - Throws: `FileError` for masks that cannot be read or have labels that are none of the classes.
  public func labels(at path: String) throws -> Image {
    try SegmentationDataset(
      paths: [path], maskPaths: [path], classNames: names, loading: ImageLoading(ImageSize(1)),
      reading: reading,
      ignoredLabel: ignoredLabel
    ).labels(at: path)
  }
}
