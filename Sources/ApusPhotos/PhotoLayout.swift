/// How photos lie in folders: in one for each class, or in such folders inside of parts for training and tests.
struct PhotoLayout {
  /// The photos' paths below the folder.
  let names: [String]
  /// The folders directly below.
  let tops: Set<String>
  /// The part to learn from; nil where there is none, and the classes' folders lie directly below.
  let trainingFolder: String?
  /// Parts to test with, the best first: one for validation does where there is none for tests.
  let testFolders: [String]

  static let advice =
    "Put the photos of each class into a folder of its name: PHOTOS/cats/1.jpg, PHOTOS/dogs/1.jpg, or "
    + "PHOTOS/train/cats/1.jpg and PHOTOS/test/cats/2.jpg."

  init(_ names: [String]) {
    self.names = names
    let tops = Set(names.filter { $0.contains("/") }.map { String($0.prefix { $0 != "/" }) })
    func folder(_ wanted: String) -> String? { tops.sorted().first { $0.lowercased() == wanted } }
    self.tops = tops
    let training = ["train", "training"].compactMap(folder).first
    let tests = ["test", "testing", "val", "valid", "validation", "dev"].compactMap(folder)
    // Beside cars and planes "train" is a class: there is nothing to test with, and no class has a folder in it.
    let isPart = training.map { part in
      tops.count == 1 || !tests.isEmpty
        || names.contains { name in name.hasPrefix(part + "/") && name.count { $0 == "/" } > 1 }
    }
    trainingFolder = (isPart ?? false) ? training : nil
    testFolders = tests
  }

  /// Folders above the classes'.
  var partLevels: Int { trainingFolder == nil ? 0 : 1 }

  /// Number of folders that a photo lies in.
  func level(_ name: String) -> Int { name.count { $0 == "/" } }

  /// The class of a photo by its folder; nil for a photo outside of the part or of any class.
  /// - Parameter part: The part's folder; nil where the classes lie directly below.
  func className(_ name: String, in part: String?) -> String? {
    let parts = name.split(separator: "/")
    let place = part == nil ? 0 : 1
    guard parts.count > place + 1, part.map({ parts[0] == $0 }) ?? true else { return nil }
    return String(parts[place])
  }

  /// The photos of a part with their classes.
  func classed(in part: String?) -> [(name: String, className: String)] {
    names.compactMap { name in className(name, in: part).map { (name, $0) } }
  }
}
