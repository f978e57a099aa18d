// Scores of a class for each pixel, from the counts of all pixels of all batches.
extension Metric {
  /// The mean over classes of intersection over union: pixels that are of a class and taken for it, over those that
  /// are either (Jaccard). Classes that are nowhere, neither in truth nor in prediction, are left out; the table has
  /// each class's score, NaN for those.
  public static let meanIntersectionOverUnion = overlap("meanIoU") { hits, predicted, actual in
    (hits, predicted + actual - hits)
  }

  /// The mean over classes of the Dice score, twice the intersection over the sum of both areas: the F1 of pixels.
  /// Classes that are nowhere are left out; the table has each class's score.
  public static let diceScore = overlap("dice") { hits, predicted, actual in
    (2 * hits, predicted + actual)
  }

  /// Intersection over union of one class; NaN where it is in neither truth nor prediction.
  /// - Parameter label: The class's index, below the number of classes.
  /// - Returns: A metric in 0…1.
  public static func intersectionOverUnion(class label: Int) -> Metric {
    fromConfusion(
      "iou\(label)",
      check: { 0..<$0 ~= label ? nil : "there is no class \(label) among \($0)" }
    ) { matrix in
      let hits = matrix[label][label]
      let union = matrix[label].reduce(0, +) + matrix.reduce(0) { $0 + $1[label] } - hits
      return MetricValue(union == 0 ? .nan : hits / union)
    }
  }

  private static func overlap(
    _ name: String,
    _ score: @escaping @Sendable (_ hits: Double, _ predicted: Double, _ actual: Double) -> (Double, Double)
  ) -> Metric {
    fromConfusion(name) { matrix in
      let scores = matrix.indices.map { label -> Double in
        let (part, whole) = score(
          matrix[label][label], matrix.reduce(0) { $0 + $1[label] }, matrix[label].reduce(0, +))
        return whole == 0 ? .nan : part / whole
      }
      let present = scores.filter { !$0.isNaN }
      let mean = present.isEmpty ? .nan : present.reduce(0, +) / Double(present.count)
      return MetricValue(mean, table: [scores])
    }
  }
}
