import ApusIO
import Foundation
import Synchronization

/// The image files below a folder, and everything else that lies there.
public struct ImageFiles: Sendable {
  /// The folder as the caller gave it.
  public let folder: String
  /// The images' paths below the folder, sorted folder by folder. Their bytes say that they are images, their names may
  /// say something else.
  public let names: [String]
  /// Everything below the folder that is not in `names`, sorted by path, with the reason.
  public let unread: [UnreadFile]

  /// Reads the first bytes of every file below a folder.
  ///
  /// Links are followed, to each folder once. What is hidden, unreadable or no image is in `unread`. Names may differ in
  /// nothing but their Unicode form.
  /// - Parameter folder: The folder.
  /// - Throws: `FileError` for a folder that is missing, unreadable or a file.
  public init(folder: String) throws {
    self.folder = folder
    let scan = try FolderScan(folder)
    let found = parallelMap(scan.files.count) { Self.unread(scan.files[$0], in: folder) }
    names = scan.files.indices.filter { found[$0] == nil }.map { scan.files[$0] }
    unread = FolderScan.sorted(scan.unread + found.compactMap { $0 })
  }

  /// The path of an image.
  /// - Parameter name: One of `names`.
  /// - Returns: The path, below the folder as the caller gave it.
  public func path(_ name: String) -> String { folder + "/" + name }

  /// Files that are named as images but whose bytes are those of none.
  public var misnamed: [String] { unread.filter { $0.reason == .misnamed }.map(\.path) }

  /// Files that neither are images that are read nor are named as such, hidden ones excepted.
  public var others: [String] {
    unread.filter { $0.reason == .otherFile || $0.reason == .unsupportedFormat }.map(\.path)
  }

  private static let ownEndings = Set(ImageFormat.allCases.flatMap(\.fileExtensions))

  /// Why a file is not read as an image; nil if it is.
  private static func unread(_ name: String, in folder: String) -> UnreadFile? {
    let ending = fileExtension(name)
    let start: [UInt8]
    do {
      let reader = try FileReader(path: folder + "/" + name)
      start = try reader.bytes(at: 0, count: min(ImageFormat.signatureByteCount, reader.byteCount))
    } catch {
      return UnreadFile(name, .unreadable, detail: (error as? FileError)?.problem ?? "\(error)")
    }
    if let format = ImageFormat(startingWith: start) {
      let isRaw = format == .tiff && ForeignImageFormat.isRawTIFF(startingWith: start, fileExtension: ending)
      return isRaw ? UnreadFile(name, .unsupportedFormat, detail: ForeignImageFormat.rawName) : nil
    }
    if ownEndings.contains(ending) {
      let other = ForeignImageFormat.name(startingWith: start, fileExtension: "")
      return UnreadFile(name, .misnamed, detail: other ?? (start.isEmpty ? "empty" : ""))
    }
    if let other = ForeignImageFormat.name(startingWith: start, fileExtension: ending) {
      return UnreadFile(name, .unsupportedFormat, detail: other)
    }
    return UnreadFile(name, .otherFile)
  }

  /// The ending of a name in lower case, without the point; empty where there is none.
  static func fileExtension(_ name: String) -> String {
    point(in: name).map { name[name.utf8.index(after: $0)...].lowercased() } ?? ""
  }

  /// A name without its ending.
  static func stem(_ name: String) -> String { point(in: name).map { String(name[..<$0]) } ?? name }

  /// Where the ending begins; nil where there is none. A point at the start hides a file.
  private static func point(in name: String) -> String.Index? {
    let bytes = name.utf8
    let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
    return bytes[start...].lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > start ? $0 : nil }
  }
}

/// What `body` makes of 0 ..< `count`, on all processors.
package func parallelMap<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
  let results = Mutex([Result?](repeating: nil, count: count))
  // Enough pieces that the last ones do not leave processors idle.
  let pieceCount = min(count, 64)
  DispatchQueue.concurrentPerform(iterations: pieceCount) { piece in
    let range = count * piece / pieceCount..<count * (piece + 1) / pieceCount
    let made = range.map(body)
    results.withLock { results in
      for (index, result) in zip(range, made) { results[index] = result }
    }
  }
  return results.withLock { $0.compactMap { $0 } }
}
