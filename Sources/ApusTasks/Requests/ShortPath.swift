import Foundation

/// A text in which paths below the current folder are written as a person would type them there: examples know their files
/// by absolute paths, so that a run can go on from anywhere.
/// - Parameter text: A text with absolute paths.
/// - Returns: The same text with paths relative to the current folder, where they lie below it.
public func shortPaths(_ text: String) -> String {
  let here = FileManager.default.currentDirectoryPath
  return here == "/" ? text : text.replacingOccurrences(of: here + "/", with: "")
}
