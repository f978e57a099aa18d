import ApusGraph
import ApusTensor

/// A model's predictions, in the order of the samples.
public struct Predictions: Sendable {
  /// The samples' ids, as errors and reports call them.
  public let ids: [Int]
  /// The model's output as it is, `[samples, ...]`.
  public let outputs: Literal
  /// The decoded outputs, `[samples, ...]`: probabilities where the loss takes logits, else the outputs themselves.
  public let decoded: Literal
  /// The names of the classes, if they are known.
  public let classNames: [String]?

  /// Number of samples.
  public var count: Int { ids.count }

  /// The predicted class of each sample: the argmax of the decoded outputs, or of a single output whether it is above
  /// 0.5.
  public var classes: [Int] {
    let numbers = decoded.doubles
    let width = max(1, numbers.count / max(1, count))
    return (0..<count).map { row in
      let part = numbers[row * width..<(row + 1) * width]
      if width == 1 { return part.first.map { $0 > 0.5 ? 1 : 0 } ?? 0 }
      return part.indices.max { part[$0] < part[$1] }.map { $0 - part.startIndex } ?? 0
    }
  }

  /// The predicted class of each pixel, for outputs `[samples, height, width, classes]`.
  /// - Returns: A map `int32` `[height, width]` for each sample.
  /// - Throws: `TrainingError` for outputs of another shape.
  public func labelMaps() throws -> [Literal] {
    guard decoded.shape.rank == 4 else {
      throw TrainingError(
        .data, "outputs [samples, height, width, classes] were expected, \(decoded.shape) came",
        advice: "Only models that predict each pixel, for segmentation, have label maps.")
    }
    let labels = try Tensor(decoded).argmax(axis: -1).cast(to: .int32).literal().scalars(as: Int32.self)
    let size = decoded.shape[1] * decoded.shape[2]
    return (0..<count).map {
      Literal(Array(labels[$0 * size..<($0 + 1) * size]), shape: [decoded.shape[1], decoded.shape[2]])
    }
  }

  /// The decoded outputs of one sample; empty for an index out of range.
  public subscript(index: Int) -> [Double] {
    let width = max(1, decoded.shape.elementCount / max(1, count))
    guard index >= 0, index < count else { return [] }
    return Array(decoded.doubles[index * width..<(index + 1) * width])
  }
}
