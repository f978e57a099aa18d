import ApusIO

extension ImageDataset {
  /// Images in folders that are called as the labels that hold: `photos/beach+dog/1.jpg` shows both. Images that lie
  /// in no folder show none.
  /// - Parameters:
  ///   - folder: The folder of the labels' folders.
  ///   - separator: What stands between labels in a folder's name.
  ///   - loading: How the images are read.
  ///   - labelNames: The labels and their order; all that are found, sorted, by default.
  ///   - damaged: What happens to files that cannot be decoded.
  /// - Throws: `FileError` for a folder or file that is missing, damaged, in a format that is not read or of
  ///   too many pixels. `DataError` for settings that make no sense.
  public init(
    folder: String, labelSeparator separator: Character, loading: ImageLoading, labelNames: [String]? = nil,
    damaged: DamagedFiles = .thrown
  ) throws {
    let files = try ImageFiles(folder: folder)
    let found = files.names.map { name -> [String] in
      let parts = name.split(separator: "/", maxSplits: 1)
      return parts.count < 2 ? [] : parts[0].split(separator: separator).map(String.init)
    }
    let names = labelNames ?? Set(found.joined()).sorted()
    guard !files.names.isEmpty, !names.isEmpty else {
      throw DataError(.empty, "there are no images in folders of labels in \(folder)")
    }
    let places = Dictionary(zip(names, names.indices)) { first, _ in first }
    let labels = try zip(found, files.names).map { labels, name in
      try labels.map { label in
        guard let place = places[label] else {
          throw DataError(
            .classes, "\(files.path(name)) has the label \"\(label)\", which is none of \(names)")
        }
        return place
      }
    }
    try self.init(
      paths: files.names.map(files.path), targets: .labels(labels, names: names), loading: loading,
      damaged: damaged, alreadySkipped: try files.misnamed(damaged), unread: files.unreadBesideMisnamed)
  }
}
