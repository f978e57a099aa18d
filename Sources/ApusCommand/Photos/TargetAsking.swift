import Apus

/// A network for labels or numbers measured on photos that a table lists.
struct TargetEvaluation {
  let model: String
  let table: PhotoTable
  let answers: TargetAnswers
  /// The folder of the test photos, below the one that was given.
  let part: String?

  init(model: String, photos: String, table path: String, files: String?, isQuiet: Bool) throws {
    let predictor = try TargetPredictor.load(from: model)
    table = try PhotoTable(
      path: path, folder: photos, columns: predictor.columns, names: predictor.names, files: files)
    let tested = try table.tested()
    part = tested.part
    let progress = CountProgress()
    answers = try predictor.answers(for: tested.photos.files, truths: tested.photos.values) {
      if !isQuiet { progress.report("photos to test with", $0, tested.photos.count) }
    }
    guard answers.count > 0 else {
      throw Failure(.data, "None of \(tested.photos.count) photos in \(photos) can be read.")
    }
    self.model = model
  }

  /// What a person should know.
  var notes: [String] {
    [EvaluatedPhotos.note(part: part)] + table.notes
      + answers.skipped.map { "\($0.path) cannot be read: \($0.problem)" }
  }

  var json: JSON {
    .object(
      [JSON.Member("model", .string(model))] + TargetScores(answers).members + [
        JSON.Member("skipped", PhotoPrediction.skippedJSON(answers.skipped)),
        JSON.Member("notes", .array(notes.map { .string($0) })),
      ])
  }

  var text: String {
    let scores = TargetScores(answers, what: EvaluatedPhotos.name(part: part))
    return [scores.headline, scores.table].joined(separator: "\n\n")
  }
}

/// What is said of the photos that a network is measured on.
enum EvaluatedPhotos {
  /// - Parameter part: The folder of test photos below the one that was given; nil where there is none.
  static func note(part: String?) -> String {
    part.map { "the photos in its folder \($0) count" }
      ?? "all photos count, as there are no folders train and test: where the model has learned from some of them, "
      + "the result flatters"
  }

  static func name(part: String?) -> String { part == nil ? "photos" : "test photos" }
}

/// What a network for labels or numbers says of photos.
struct TargetPrediction: PhotoAnswering {
  let model: String
  let answers: TargetAnswers

  /// - Parameter paths: Photos, and folders of photos.
  init(model: String, paths: [String]) throws {
    let predictor = try TargetPredictor.load(from: model)
    answers = try predictor.answers(for: PhotoPrediction.files(paths))
    self.model = model
  }

  var json: JSON {
    let entries = answers.files.indices.map { photo in
      let values = zip(answers.names, answers.values[photo]).map { JSON.Member($0, .number($1)) }
      let file = JSON.Member("file", .string(answers.files[photo]))
      guard !answers.areNumbers else { return JSON.object([file, JSON.Member("numbers", .object(values))]) }
      return .object([
        file, JSON.Member("labels", .array(answers.said(photo).map { .string($0.name) })),
        JSON.Member("probabilities", .object(values)),
      ])
    }
    return .object([
      JSON.Member("model", .string(model)), JSON.Member("predictions", .array(entries)),
      JSON.Member("skipped", PhotoPrediction.skippedJSON(answers.skipped)),
    ])
  }

  var skipped: [(path: String, problem: String)] { answers.skipped }

  func text(top: Int) -> String {
    Format.table(
      answers.files.indices.map { photo in
        let said = answers.said(photo).map {
          "\($0.name) " + (answers.areNumbers ? Format.number($0.value) : Format.percent($0.value, digits: 1))
        }
        return [answers.files[photo]] + (said.isEmpty ? ["none of the labels"] : said)
      })
  }
}
