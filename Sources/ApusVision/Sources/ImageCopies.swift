import ApusData
import ApusReport
import ApusTasks

/// Which images are left out because they are there several times, and what is told of it.
struct ImageCopies {
  /// By their bytes: paths that differ only in their Unicode form are two files.
  private var leftOut: Set<[UInt8]> = []
  private(set) var notes: [String] = []

  /// - Parameters:
  ///   - census: What was found out about the files.
  ///   - part: The part of the image of a name; nil where it is open.
  ///   - contradiction: What is told of images that are there with several labels.
  ///   - label: What is to be predicted of an image; nil for images that are not used.
  init<Label: Hashable>(
    _ census: ImageCensus, part: (String) -> Part?, contradiction: String, label: (String) -> Label?
  ) {
    var leaking: [String] = [], repeated: [String] = [], contradicting: [String] = []
    for group in census.duplicates {
      let used = group.filter { label($0) != nil }
      guard used.count > 1 else { continue }
      // Of equal images one counts: the one in the test set, else in the validation set, else the first.
      let order: [Part?] = [.test, .validation]
      let kept = order.compactMap { wanted in used.first { part($0) == wanted } }.first
      if let kept {
        leaking += used.filter { part($0) != part(kept) }
        repeated += used.filter { part($0) == part(kept) && $0 != kept }
      } else if Set(used.map(label)).count > 1 {
        contradicting += used
      } else {
        repeated += used.dropFirst()
      }
    }
    leftOut = Set((leaking + repeated + contradicting).map { Array($0.utf8) })
    func note(_ names: [String], _ what: String) {
      guard !names.isEmpty else { return }
      notes.append(
        "\(Format.count(names.count, "image")) left out, as \(what): " + Format.list(names, limit: 3))
    }
    note(leaking, "the same is in the validation or test set")
    note(repeated, "the same is there already")
    note(contradicting, contradiction)
    let alike = census.nearDuplicates.filter { part($0.first) != part($0.second) }
    if let first = alike.first {
      notes.append(
        "\(Format.count(alike.count, "pair")) of nearly the same image in different parts, such as \(first.first) and "
          + "\(first.second): the scores may be too good")
    }
  }

  /// Whether the image of a name is left out.
  func leavesOut(_ name: String) -> Bool { leftOut.contains(Array(name.utf8)) }
}

extension [UnreadFile] {
  /// Files that are not read, and why; hidden ones are left to the notes.
  func skipped(in folder: String) -> [Skipped] {
    filter { $0.reason != .hidden }.map {
      Skipped(folder + "/" + $0.path, $0.reason.rawValue + ($0.detail.isEmpty ? "" : " (\($0.detail))"))
    }
  }
}

extension ImageCensus {
  /// Files that cannot be used, and why.
  func skipped(in folder: String) -> [Skipped] {
    damaged.map { Skipped(folder + "/" + $0.name, $0.problem) } + unread.skipped(in: folder)
  }

  /// Notes on files that cannot be read, or are of no format that is; none where all are images.
  var damageNotes: [String] {
    let broken = damaged.map(\.name) + misnamed, others = UnreadFile.notes(on: unread)
    guard !broken.isEmpty else { return others }
    return others + [
      "\(Format.count(broken.count, "image")) left out, as \(broken.count == 1 ? "it" : "they") cannot be read: "
        + Format.list(broken, limit: 3)
    ]
  }
}
