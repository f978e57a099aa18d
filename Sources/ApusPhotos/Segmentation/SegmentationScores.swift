import ApusData
import ApusIO
import ApusTrain

/// How well classes of pixels are found, by counts of pixels in the photos' own sizes.
public struct SegmentationScores: Sendable {
  /// Pixels of one photo: for each class those that are found, are said, and are there.
  public struct Counts: Sendable, Equatable {
    /// Pixels of each class that are taken for it.
    public var hits: [Int]
    /// Pixels that are taken for each class.
    public var said: [Int]
    /// Pixels that are of each class.
    public var real: [Int]

    /// No pixels.
    init(classes: Int) {
      hits = [Int](repeating: 0, count: classes)
      (said, real) = (hits, hits)
    }

    /// The pixels of a photo; those of which nothing is known count nowhere.
    init(_ labels: [UInt8], truth: [UInt8], classes: Int) {
      self.init(classes: classes)
      for (label, real) in zip(labels, truth) where Int(real) < classes {
        self.real[Int(real)] += 1
        said[Int(label)] += 1
        if label == real { hits[Int(real)] += 1 }
      }
    }

    mutating func add(_ other: Counts) {
      for place in hits.indices {
        hits[place] += other.hits[place]
        said[place] += other.said[place]
        real[place] += other.real[place]
      }
    }

    /// Intersection over union of one class; NaN where it is neither there nor said.
    public func intersectionOverUnion(_ label: Int) -> Double {
      let union = said[label] + real[label] - hits[label]
      return union == 0 ? .nan : Double(hits[label]) / Double(union)
    }

    /// The mean over the classes that are there or said.
    public var meanIntersectionOverUnion: Double {
      let known = hits.indices.map(intersectionOverUnion).filter { !$0.isNaN }
      return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
    }

    /// The share of pixels that are right.
    public var accuracy: Double {
      let all = real.reduce(0, +)
      return all == 0 ? .nan : Double(hits.reduce(0, +)) / Double(all)
    }
  }

  /// The names of the classes.
  public let classNames: [String]
  /// The photos, without those that could not be read.
  public let files: [String]
  /// Their masks.
  public let masks: [String]
  /// The counts of each.
  public let photos: [Counts]
  /// The counts of all.
  public let total: Counts
  /// Files that could not be read, and why.
  public let skipped: [(path: String, problem: String)]

  /// Asks a network about photos with masks.
  /// - Parameter progress: Called now and then with the number of photos done.
  /// - Throws: `DataError` where none can be read.
  public init(
    _ segmenter: PhotoSegmenter, on part: MaskedPhotos.Part, progress: (Int) -> Void = { _ in }
  ) throws {
    let classes = segmenter.classes
    var counted: [(file: String, mask: String, counts: Counts)] = []
    var skipped: [(path: String, problem: String)] = []
    skipped += try segmenter.maps(ofFiles: part.files, progress: progress) { index, map in
      do {
        let truth = try classes.labels(at: part.masks[index])
        guard truth.size == map.size else {
          skipped.append((part.masks[index], "the mask has \(truth.size) pixels, its photo \(map.size)"))
          return
        }
        counted.append(
          (
            part.files[index], part.masks[index],
            Counts(map.labels, truth: truth.pixels, classes: classes.names.count)
          ))
      } catch {
        skipped.append((part.masks[index], (error as? FileError)?.problem ?? "\(error)"))
      }
    }
    guard !counted.isEmpty else {
      throw DataError(
        .empty,
        "none of \(part.count) photos with masks can be used\(skipped.first.map { ", \($0.path) first: \($0.problem)" } ?? "")"
      )
    }
    classNames = classes.names
    files = counted.map(\.file)
    masks = counted.map(\.mask)
    photos = counted.map(\.counts)
    total = Self.sum(photos, classes: classNames.count)
    self.skipped = skipped
  }

  private static func sum(_ photos: [Counts], classes: Int) -> Counts {
    photos.reduce(into: Counts(classes: classes)) { $0.add($1) }
  }

  /// Where the mean and each class's intersection over union probably lie, by drawing photos again.
  public func intervals(resamples: Int = 200) -> (mean: ConfidenceInterval, classes: [ConfidenceInterval]) {
    let found = ConfidenceInterval.bootstrap(count: photos.count, resamples: resamples) { drawn in
      let sum = Self.sum(drawn.map { photos[$0] }, classes: classNames.count)
      return [sum.meanIntersectionOverUnion] + classNames.indices.map(sum.intersectionOverUnion)
    }
    return (found[0], Array(found.dropFirst()))
  }
}

extension MaskedPhotos.Classes {
  /// The labels in a mask; those that are no class stand for pixels of which nothing is known.
  /// - Throws: `FileError` for masks with labels that are none of the classes.
  func labels(at path: String) throws -> Image {
    try SegmentationDataset(
      paths: [path], maskPaths: [path], classNames: names, loading: ImageLoading(ImageSize(1)),
      reading: reading,
      ignoredLabel: ignoredLabel
    ).labels(at: path)
  }
}
