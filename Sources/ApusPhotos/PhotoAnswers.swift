import ApusGraph
import ApusTrain
import Foundation

/// What a classifier says of photos, beside what they show where that is known.
public struct PhotoAnswers: Sendable {
  /// The photos' files, without those that could not be read.
  public let files: [String]
  /// What the photos show, by number of class, in the order of the files; nil where that is not known.
  public let labels: [Int]?
  /// The names of the classes.
  public let classNames: [String]
  /// The network's outputs, one row of as many numbers as classes for each file; of several views their mean.
  public let logits: [[Double]]
  /// What logits are divided by before they become probabilities.
  public var temperature: Double
  /// Files that could not be read, and why.
  public let skipped: [(path: String, problem: String)]

  /// Answers from their parts; rows of logits and labels belong to the files in their order.
  public init(
    files: [String], labels: [Int]?, classNames: [String], logits: [[Double]], temperature: Double = 1,
    skipped: [(path: String, problem: String)] = []
  ) {
    self.files = files
    self.labels = labels
    self.classNames = classNames
    self.logits = logits
    self.temperature = temperature
    self.skipped = skipped
  }

  /// Number of photos.
  public var count: Int { files.count }

  /// The logits as one table, `[photos, classes]`.
  public var logitRows: Literal {
    Literal(logits.joined().map { Float($0) }, shape: [count, classNames.count])
  }

  /// The probabilities of one photo's classes; their sum is 1.
  public func probabilities(_ index: Int) -> [Double] { softmax(logits[index].map { $0 / temperature }) }

  /// The probabilities of all photos' classes.
  public var probabilities: [[Double]] { files.indices.map(probabilities) }

  /// The most likely class of one photo; of equals the first.
  public func prediction(_ index: Int) -> Int {
    let row = logits[index]
    return row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
  }

  /// The most likely class of each photo.
  public var predictions: [Int] { files.indices.map(prediction) }

  /// The share of photos whose class was found, 0...1; nil where the classes are not known or there are no photos.
  public var accuracy: Double? {
    guard let labels, !labels.isEmpty else { return nil }
    return Double(zip(labels, predictions).count { $0 == $1 }) / Double(labels.count)
  }

  /// Minus the logarithm of the probability given to the right class, for each photo; nil where the classes are not
  /// known, or a label is none of them.
  public var losses: [Double]? {
    guard let labels, labels.count == count, labels.allSatisfy(classNames.indices.contains) else {
      return nil
    }
    return files.indices.map { index in
      let scaled = logits[index].map { $0 / temperature }
      let largest = scaled.max() ?? 0
      return log(scaled.reduce(0) { $0 + exp($1 - largest) }) + largest - scaled[labels[index]]
    }
  }

  /// The mean of `losses`; nil where the classes are not known or there are no photos.
  public var loss: Double? {
    guard let losses, !losses.isEmpty else { return nil }
    return losses.reduce(0, +) / Double(losses.count)
  }
}
