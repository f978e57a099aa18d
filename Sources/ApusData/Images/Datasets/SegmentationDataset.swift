import ApusGraph
import ApusIO
import Foundation

/// Images with a class for each pixel, from two folders of files, decoded as they are fetched.
///
/// Features are `float32` `[height, width, channels]` in 0...1, targets `int32` `[height, width]`. Labels are brought
/// to the images' size by the nearest one, and framed and moved with them: `RandomResizedCrop`,
/// `RandomHorizontalFlip`, `RandomShift`, `RandomAffine` and `RandomCrop` change both alike. What `ImageFitting.pad` adds
/// has the ignored label, or the first class's where there is none.
public struct SegmentationDataset: Dataset {
  /// The images' files.
  public let paths: [String]
  /// The files of their masks, in the same order.
  public let maskPaths: [String]
  /// The names of the classes, in the order of their labels.
  public let labelNames: [String]
  /// How the images are read.
  public let loading: ImageLoading
  /// How masks say which class a pixel is of.
  public let reading: MaskReading
  /// The label of unlabeled pixels, such as 255, which the loss ignores; nil for none.
  public let ignoredLabel: Int?
  /// Masks in the folder to which there is no image.
  public let extraMasks: [String]
  /// What else lies below the folder of the images, and why it is not read.
  public let unread: [UnreadFile]
  /// What else lies below the folder of the masks.
  public let unreadMasks: [UnreadFile]

  /// Images and masks by their paths.
  /// - Parameters:
  ///   - paths: The images' files.
  ///   - maskPaths: Each one's mask, of the same size.
  ///   - classNames: The names of the classes, in the order of their labels.
  ///   - loading: How the images are read.
  ///   - reading: How masks say which class a pixel is of.
  ///   - ignoredLabel: The label of unlabeled pixels, beside those of the classes, which the loss ignores.
  /// - Throws: `DataError` for settings that make no sense and for numbers of images and masks that differ.
  public init(
    paths: [String], maskPaths: [String], classNames: [String], loading: ImageLoading,
    reading: MaskReading = .values, ignoredLabel: Int? = nil
  ) throws {
    try self.init(
      paths: paths, maskPaths: maskPaths, labelNames: classNames, loading: loading, reading: reading,
      ignoredLabel: ignoredLabel)
  }

  /// Images in one folder, their masks in another under the same names but for the endings:
  /// `images/a/1.jpg` and `masks/a/1.png`.
  ///
  /// - Parameters:
  ///   - folder: The folder of the images, and of folders of more.
  ///   - masks: The folder of their masks.
  ///   - maskSuffix: What the masks' names have more, before the ending: `_mask` in `1_mask.png`.
  ///   - classNames: The names of the classes, in the order of their labels.
  ///   - loading: How the images are read.
  ///   - reading: How masks say which class a pixel is of.
  ///   - ignoredLabel: The label of unlabeled pixels, beside those of the classes, which the loss ignores.
  /// - Throws: `FileError` that names the images without a mask.
  public init(
    folder: String, masks: String, maskSuffix: String = "", classNames: [String], loading: ImageLoading,
    reading: MaskReading = .values, ignoredLabel: Int? = nil
  ) throws {
    let images = try ImageFiles(folder: folder), found = try ImageFiles(folder: masks)
    guard !images.names.isEmpty else { throw DataError(.empty, "there are no images in \(folder)") }
    let stem = ImageFiles.stem
    var masked = NameTable(found.names, by: stem)
    var pairs: [(image: String, mask: String)] = []
    var lacking: [String] = []
    // In folders of both, what ends as masks do is none of the images.
    let isShared =
      URL(fileURLWithPath: folder).standardizedFileURL == URL(fileURLWithPath: masks).standardizedFileURL
    for name in images.names where !(isShared && !maskSuffix.isEmpty && stem(name).hasSuffix(maskSuffix)) {
      if let mask = masked.take(stem(name) + maskSuffix) {
        pairs.append((images.path(name), found.path(mask)))
      } else {
        lacking.append(name)
      }
    }
    guard lacking.isEmpty else {
      let listed = lacking.prefix(5).joined(separator: ", ") + (lacking.count > 5 ? ", …" : "")
      throw FileError(
        path: masks, reason: .missing,
        problem: "\(lacking.count) of \(images.names.count) images have no mask: \(listed)",
        advice:
          "Name each mask as its image\(maskSuffix.isEmpty ? "" : " with \"\(maskSuffix)\" added"), or "
          + "take these images away.")
    }
    try self.init(
      paths: pairs.map(\.image), maskPaths: pairs.map(\.mask), labelNames: classNames, loading: loading,
      reading: reading, ignoredLabel: ignoredLabel, extraMasks: isShared ? [] : masked.rest,
      unread: images.unread, unreadMasks: isShared ? [] : found.unread)
  }

  private init(
    paths: [String], maskPaths: [String], labelNames: [String], loading: ImageLoading, reading: MaskReading,
    ignoredLabel: Int?, extraMasks: [String] = [], unread: [UnreadFile] = [], unreadMasks: [UnreadFile] = []
  ) throws {
    guard paths.count == maskPaths.count, !paths.isEmpty else {
      throw DataError(
        .shape,
        "as many masks an images, at least one, were expected, \(maskPaths.count) and \(paths.count) came")
    }
    guard (2...256).contains(labelNames.count), ignoredLabel.map({ $0 >= 0 && $0 < 256 }) ?? true else {
      throw DataError(
        .classes,
        "2 to 256 classes and an ignored label in 0...255 were expected, "
          + "\(labelNames.count) and \(ignoredLabel ?? 0) came",
        advice: "What is of no class is one of its own, such as \"background\".")
    }
    try loading.check()
    (self.paths, self.maskPaths, self.labelNames) = (paths, maskPaths, labelNames)
    (self.loading, self.reading, self.ignoredLabel) = (loading, reading, ignoredLabel)
    (self.extraMasks, self.unread, self.unreadMasks) = (extraMasks, unread, unreadMasks)
  }

  /// Number of samples.
  public var count: Int { paths.count }

  /// The names of the classes of pixels.
  public var classNames: [String]? { labelNames }

  /// None: an image has many classes.
  /// - Returns: The class of each sample; nil where samples have none.
  /// - Throws: Whatever fetching the samples throws.
  public func classLabels() throws -> [Int]? { nil }

  /// One sample.
  public subscript(index: Int) -> Sample {
    get throws {
      let framed = try framed(index, loading.framing)
      guard case .pad(let background) = loading.fitting else {
        return sample(framed.image, framed.labels, index)
      }
      // Nothing is known of what was added.
      return sample(
        try framed.image.letterboxed(to: loading.size, background: background),
        try framed.labels.letterboxed(
          to: loading.size, background: UInt8(ignoredLabel ?? 0), interpolation: .nearest), index)
    }
  }

  /// One sample, of whose image only the region is decoded.
  /// - Parameters:
  ///   - index: The place of the sample in the dataset, counted from 0.
  ///   - framing: Chooses the region and the size that it is brought to, given the image's size.
  /// - Returns: The sample, with the region in the size that `framing` chooses.
  /// - Throws: `DataError` for a place outside of the dataset, and whatever reading a sample throws.
  public func sample(at index: Int, framing: (ImageSize) throws -> ImageFraming) throws -> Sample {
    let framed = try framed(index, framing)
    return sample(framed.image, framed.labels, index)
  }

  private func framed(
    _ index: Int, _ framing: (ImageSize) throws -> ImageFraming
  ) throws -> (image: Image, labels: Image) {
    try checkIndex(index)
    let mask = try labels(at: maskPaths[index])
    var labels = mask
    let image = try loading.image(at: paths[index]) { size in
      guard size == mask.size else {
        throw FileError(
          path: maskPaths[index], reason: .corrupt,
          problem: "the mask has \(mask.size) pixels, its image \(paths[index]) has \(size)",
          advice: "Masks must have the size of the image as it is seen, turned as its EXIF data say.")
      }
      let frame = try framing(size)
      labels = try mask.cropped(to: frame.region).resized(to: frame.size, interpolation: .nearest)
      return frame
    }
    return (image, labels)
  }

  /// The mask's labels, all of which are classes or ignored.
  /// - Parameter path: The mask's file.
  /// - Returns: The labels, as an image of one channel.
  /// - Throws: `FileError` for a mask that cannot be read or has labels that are no classes.
  package func labels(at path: String) throws -> Image {
    let image = try reading.labels(at: path, pixelLimit: loading.pixelLimit)
    var isThere = [Bool](repeating: false, count: 256)
    for label in image.pixels { isThere[Int(label)] = true }
    if let label = isThere.indices.first(where: {
      isThere[$0] && $0 >= labelNames.count && $0 != ignoredLabel
    }) {
      throw FileError(
        path: path, reason: .corrupt,
        problem: "the mask has the label \(label), there are \(labelNames.count) classes, counted from 0",
        advice: label == 255
          ? "If 255 marks unlabeled pixels, pass it as `ignoredLabel`; if it means 1, read by `.threshold(127)`."
          : "Name all classes, or read the mask in another way.")
    }
    return image
  }

  private func sample(_ image: Image, _ labels: Image, _ index: Int) -> Sample {
    Sample(
      features: [image.literal()],
      target: Literal(labels.pixels.map { Int32($0) }, shape: [labels.height, labels.width]), id: index)
  }
}
