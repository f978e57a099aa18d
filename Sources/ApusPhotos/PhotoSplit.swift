import ApusData

/// The photos of a folder dealt out to what is learned from, what decides, and what is tested with.
public struct PhotoSplit: Sendable, Equatable {
  /// What is learned from.
  public let training: PhotoFolder.Part
  /// What decides when to stop, what is kept, and how sure answers are.
  public let validation: PhotoFolder.Part
  /// What nothing depends on.
  public let test: PhotoFolder.Part

  /// Share of the photos that are tested with where the folder has no part for it.
  public static let testShare = 0.2
  /// Share of the rest that decides, of up to so many photos.
  public static let validationShare = 0.2, largestValidation = 5000

  /// Deals the photos of each class out in the same proportions, by chance that depends on the seed alone.
  public init(_ folder: PhotoFolder, seed: UInt64) throws {
    var rest = folder.training
    if let test = folder.test {
      self.test = test
    } else {
      (rest, test) = try Self.parted(rest, folder.classNames, 1 - Self.testShare, seed: seed)
    }
    let share = min(Self.validationShare, Double(Self.largestValidation) / Double(max(1, rest.count)))
    (training, validation) = try Self.parted(rest, folder.classNames, 1 - share, seed: seed &+ 1)
  }

  /// Places of photos dealt out by chance that depends on the seed alone.
  /// - Parameter hasTest: Whether there are other photos to test with, so that none of these are.
  static func dealt(
    _ count: Int, hasTest: Bool, seed: UInt64
  ) -> (training: [Int], validation: [Int], test: [Int]) {
    func taken(_ share: Double, from places: [Int], seed: UInt64) -> (taken: [Int], rest: [Int]) {
      var random = PhiloxGenerator(seed: seed)
      let order = random.permutation(places.count)
      let count = min(max(1, Int((Double(places.count) * share).rounded())), places.count - 1)
      return (
        order.prefix(count).sorted().map { places[$0] }, order.dropFirst(count).sorted().map { places[$0] }
      )
    }
    let (test, rest) =
      hasTest ? ([], Array(0..<count)) : taken(testShare, from: Array(0..<count), seed: seed)
    let share = min(validationShare, Double(largestValidation) / Double(max(1, rest.count)))
    let (validation, training) = taken(share, from: rest, seed: seed &+ 1)
    return (training, validation, test)
  }

  private static func parted(
    _ part: PhotoFolder.Part, _ classNames: [String], _ share: Double, seed: UInt64
  ) throws -> (PhotoFolder.Part, PhotoFolder.Part) {
    let all = try ImageDataset(
      paths: part.files, targets: .classes(part.labels, names: classNames),
      loading: ImageLoading(ImageSize(1)))
    let (first, second) = try all.split(share, seed: seed, stratified: true)
    func chosen(_ subset: Subset) -> PhotoFolder.Part {
      PhotoFolder.Part(
        files: subset.indices.map { part.files[$0] }, labels: subset.indices.map { part.labels[$0] })
    }
    return (chosen(first), chosen(second))
  }
}
