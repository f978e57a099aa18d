import ApusIO
import Foundation
import Synchronization

/// The files of images below a folder.
public struct ImageFiles: Sendable {
  /// The folder as the caller gave it.
  public let folder: String
  /// The images' paths below the folder, sorted.
  public let names: [String]
  /// What else is there: files that neither are images nor are named as such.
  public let others: [String]
  /// Files that are named an images but whose bytes are those of none.
  public let misnamed: [String]

  /// Looks at the first bytes of every file below the folder. Hidden files and folders are passed over, links
  /// are followed.
  public init(folder: String) throws {
    self.folder = folder
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
      throw FileError(
        path: folder, reason: .missing, problem: "there is no such folder", advice: "Check the path.")
    }
    guard isFolder.boolValue else {
      throw FileError(
        path: folder, reason: .invalidRequest, problem: "a folder of images was expected, a file came")
    }
    let found = try Self.files(below: folder)
    let endings = Set(ImageFormat.allCases.flatMap(\.fileExtensions))
    // 0 an image, 1 named like one, 2 something else.
    let kinds = parallelMap(found.count) { index -> Int in
      let path = folder + "/" + found[index]
      if (try? ImageFormat(ofFile: path)) != nil { return 0 }
      return endings.contains(URL(fileURLWithPath: path).pathExtension.lowercased()) ? 1 : 2
    }
    func files(_ kind: Int) -> [String] { found.indices.filter { kinds[$0] == kind }.map { found[$0] } }
    names = files(0)
    misnamed = files(1)
    others = files(2)
  }

  /// The path of an image.
  public func path(_ name: String) -> String { folder + "/" + name }

  private static func files(below folder: String) throws -> [String] {
    var result: [String] = []
    var visited: Set<String> = []
    func visit(_ prefix: String) throws {
      let path = prefix.isEmpty ? folder : folder + "/" + prefix
      // A link may lead back to where one came from.
      guard visited.insert(URL(fileURLWithPath: path).resolvingSymlinksInPath().path).inserted else { return }
      let entries: [String]
      do {
        entries = try FileManager.default.contentsOfDirectory(atPath: path)
      } catch {
        throw FileError(path: path, reason: .unreadable, problem: "the folder cannot be listed: \(error)")
      }
      for entry in entries.sorted() where !entry.hasPrefix(".") {
        let name = prefix.isEmpty ? entry : prefix + "/" + entry
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder) else {
          continue
        }
        if isFolder.boolValue { try visit(name) } else { result.append(name) }
      }
    }
    try visit("")
    return result
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
