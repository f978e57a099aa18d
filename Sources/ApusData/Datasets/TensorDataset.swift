import ApusGraph
import ApusTensor

extension ArrayDataset {
  /// Samples from the rows of tensors, which are computed now.
  /// - Parameters:
  ///   - features: The input, `[count, ...]`.
  ///   - targets: The targets, `[count, ...]`: classes are `[count]` of an integer type.
  ///   - classNames: The names of the classes, when `targets` are classes.
  /// - Throws: `GraphError` where a tensor cannot be computed, `DataError` for rows and classes that do not
  ///   fit together.
  public init(_ features: Tensor, targets: Tensor? = nil, classNames: [String]? = nil) throws {
    try evaluate([features] + (targets.map { [$0] } ?? []))
    try self.init(features.literal(), targets: targets?.literal(), classNames: classNames)
  }
}

extension Image {
  /// The image as numbers in 0...1: `float32` `[height, width, channels]`.
  public func tensor() -> Tensor { Tensor(literal()) }
}
