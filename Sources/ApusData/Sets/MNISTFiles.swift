import ApusGraph
import ApusIO
import Foundation

/// The four files in which MNIST and the sets made after it come, and where to look for them.
struct MNISTFiles {
  /// What errors call the set.
  let name: String
  /// The folder's name inside the usual places.
  let folderName: String
  /// What to do when the files are nowhere.
  let advice: String
  let classNames: [String]
  let trainingCount = 60_000
  let testCount = 10_000

  /// The folders that are searched when none is given.
  func defaultFolders(_ home: DataHome = DataHome()) -> [String] {
    home.folders(of: .datasets, named: folderName)
  }

  /// The first of the folders that holds the set.
  func location(among folders: [String]) -> String? {
    folders.first { file("train-images-idx3-ubyte", in: $0) != nil }
  }

  /// The usual folder that holds the set, or nil.
  func location() -> String? {
    location(among: defaultFolders())
  }

  func load(
    from folder: String?, home: DataHome = DataHome()
  ) throws -> (train: ArrayDataset, test: ArrayDataset) {
    let folders = folder.map { [$0] } ?? defaultFolders(home)
    guard let found = location(among: folders) else {
      throw FileError(
        path: folders[0], reason: .missing,
        problem: "\(name) was expected there"
          + (folders.count > 1 ? " or in \(folders.dropFirst().joined(separator: " or "))" : "")
          + ", as four files like train-images-idx3-ubyte.gz",
        advice: advice)
    }
    return (
      try part("train", count: trainingCount, in: found), try part("t10k", count: testCount, in: found)
    )
  }

  private func part(_ prefix: String, count: Int, in folder: String) throws -> ArrayDataset {
    let images = try array("\(prefix)-images-idx3-ubyte", shape: [count, 28, 28], in: folder)
    let labels = try array("\(prefix)-labels-idx1-ubyte", shape: [count], in: folder)
    let classes = labels.scalars(as: UInt8.self).map { Int32($0) }
    return try ArrayDataset(
      images.reshaped([count, 28, 28, 1]), targets: Literal(classes, shape: [count]), classNames: classNames,
      dividingBytesBy: 255)
  }

  private func array(_ name: String, shape: Shape, in folder: String) throws -> Literal {
    guard let path = file(name, in: folder) else {
      throw FileError(
        path: "\(folder)/\(name).gz", reason: .missing,
        problem: "it is one of the four files of \(self.name), and is not there", advice: advice)
    }
    let literal = try IDXFile.readLiteral(from: path)
    guard literal.dtype == .uint8, literal.shape == shape else {
      throw FileError(
        path: path, reason: .corrupt,
        problem: "\(self.name) has uint8 \(shape) there, \(literal.dtype) \(literal.shape) came",
        advice: "It may be another dataset's file.")
    }
    return literal
  }

  /// The file of that name, compressed or not, with a hyphen or a point before its kind: the names differ
  /// by where it was got from.
  private func file(_ name: String, in folder: String) -> String? {
    let pointed = name.replacingOccurrences(of: "-idx", with: ".idx")
    return [name + ".gz", name, pointed + ".gz", pointed].map { "\(folder)/\($0)" }
      .first { FileManager.default.fileExists(atPath: $0) }
  }
}
