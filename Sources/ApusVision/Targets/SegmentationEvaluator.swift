import ApusData
import ApusTasks
import ApusTrain
import Foundation

/// How well classes of pixels are found, by counts of pixels in the images' own sizes.
struct SegmentationEvaluator: Evaluator {
  /// Pixels of one image: of each class those that are found, that are predicted, and that are there.
  struct Counts: Sendable, Equatable {
    var hits: [Int]
    var predicted: [Int]
    var real: [Int]

    init(classes: Int) {
      hits = [Int](repeating: 0, count: classes)
      (predicted, real) = (hits, hits)
    }

    /// The pixels of an image; those whose class is not known count nowhere.
    init(_ labels: [UInt8], truth: [UInt8], classes: Int) {
      self.init(classes: classes)
      for (label, real) in zip(labels, truth) where Int(real) < classes {
        self.real[Int(real)] += 1
        predicted[Int(label)] += 1
        if label == real { hits[Int(real)] += 1 }
      }
    }

    mutating func add(_ other: Counts) {
      for place in hits.indices {
        hits[place] += other.hits[place]
        predicted[place] += other.predicted[place]
        real[place] += other.real[place]
      }
    }

    /// Intersection over union of one class; NaN where it is neither there nor predicted.
    func intersectionOverUnion(_ label: Int) -> Double {
      let union = predicted[label] + real[label] - hits[label]
      return union == 0 ? .nan : Double(hits[label]) / Double(union)
    }

    /// The mean over the classes that are there or predicted.
    var meanIntersectionOverUnion: Double {
      let known = hits.indices.map(intersectionOverUnion).filter { !$0.isNaN }
      return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
    }

    /// The share of pixels that are right.
    var accuracy: Double {
      let all = real.reduce(0, +)
      return all == 0 ? .nan : Double(hits.reduce(0, +)) / Double(all)
    }
  }

  let target: Segmentation
  let examples: Examples
  private(set) var rows: [Int] = []
  /// The counts of each image.
  private(set) var images: [Counts] = []
  /// The counts of all.
  private(set) var total: Counts

  init(target: Segmentation, examples: Examples) {
    self.target = target
    self.examples = examples
    total = Counts(classes: target.names.count)
  }

  mutating func add(row: Int, output: [Float]) throws {
    guard let path = target.maskPath(examples, row: row) else {
      throw DataError(.sample, "it has no mask", samples: [row])
    }
    let truth = try target.classes.labels(at: path)
    let map = try target.map(output, size: truth.size)
    let counts = Counts(map.labels, truth: truth.pixels, classes: target.names.count)
    rows.append(row)
    images.append(counts)
    total.add(counts)
  }

  var count: Int { rows.count }
  /// One minus the mean intersection over union of each image.
  var losses: [Double] { images.map { 1 - $0.meanIntersectionOverUnion } }
  /// The mean over images.
  var loss: Double { count == 0 ? .nan : losses.reduce(0, +) / Double(count) }

  /// Where the mean and each class's intersection over union probably lie, by drawing images again.
  func intervals(resamples: Int = 200) -> (mean: ConfidenceInterval, classes: [ConfidenceInterval]) {
    let found = ConfidenceInterval.bootstrap(count: images.count, resamples: resamples) { drawn in
      let sum = drawn.reduce(into: Counts(classes: target.names.count)) { $0.add(images[$1]) }
      return [sum.meanIntersectionOverUnion] + target.names.indices.map(sum.intersectionOverUnion)
    }
    return (found[0], Array(found.dropFirst()))
  }

  func evaluation() throws -> Evaluation {
    guard count > 0 else { throw DataError(.empty, "there are no examples to measure the model on") }
    let intervals = intervals()
    return Evaluation(
      samples: count, loss: loss, primary: "mean_iou",
      metrics: [
        "mean_iou": .init(
          total.meanIntersectionOverUnion, interval: (intervals.mean.lower, intervals.mean.upper)),
        "pixel_accuracy": .init(total.accuracy),
      ],
      details: target.names.indices.map { label in
        .init(
          target.names[label],
          [
            "iou": total.intersectionOverUnion(label), "iou_lower": intervals.classes[label].lower,
            "iou_upper": intervals.classes[label].upper, "pixels": Double(total.real[label]),
            "precision": Double(total.hits[label]) / Double(total.predicted[label]),
            "recall": Double(total.hits[label]) / Double(total.real[label]),
          ])
      })
  }
}
