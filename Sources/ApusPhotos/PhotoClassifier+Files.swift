import ApusData
import ApusGraph
import ApusIO
import ApusTensor

extension PhotoClassifier {
  /// What the network says of photos in files.
  ///
  /// - Parameters:
  ///   - files: The photos.
  ///   - labels: What they show, by number of class, where that is known.
  ///   - broken: What happens to files that cannot be read.
  ///   - views: The views of each photo that are asked about; the classifier's own when nil.
  ///   - progress: Called now and then with the number of photos done.
  /// - Throws: `DataError` when labels and files differ in number or a label is none of the classes; `FileError` for
  ///   a broken file unless it is to be skipped; `CancellationError` in a cancelled task.
  public func answers(
    for files: [String], labels: [Int]? = nil, broken: DamagedFiles = .skipped,
    views: [PhotoView]? = nil, progress: (Int) -> Void = { _ in }
  ) throws -> PhotoAnswers {
    if let labels {
      guard labels.count == files.count, labels.allSatisfy(classNames.indices.contains) else {
        throw DataError(
          .classes,
          "a label from 0 to \(classNames.count - 1) for each of \(files.count) photos was expected, "
            + "\(labels.count) from \(labels.min() ?? 0) to \(labels.max() ?? 0) came")
      }
    }
    let views = views ?? self.views
    let rows = try PhotoRows(
      of: files, views: views, loading: loading, program: program, broken: broken, progress: progress)
    let viewCount = Double(max(1, views.count))
    let logits = rows.values.map { row in
      classNames.indices.map { label in
        stride(from: label, to: row.count, by: classNames.count).reduce(0) { $0 + Double(row[$1]) }
          / viewCount
      }
    }
    return PhotoAnswers(
      files: rows.sound.map { files[$0] }, labels: labels.map { labels in rows.sound.map { labels[$0] } },
      classNames: classNames, logits: logits, temperature: temperature,
      skipped: rows.skipped.map { (files[$0.index], $0.problem) })
  }
}

/// What a program makes of photos: numbers for each view of each photo that can be read.
struct PhotoRows {
  /// The places of the photos that could be read.
  private(set) var sound: [Int] = []
  /// For each of them the program's numbers, one view after the other.
  private(set) var values: [[Float]] = []
  /// The others, and why.
  private(set) var skipped: [(index: Int, problem: String)] = []

  /// All numbers as one tensor, a row of the given shape for each view.
  func literal(row: Shape) -> Literal {
    let viewCount = (values.first?.count ?? 0) / max(1, row.elementCount)
    return Literal(dtype: .float32, shape: Shape([values.count * viewCount] + row.dimensions)) { target in
      var offset = 0
      for numbers in values {
        numbers.withUnsafeBytes { target[offset..<offset + $0.count].copyBytes(from: $0) }
        offset += numbers.count * MemoryLayout<Float>.size
      }
    }
  }

  /// Runs a program of pictures `[batch, height, width, channels]`, numbers in 0...1, over all views of all files.
  init(
    of files: [String], views: [PhotoView], loading: ImageLoading, program: CompiledFunction,
    broken: DamagedFiles, progress: (Int) -> Void = { _ in }
  ) throws {
    guard !views.isEmpty else { throw DataError(.setting, "at least one view was expected, none came") }
    // Batches stay of about one size, whatever the number of views.
    let step = max(1, PhotoClassifier.batchSize / views.count)
    for start in stride(from: 0, to: files.count, by: step) {
      try Task.checkCancellation()
      let indices = start..<min(start + step, files.count)
      let read = parallelMap(indices.count) { place in
        Result { try loading.images(at: files[indices.lowerBound + place], views: views) }
      }
      var pictures: [Literal] = []
      var places: [Int] = []
      for (index, result) in zip(indices, read) {
        switch result {
        case .success(let images):
          pictures += images.map { $0.literal() }
          places.append(index)
        case .failure(let error):
          guard broken == .skipped else { throw error }
          skipped.append((index, (error as? FileError)?.problem ?? "\(error)"))
        }
      }
      guard !pictures.isEmpty else { continue }
      let output = try program([Literal(stacking: pictures)])[0]
      let width = output.shape.elementCount / places.count
      let numbers = output.scalars(as: Float.self)
      sound += places
      values += places.indices.map { Array(numbers[$0 * width..<($0 + 1) * width]) }
      progress(indices.upperBound)
    }
  }
}
