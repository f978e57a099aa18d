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
