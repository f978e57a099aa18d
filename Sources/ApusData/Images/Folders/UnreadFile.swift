/// Something below a folder of images that is not read as one, and why.
public struct UnreadFile: Sendable, Hashable, CustomStringConvertible {
  /// Why a file or folder is not read.
  public enum Reason: String, Sendable, CaseIterable {
    /// Its name begins with a point, as that of `.DS_Store` or of a folder `.git`.
    case hidden = "hidden"
    /// An image in a format that is not read, such as PSD or a camera's raw format.
    case unsupportedFormat = "in image formats that are not read"
    /// Its name is that of an image, its bytes are not.
    case misnamed = "named as images, but no images by their bytes"
    /// It neither is an image nor named as one.
    case otherFile = "no images"
    /// A folder in which nothing lies.
    case emptyFolder = "empty"
    /// The system does not let it be opened.
    case unreadable = "unreadable"
    /// A link to something that is not there.
    case brokenLink = "links to nothing"
    /// A link to a folder that is read already, such as one above it.
    case repeatedLink = "links to folders that are read already"
    /// A device, pipe or socket.
    case special = "devices, pipes or sockets"
    /// Its name is not UTF-8, so that no program can be given it as text.
    case unreadableName = "with names that are not UTF-8"
  }

  /// The path below the folder that was searched.
  public let path: String
  /// Why it is not read.
  public let reason: Reason
  /// More about it, such as the format or what the system said; empty where the reason says all.
  public let detail: String

  /// Something that is not read.
  /// - Parameters:
  ///   - path: The path below the folder that was searched.
  ///   - reason: Why it is not read.
  ///   - detail: More about it.
  public init(_ path: String, _ reason: Reason, detail: String = "") {
    self.path = path
    self.reason = reason
    self.detail = detail
  }

  /// `a.psd: in image formats that are not read (Photoshop)`
  public var description: String { "\(path): \(reason.rawValue)" + (detail.isEmpty ? "" : " (\(detail))") }

  /// Equal where every byte of the path is: names may differ in nothing but their Unicode form.
  public static func == (left: UnreadFile, right: UnreadFile) -> Bool {
    left.path.utf8.elementsEqual(right.path.utf8) && left.reason == right.reason
      && left.detail == right.detail
  }

  /// The bytes of the path, not its characters.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(FilePath(path))
    hasher.combine(reason)
  }

  /// What a person is told of files that are not read, a sentence for each reason: `not read: 2 hidden: .git, .DS_Store`.
  /// Misnamed files are left to those who tell of damaged ones.
  /// - Parameter files: The files.
  /// - Returns: The sentences, in the order of `Reason`.
  public static func notes(on files: [UnreadFile]) -> [String] {
    summary(of: files.filter { $0.reason != .misnamed }).map { "not read: \($0)" }
  }

  /// One sentence for each reason that occurs, with how many files it concerns and the first of them:
  /// `2 in image formats that are not read (Photoshop, SVG): a.psd, b.svg`.
  /// - Parameters:
  ///   - files: The files.
  ///   - shown: How many names are given for each reason.
  /// - Returns: The sentences, in the order of `Reason`.
  public static func summary(of files: [UnreadFile], showing shown: Int = 3) -> [String] {
    Reason.allCases.compactMap { reason in
      let found = files.filter { $0.reason == reason }
      guard !found.isEmpty else { return nil }
      let details = Set(found.map(\.detail).filter { !$0.isEmpty }).sorted()
      let names = found.prefix(max(0, shown)).map(\.path)
      let rest = found.count - names.count
      return "\(found.count) \(reason.rawValue)"
        + (details.isEmpty || details.count > 3 ? "" : " (\(details.joined(separator: ", ")))")
        + (names.isEmpty ? "" : ": " + names.joined(separator: ", "))
        + (rest > 0 && !names.isEmpty ? " and \(rest) more" : "")
    }
  }
}
