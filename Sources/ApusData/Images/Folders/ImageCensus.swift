import ApusIO
import Foundation

/// The images in a folder, and what is wrong with them.
public struct ImageCensus: Sendable {
  /// What was found about one image.
  public struct Entry: Sendable {
    /// The path below the folder.
    public let name: String
    /// What its bytes say that it is.
    public let format: ImageFormat
    /// Its size as it is seen.
    public let size: ImageSize
    /// Whether all of its pixels are gray.
    public let isGrayscale: Bool
    /// What its decoder did not like, but read all the same.
    public let warning: String?
    let pixelsHash: String
    let fingerprint: ImageFingerprint
  }

  /// Settings of what counts as conspicuous.
  public struct Limits: Sendable {
    /// Images with a shorter side below this are tiny.
    public var minimumSide = 32
    /// Images whose longer side is more than this many times the shorter are oddly long.
    public var maximumAspectRatio = 4.0
    /// Classes with fewer images have few.
    public var minimumClassSize = 20
    /// Images of which at most this many of 128 comparisons of neighboring cells differ are nearly the same.
    public var maximumHashDistance = 10

    /// The usual limits.
    public init() {}
  }

  /// The folder.
  public let folder: String
  /// The images that can be decoded, by name.
  public let entries: [Entry]
  /// Files that cannot be decoded, and why.
  public let damaged: [(name: String, problem: String)]
  /// Everything else that lies below the folder, and why it is not read.
  public let unread: [UnreadFile]
  /// Images whose names end as those of another format do.
  public let wrongExtensions: [Entry]
  /// Groups of files that hold the same pixels, whether in the same bytes or not.
  public let duplicates: [[String]]
  /// Pairs of images that look alike, but are not the same. Where many are alike among each other, only the closest
  /// pairs that connect them: fewer than there are images.
  public let nearDuplicates: [(first: String, second: String, distance: Int)]
  /// The same of images in different parts of the dataset.
  private let nearLeaks: [[String]]
  /// Groups of files that hold the same pixels but lie in folders of different classes: none of their labels can be
  /// trusted.
  public let contradictions: [[String]]
  /// Images with a side below the limit.
  public let tiny: [Entry]
  /// Images that are many times longer than wide.
  public let elongated: [Entry]
  /// How many images each top folder has; empty where the images lie in none.
  public let classes: [(name: String, count: Int)]
  /// Folders of classes in which no image can be used, because all are damaged, unread or contradictory.
  public let unusableClasses: [UnusableClass]
  /// The limits that were applied.
  public let limits: Limits

  /// Reads every image below a folder.
  /// - Parameters:
  ///   - folder: The folder, whose top folders count as classes; where these are called train, test, valid or
  ///     the like, the folders in them do.
  ///   - limits: What counts as conspicuous.
  ///   - pixelLimit: Images of more pixels are refused.
  /// - Throws: `FileError` for a folder that is missing or unreadable.
  public init(
    folder: String, limits: Limits = Limits(), pixelLimit: Int = Image.defaultPixelLimit
  ) throws {
    let files = try ImageFiles(folder: folder)
    let results = parallelMap(files.names.count) { index in
      Result { try Self.entry(files.names[index], in: files, pixelLimit: pixelLimit) }
    }
    var entries: [Entry] = []
    var damaged: [(name: String, problem: String)] = []
    for (name, result) in zip(files.names, results) {
      switch result {
      case .success(let entry): entries.append(entry)
      case .failure(let error):
        damaged.append(
          (name, (error as? FileError).map { "\($0.reason.rawValue): \($0.problem)" } ?? "\(error)"))
      }
    }
    self.folder = folder
    self.limits = limits
    self.entries = entries
    self.damaged = damaged
    unread = files.unread
    wrongExtensions = entries.filter { entry in
      !entry.format.fileExtensions.contains(ImageFiles.fileExtension(entry.name))
    }
    tiny = entries.filter { min($0.size.width, $0.size.height) < limits.minimumSide }
    elongated = entries.filter {
      let (short, long) = (min($0.size.width, $0.size.height), max($0.size.width, $0.size.height))
      return Double(long) > Double(short) * limits.maximumAspectRatio
    }
    duplicates = Self.duplicates(entries)
    let alike = Self.alike(entries, distance: limits.maximumHashDistance)
    nearDuplicates = alike.all.pairs.map {
      (entries[$0.first].name, entries[$0.second].name, Int($0.distance))
    }
    nearLeaks = alike.across.pairs.map { [entries[$0.first].name, entries[$0.second].name] }
    let layout = ClassLayout(entries.map(\.name))
    classes = layout.counts
    contradictions = duplicates.filter { group in Set(group.map(layout.className)).count > 1 }
    unusableClasses = layout.unusable(
      damaged: damaged.map(\.name), unread: files.unread.filter { $0.reason != .hidden },
      contradictory: Array(contradictions.joined()))
  }

  /// Files that are named as images but whose bytes are those of none.
  public var misnamed: [String] { unread.filter { $0.reason == .misnamed }.map(\.path) }

  /// Files that neither are images that are read nor are named as such, hidden ones excepted.
  public var others: [String] {
    unread.filter { $0.reason == .otherFile || $0.reason == .unsupportedFormat }.map(\.path)
  }

  /// The part of a dataset that an image belongs to, if its top folder is called as one: `train`, `validation`, `test`
  /// and the like.
  /// - Parameter name: The image's path below the folder.
  /// - Returns: The folder's name; nil where it is that of a class.
  public static func part(of name: String) -> String? { ClassLayout.part(of: name) }

  /// Pairs and groups that reach from one part of the dataset into another: a test with images of the training
  /// measures nothing.
  public var leaks: [[String]] {
    duplicates.filter { Set($0.map { Self.part(of: $0) ?? "" }).count > 1 } + nearLeaks
  }

  /// Classes with fewer images than the limit.
  public var smallClasses: [(name: String, count: Int)] {
    classes.filter { $0.count < limits.minimumClassSize }
  }

  /// The images whose pixels are all gray.
  public var grayscaleCount: Int { entries.count { $0.isGrayscale } }

  /// The images whose decoder complained.
  public var warned: [Entry] { entries.filter { $0.warning != nil } }

  private static func entry(_ name: String, in files: ImageFiles, pixelLimit: Int) throws -> Entry {
    let file = try EncodedImage(contentsOf: files.path(name), pixelLimit: pixelLimit)
    let read = try file.inspected()
    let image = read.image
    var pixels = SHA256()
    // Sizes first: the same bytes may be images of several.
    pixels.update(Array("\(image.size), \(image.channels);".utf8))
    pixels.update(image.pixels)
    return Entry(
      name: name, format: file.format, size: image.size, isGrayscale: image.isGrayscale,
      warning: read.warning,
      pixelsHash: pixels.hexadecimal(), fingerprint: try ImageFingerprint(of: image))
  }

  private static func duplicates(_ entries: [Entry]) -> [[String]] {
    var groups: [String: [String]] = [:]
    for entry in entries { groups[entry.pixelsHash, default: []].append(entry.name) }
    return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  /// Images whose rows of comparisons are held at once.
  private static let rowCount = 64

  /// Pairs of images that look alike: of all, and of those that lie in different parts of the dataset.
  private static func alike(
    _ entries: [Entry], distance limit: Int
  ) -> (all: AlikePairs, across: AlikePairs) {
    var all = AlikePairs(count: entries.count), across = all
    let parts = entries.map { part(of: $0.name) }
    for start in stride(from: 0, to: entries.count, by: rowCount) {
      let rows = parallelMap(min(rowCount, entries.count - start)) { row -> [AlikePairs.Pair] in
        let mine = entries[start + row]
        var found: [AlikePairs.Pair] = []
        for other in start + row + 1..<max(start + row + 1, entries.count) {
          let distance = mine.fingerprint.distance(to: entries[other].fingerprint)
          guard distance <= limit, mine.pixelsHash != entries[other].pixelsHash,
            mine.fingerprint.isNear(entries[other].fingerprint, distance: limit)
          else { continue }
          found.append(AlikePairs.Pair(start + row, other, distance: Double(distance)))
        }
        return found
      }
      let found = rows.flatMap { $0 }
      all.add(found)
      across.add(found.filter { parts[$0.first] != parts[$0.second] })
    }
    return (all, across)
  }
}

extension Image {
  /// Whether no pixel has a color.
  var isGrayscale: Bool {
    guard channels > 2 else { return true }
    return pixels.withUnsafeBufferPointer { pixels in
      var index = 0
      while index < pixels.count {
        guard pixels[index] == pixels[index &+ 1], pixels[index] == pixels[index &+ 2] else { return false }
        index &+= channels
      }
      return true
    }
  }
}
