import ApusGraph
import ApusTensor

extension Metric {
  /// The area under the receiver's operating curve: the probability that a sample of class 1 scores above one
  /// of class 0. For one output of 0 or 1; ½ is chance.
  /// - Parameter bins: Scores are counted in so many bins, so that memory does not grow with the data. The
  ///   error is below the part of pairs that share a bin.
  public static func areaUnderCurve(bins: Int = 1000) -> Metric {
    Metric("areaUnderCurve", isBetterWhenLarger: true) { input in
      guard bins > 0 else {
        let wrong = Tensor(
          .failed(GraphError(.argument, "areaUnderCurve", "at least one bin is expected, \(bins) came")))
        return [wrong, wrong]
      }
      switch TargetCheck.aligned(input.prediction, input.target, kind: .binary, loss: "areaUnderCurve") {
      case .fails(let failed): return [failed, failed]
      case .fits(let prediction, let target):
        let flat = Shape([prediction.count])
        let probability =
          (input.loss?.activation == .sigmoid ? prediction.value.logistic() : prediction.value)
          .reshaped(flat).cast(.float32)
        let bin = (probability * Double(bins)).clamped(
          .scalar(0, .float32), .scalar(Double(bins - 1), .float32)
        )
        .unary(.floor).cast(.int32)
        // As float64, which counts on beyond 2^24.
        var weight = Value.scalar(1, .float64).broadcast(to: flat)
        if let given = input.weights {
          guard given.count == prediction.count else {
            let wrong = Tensor(
              .failed(GraphError(.shape, "areaUnderCurve", "expects one weight for each prediction")))
            return [wrong, wrong]
          }
          weight = given.value.reshaped(flat).cast(.float64)
        }
        let truth = target.value.reshaped(flat).cast(.float64)
        let zeros = Value.scalar(0, .float64).broadcast(to: [bins])
        return [truth, 1 - truth].map {
          Tensor(zeros.scatter(bin, $0 * weight, axis: 0, kind: .add))
        }
      }
    } value: { totals in
      let positives = totals[0].reduce(0, +), negatives = totals[1].reduce(0, +)
      guard positives > 0, negatives > 0 else { return MetricValue(.nan) }
      var below = 0.0, area = 0.0
      for (positive, negative) in zip(totals[0], totals[1]) {
        area += positive * (below + negative / 2)
        below += negative
      }
      return MetricValue(area / (positives * negatives))
    }
  }
}
