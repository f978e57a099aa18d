import Apus
import Foundation

/// A classifier of photos measured on a folder of them.
struct PhotoEvaluation {
  let model: String
  let photos: LabelledPhotos
  let answers: PhotoAnswers
  let evaluation: Evaluation
  let calibrationError: Double

  init(model: String, photos folder: String, table: TableSource? = nil, isQuiet: Bool) throws {
    let classifier = try PhotoClassifier.load(from: model)
    photos =
      try table.map { source in
        try LabelledPhotos(
          PhotoTable(
            path: source.path, folder: folder,
            columns: PhotoTable.Columns(targets: source.targets, task: .classes),
            names: classifier.classNames,
            files: source.files))
      } ?? LabelledPhotos(folder, classNames: classifier.classNames)
    let count = photos.files.count
    let progress = CountProgress()
    answers = try classifier.answers(for: photos.files, labels: photos.labels) {
      if !isQuiet { progress.report("photos to test with", $0, count) }
    }
    guard answers.count > 0 else {
      throw Failure(.data, "None of \(count) photos in \(folder) can be read, \(photos.files[0]) first.")
    }
    self.model = model
    evaluation = Evaluation(answers)
    let probabilities = Literal(
      answers.probabilities.joined().map { Float($0) }, shape: [answers.count, answers.classNames.count])
    calibrationError =
      try CalibrationReport(probabilities: probabilities, labels: answers.labels ?? []).expectedError
  }

  /// What could not be measured, and other things that a person should know.
  var notes: [String] {
    var notes: [String] = []
    if let part = photos.part { notes.append("the photos in its folder \(part) count") }
    if !photos.unknownClasses.isEmpty {
      notes.append(
        "left out, as the model does not know the classes: "
          + photos.unknownClasses.map { "\($0.name) (\($0.count))" }.joined(separator: ", "))
    }
    if !photos.missingClasses.isEmpty {
      notes.append("there are no photos of " + photos.missingClasses.joined(separator: ", "))
    }
    return notes + answers.skipped.map { "\($0.path) cannot be read: \($0.problem)" }
      + photos.misnamed.map { "\($0) is no picture" }
  }

  var json: JSON {
    var members = [JSON.Member("model", .string(model))]
    if case .object(let metrics) = evaluation.json {
      members.append(
        JSON.Member(
          "metrics", .object(metrics + [JSON.Member("calibration_error", .number(calibrationError))])))
    }
    if let classes = evaluation.classesJSON { members.append(JSON.Member("classes", classes)) }
    if let matrix = evaluation.matrixJSON { members.append(JSON.Member("confusion_matrix", matrix)) }
    return .object(
      members + [
        JSON.Member(
          "unknown_classes",
          .object(photos.unknownClasses.map { JSON.Member($0.name, .integer($0.count)) })),
        JSON.Member("missing_classes", .array(photos.missingClasses.map { .string($0) })),
        JSON.Member("skipped", PhotoPrediction.skippedJSON(answers.skipped)),
      ])
  }

  var text: String {
    [evaluation.headline, evaluation.classTable, evaluation.matrixTable].compactMap { $0 }
      .joined(separator: "\n\n")
  }
}

/// What a network says of photos, for people and machines.
protocol PhotoAnswering {
  /// Files that could not be read, and why.
  var skipped: [(path: String, problem: String)] { get }
  var json: JSON { get }
  /// - Parameter top: How many classes are named of each photo.
  func text(top: Int) -> String
}

/// What a classifier says of photos whose classes nobody knows.
struct PhotoPrediction: PhotoAnswering {
  let model: String
  let answers: PhotoAnswers

  /// - Parameter paths: Photos, and folders of photos.
  init(model: String, paths: [String]) throws {
    let classifier = try PhotoClassifier.load(from: model)
    answers = try classifier.answers(for: Self.files(paths))
    self.model = model
  }

  /// The photos at paths of photos and of folders of them.
  static func files(_ paths: [String]) throws -> [String] {
    var files: [String] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw Failure(.noInput, "\(path): there is no such file.")
      }
      guard isFolder.boolValue else {
        files.append(path)
        continue
      }
      let found = try ImageFiles(folder: path)
      guard !found.names.isEmpty else { throw Failure(.data, "\(path): there are no photos in this folder.") }
      files += found.names.map(found.path)
    }
    return files
  }

  var skipped: [(path: String, problem: String)] { answers.skipped }

  private func order(_ index: Int) -> [(name: String, probability: Double)] {
    let shares = answers.probabilities(index)
    return shares.indices.sorted { (shares[$1], $0) < (shares[$0], $1) }
      .map { (answers.classNames[$0], shares[$0]) }
  }

  /// All classes of each photo, as models of other pictures give them; the likeliest first.
  var json: JSON {
    let entries = answers.files.indices.map { index in
      let order = order(index)
      return JSON.object([
        JSON.Member("file", .string(answers.files[index])), JSON.Member("class", .string(order[0].name)),
        JSON.Member("probability", .number(order[0].probability)),
        JSON.Member(
          "probabilities", .object(order.map { JSON.Member($0.name, .number($0.probability)) })),
      ])
    }
    return .object([
      JSON.Member("model", .string(model)), JSON.Member("predictions", .array(entries)),
      JSON.Member("skipped", Self.skippedJSON(answers.skipped)),
    ])
  }

  func text(top: Int) -> String {
    Format.table(
      answers.files.indices.map { index in
        [answers.files[index]]
          + order(index).prefix(top).map { "\($0.name) \(Format.percent($0.probability, digits: 1))" }
      })
  }

  static func skippedJSON(_ skipped: [(path: String, problem: String)]) -> JSON {
    .array(
      skipped.map {
        .object([JSON.Member("file", .string($0.path)), JSON.Member("problem", .string($0.problem))])
      })
  }
}
