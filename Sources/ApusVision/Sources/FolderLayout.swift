import ApusTasks

/// How files lie in folders: in one for each class, or in such folders inside of parts for training, validation and test.
struct FolderLayout {
  /// The files' paths below the folder.
  let names: [String]
  /// The folder of each part, as it is spelled; empty where there are no parts and the classes' folders lie directly below.
  let partFolders: [Part: String]
  /// Folders directly below that are of no part; empty where there are no parts.
  let strangers: [String]

  static let advice =
    "Put the images of each class into a folder of its name: PHOTOS/cats/1.jpg, PHOTOS/dogs/1.jpg, or "
    + "PHOTOS/train/cats/1.jpg and PHOTOS/test/cats/2.jpg."

  private static let spellings: [(part: Part, names: [String])] = [
    (.training, ["train", "training"]), (.validation, ["valid", "validation", "val", "dev"]),
    (.test, ["test", "testing"]),
  ]

  init(_ names: [String]) {
    self.names = names
    let tops = Set(names.filter { $0.contains("/") }.map { String($0.prefix { $0 != "/" }) })
    func folder(_ wanted: [String]) -> String? {
      wanted.lazy.compactMap { name in tops.sorted().first { $0.lowercased() == name } }.first
    }
    var found: [Part: String] = [:]
    for (part, names) in Self.spellings { found[part] = folder(names) }
    // A folder of nothing but a test set is measured on.
    let isWhole =
      !found.isEmpty && tops.isSubset(of: found.values) && names.allSatisfy { $0.count { $0 == "/" } > 1 }
    // Beside cars and planes "train" is a class: no other part is there, and no class has a folder in it.
    let isParted =
      found[.training].map { training in
        tops.count == 1 || found.count > 1
          || names.contains { $0.hasPrefix(training + "/") && $0.count { $0 == "/" } > 1 }
      } ?? isWhole
    partFolders = isParted ? found : [:]
    strangers = isParted ? tops.subtracting(found.values).sorted() : []
  }

  /// Whether there are parts.
  var isParted: Bool { !partFolders.isEmpty }

  /// The part of a file; nil where there are no parts, or it lies in none.
  func part(_ name: String) -> Part? { partFolders.first { name.hasPrefix($0.value + "/") }?.key }

  /// The class of a file by its folder; nil for a file in no class's folder.
  func className(_ name: String) -> String? {
    let parts = name.split(separator: "/")
    let place = isParted ? 1 : 0
    guard parts.count > place + 1, !isParted || part(name) != nil else { return nil }
    return String(parts[place])
  }
}
