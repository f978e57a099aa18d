/// A folder of a class of which no image can be used.
public struct UnusableClass: Sendable, Hashable {
  /// The folder below the one that was searched, such as `dogs` or `train/dogs`.
  public let name: String
  /// How many of its images cannot be decoded.
  public let damagedCount: Int
  /// How many of its images lie in a folder of another class, too.
  public let contradictoryCount: Int
  /// What else it holds: misnamed files, formats that are not read, or nothing.
  public let unread: [UnreadFile]

  /// Why, in a few words: `3 damaged, 2 contradictory`.
  public var reason: String {
    let parts = [
      damagedCount > 0 ? "\(damagedCount) damaged" : nil,
      contradictoryCount > 0 ? "\(contradictoryCount) contradictory" : nil,
    ]
    return (parts.compactMap { $0 } + UnreadFile.summary(of: unread, showing: 0)).joined(separator: ", ")
  }
}

/// Which class the folders of images stand for.
struct ClassLayout {
  private let names: [String]

  init(_ names: [String]) { self.names = names }

  /// The names of parts of a dataset: what lies in them is a class, they are none.
  private static let parts: Set<String> = [
    "train", "training", "test", "testing", "val", "valid", "validation", "dev",
  ]

  /// The part that a file lies in, if its top folder is called as one.
  static func part(of name: String) -> String? {
    let top = name.split(separator: "/").first.map(String.init)
    return top.flatMap { parts.contains($0.lowercased()) && name.contains("/") ? $0 : nil }
  }

  /// The folder of a file's class, such as `train/dogs`; nil for files in none.
  private static func folder(_ name: String, isFolder: Bool = false) -> String? {
    let components = name.split(separator: "/")
    let folders = isFolder ? components[...] : components.dropLast()
    let level = part(of: name) == nil ? 0 : 1
    guard folders.count > level else { return nil }
    return folders.prefix(level + 1).joined(separator: "/")
  }

  /// The class of a file, the same in all parts; empty for files in none.
  func className(_ name: String) -> String {
    Self.folder(name)?.split(separator: "/").last.map(String.init) ?? ""
  }

  /// How many images each class's folder has, sorted by name.
  var counts: [(name: String, count: Int)] {
    var counts: [String: Int] = [:]
    for folder in names.compactMap({ Self.folder($0) }) { counts[folder, default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map { (name: $0.key, count: $0.value) }
  }

  /// The classes of which no image is left.
  /// - Parameters:
  ///   - damaged: Images that cannot be decoded.
  ///   - unread: What is not read as an image.
  ///   - contradictory: Images that lie in several classes.
  /// - Returns: The classes, sorted by name.
  func unusable(damaged: [String], unread: [UnreadFile], contradictory: [String]) -> [UnusableClass] {
    let doubted = Set(contradictory.map { FilePath($0) })
    let usable = Set(names.filter { !doubted.contains(FilePath($0)) }.compactMap { Self.folder($0) })
    func grouped<Element>(_ elements: [Element], _ folder: (Element) -> String?) -> [String: [Element]] {
      Dictionary(grouping: elements.filter { folder($0) != nil }) { folder($0) ?? "" }
    }
    let damaged = grouped(damaged) { Self.folder($0) }
    let contradictory = grouped(contradictory) { Self.folder($0) }
    let folders: Set<UnreadFile.Reason> = [.emptyFolder, .repeatedLink, .unreadable]
    let unread = grouped(unread) { file in
      Self.folder(file.path, isFolder: folders.contains(file.reason)) ?? Self.folder(file.path)
    }
    let found = Set(damaged.keys).union(contradictory.keys).union(unread.keys).subtracting(usable)
    return found.sorted().map { name in
      UnusableClass(
        name: name, damagedCount: damaged[name]?.count ?? 0,
        contradictoryCount: contradictory[name]?.count ?? 0, unread: unread[name] ?? [])
    }
  }
}
