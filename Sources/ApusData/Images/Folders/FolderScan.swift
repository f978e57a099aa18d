import ApusIO
import Foundation

/// All files below a folder. Links are followed, but no folder is read twice.
struct FolderScan {
  /// The paths of regular files below the folder, sorted folder by folder.
  private(set) var files: [String] = []
  /// What is left out.
  private(set) var unread: [UnreadFile] = []
  private let folder: String
  private var visited: Set<Identity> = []
  /// Links to folders, which are followed last: files are found under their own names where they have some.
  private var links: [String] = []

  /// What the file system knows a folder by.
  private struct Identity: Hashable {
    let device, number: UInt64

    init(_ status: stat) {
      device = UInt64(truncatingIfNeeded: status.st_dev)
      number = UInt64(truncatingIfNeeded: status.st_ino)
    }
  }

  /// What lies in a folder: a name as text, if it is some, and its bytes made readable.
  struct Entry {
    let name: String?
    let shown: String
  }

  /// Lists everything below a folder.
  /// - Throws: `FileError` where the folder itself is missing or cannot be listed; of folders in it that is noted.
  init(_ folder: String) throws {
    self.folder = folder
    var status = stat()
    guard stat(folder, &status) == 0 else {
      let code = errno
      throw FileError(
        path: folder, reason: code == EACCES ? .unreadable : .missing,
        problem: code == EACCES
          ? "the folder cannot be reached: permission denied" : "there is no such folder",
        advice: "Check the path.")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw FileError(
        path: folder, reason: .invalidRequest, problem: "a folder of images was expected, a file came")
    }
    visited.insert(Identity(status))
    let entries = try Self.entries(of: folder)
    take(entries, below: "")
    while !links.isEmpty {
      let waiting = links.sorted(by: Self.precedes)
      links = []
      for link in waiting { visit(link, isLink: true) }
    }
    files.sort(by: Self.precedes)

  }

  /// The order of a walk that takes the contents of a folder at the place of its name.
  private static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8) {
      ($0 == UInt8(ascii: "/") ? 0 : $0) < ($1 == UInt8(ascii: "/") ? 0 : $1)
    }
  }

  /// Files in the order of their paths.
  static func sorted(_ files: [UnreadFile]) -> [UnreadFile] { files.sorted { precedes($0.path, $1.path) } }

  /// What lies in a folder, in the order of the file system.
  static func entries(of path: String) throws -> [Entry] {
    guard let directory = opendir(path) else {
      throw FileError(
        path: path, reason: .unreadable,
        problem: "the folder cannot be listed: \(String(cString: strerror(errno)))")
    }
    defer { closedir(directory) }
    var result: [Entry] = []
    while let entry = readdir(directory) {
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if bytes == [0x2e] || bytes == [0x2e, 0x2e] { continue }
      result.append(
        Entry(name: String(validating: bytes, as: UTF8.self), shown: String(decoding: bytes, as: UTF8.self)))
    }
    return result
  }

  private mutating func take(_ entries: [Entry], below prefix: String) {
    if entries.isEmpty {
      unread.append(UnreadFile(prefix.isEmpty ? "." : String(prefix.dropLast()), .emptyFolder))
    }
    for entry in entries {
      guard let name = entry.name else {
        unread.append(UnreadFile(prefix + entry.shown, .unreadableName))
        continue
      }
      let path = prefix + name
      guard !name.hasPrefix(".") else {
        unread.append(UnreadFile(path, .hidden))
        continue
      }
      take(path)
    }
  }

  /// A file, folder or link.
  private mutating func take(_ path: String) {
    var status = stat()
    guard lstat(folder + "/" + path, &status) == 0 else {
      unread.append(UnreadFile(path, .unreadable, detail: String(cString: strerror(errno))))
      return
    }
    let isLink = status.st_mode & S_IFMT == S_IFLNK
    if isLink, stat(folder + "/" + path, &status) != 0 {
      let isLoop = errno == ELOOP
      unread.append(UnreadFile(path, .brokenLink, detail: isLoop ? "it leads back to itself" : ""))
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: files.append(path)
    case S_IFDIR: if isLink { links.append(path) } else { visit(path, isLink: false) }
    default: unread.append(UnreadFile(path, .special))
    }
  }

  private mutating func visit(_ path: String, isLink: Bool) {
    var status = stat()
    guard stat(folder + "/" + path, &status) == 0 else {
      unread.append(UnreadFile(path, .unreadable, detail: String(cString: strerror(errno))))
      return
    }
    guard visited.insert(Identity(status)).inserted else {
      unread.append(UnreadFile(path, .repeatedLink))
      return
    }
    do {
      take(try Self.entries(of: folder + "/" + path), below: path + "/")
    } catch {
      unread.append(UnreadFile(path, .unreadable, detail: (error as? FileError)?.problem ?? "\(error)"))
    }
  }
}
