import Apus
import ArgumentParser
import Foundation

struct FitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Train a network on photos, a data set or a table.",
    discussion: """
      Photos of your own, in a folder for each class, or in train and test folders of such:

        apus fit photos --output my-model
        apus evaluate --model my-model other-photos
        apus predict --model my-model dog.jpg

      The folder is looked at first, and what is wrong with it is said. A network that knows ImageNet gets a new \
      classifier (scripts/weights fetches what it knows; without, or with --from-scratch, a network learns from \
      nothing), a learning rate is searched, training stops by itself, and photos that nothing depended on test it.

      Several labels for each photo, or numbers, from a table that names the files: tags with ";" or blanks between \
      them in one column, 0 and 1 in a column for each label, or columns of numbers:

        apus fit photos --table labels.csv --target tags
        apus fit photos --table labels.csv --target sunny,indoor
        apus fit photos --table sizes.csv --target weight,height

      A class for each pixel, from a folder of masks that are called as the photos:

        apus fit photos --masks masks --class-names background,cat,dog

      Pictures of a data set:

        apus fit --dataset fashion-mnist --epochs 10

      A table: one column is predicted from the others. Numbers are scaled, categories become zeros and ones, and \
      missing values are filled in and marked; a fifth of the rows, drawn by the seed, is kept to test with. A column \
      of numbers is predicted as a number, one of words as a class:

        apus fit --data weather.csv --target tomorrow --epochs 60
        apus fit --data iris.csv --target species --hidden 32,32

      Training saves its state as it goes. After Ctrl-C, a crash or a power cut it goes on where it was, and ends with \
      the same weights, bit for bit, as if nothing had happened:

        apus fit --resume                   the newest run in runs/ that did not end
        apus fit --resume --output my-run   a run in a folder of your own

      The same seed, data and settings give the same model on the same kind of machine: compare weights_sha256 in \
      result.json.
      """)

  @OptionGroup(title: "Photos") var photoOptions: PhotoOptions
  @Option(help: ArgumentHelp("A data set by name; see `apus datasets`.", valueName: "name")) var dataset:
    String?
  @Option(help: ArgumentHelp("A CSV file whose first line names its columns.", valueName: "file")) var data:
    String?
  @Option(
    help: ArgumentHelp(
      "The column of --data or --table to predict; of --table several, with commas between them.",
      valueName: "column")) var target: String?
  @Option(
    help: ArgumentHelp(
      "What to predict: regression (a number) or classification, for --table labels, numbers or classes; told from "
        + "the column.",
      valueName: "task")) var task: String?
  @Option(
    help: ArgumentHelp("Columns of --data to leave out, with commas between them.", valueName: "columns"))
  var ignore: String?
  @Option(help: ArgumentHelp("The share of --data's rows to test with. (default: 0.2)", valueName: "share"))
  var testFraction: Double?
  @Option(
    help: ArgumentHelp(
      "convolutional (pictures; the default for them) or perceptron; for photos one of `apus models`.",
      valueName: "kind"))
  var architecture: String?
  @Option(
    help: ArgumentHelp(
      "Units of each hidden layer, with commas between. (default: 128 for pictures, "
        + "50,50,50,50,50 for tables)", valueName: "units")) var hidden: String?
  @Option(
    help: ArgumentHelp(
      "How often all samples are seen. (default: 6 for pictures, 60 for tables)", valueName: "count"))
  var epochs: Int?
  @Option(
    help: ArgumentHelp("Samples in each step. (default: 128 for pictures, 32 for tables)", valueName: "count")
  ) var batchSize: Int?
  @Option(help: ArgumentHelp("The highest learning rate of the cycle. (default: 0.003)", valueName: "rate"))
  var learningRate: Double?
  @Option(
    help: ArgumentHelp(
      "How strongly weights are held small. (default: 0 for pictures, 0.5 for tables)", valueName: "strength")
  )
  var weightDecay: Double?
  @Option(help: ArgumentHelp("What all randomness depends on. (default: 0)", valueName: "number")) var seed:
    UInt64?
  @Option(help: ArgumentHelp("Use only so many samples, to try something quickly.", valueName: "count"))
  var samples: Int?
  @Option(help: ArgumentHelp("Steps between two checkpoints. (default: 100)", valueName: "steps"))
  var checkpointEvery: Int?
  @Option(help: ArgumentHelp("The folder to write to. (default: runs/TIME)", valueName: "folder"))
  var output: String?
  @Flag(help: "Go on with a run that was interrupted.") var resume = false
  @OptionGroup var outputOptions: OutputOptions

  func run() async throws {
    if let photos = try photoRun() {
      if resume, photos.folder.isFinished { return try sayFinished(photos.folder) }
      let outcome = try await Interruption.allowed { try await photos.perform() }
      Console.result(outcome.result, asJSON: outputOptions.json) { outcome.text }
      return
    }
    let run = try resume ? resumedRun() : newRun()
    if resume, run.folder.isFinished { return try sayFinished(run.folder) }
    let outcome = try await Interruption.allowed { try await run.perform() }
    Console.result(outcome.result, asJSON: outputOptions.json) { outcome.text }
  }

  private func sayFinished(_ folder: RunFolder) throws {
    let bytes = try FileReader(path: folder.resultPath)
    let result = try? JSON(parsing: bytes.bytes(at: 0, count: bytes.byteCount))
    Console.result(result ?? .null, asJSON: outputOptions.json) {
      "The run in \(folder.path) has come to its end already: nothing is left to do."
    }
  }

  /// The training on photos that is asked for; nil where it is one on something else.
  private func photoRun() throws -> (any FolderRun)? {
    if resume {
      let folder = output.map { RunFolder(path: Self.trimmed($0)) } ?? .newestUnfinished()
      let isBegun = folder?.isBegun ?? false
      let masked = try folder.flatMap { isBegun ? try SegmentationSettings.load(from: $0.settingsPath) : nil }
      let settings = try folder.flatMap { isBegun ? try PhotoSettings.load(from: $0.settingsPath) : nil }
      guard let folder, masked != nil || settings != nil else {
        guard photoOptions.photos == nil, !photoOptions.areGiven else {
          throw Failure(
            .usage, "There is no unfinished run on photos to go on with. Leave --resume out to begin one.")
        }
        return nil
      }
      guard photoOptions.photos == nil, !photoOptions.areGiven, architecture == nil, epochs == nil,
        seed == nil, dataset == nil, data == nil, optionOfOtherData == nil
      else {
        throw Failure(
          .usage,
          "The run in \(folder.path) goes on with the settings that it was begun with. Leave others out beside --resume, "
            + "or begin a new run.")
      }
      if let masked {
        return SegmentationRun(
          folder: folder, photos: masked.photos, masks: masked.masks, classNames: masked.classNames,
          recipe: masked.segmentation, seed: masked.seed, resumes: true, isQuiet: outputOptions.json)
      }
      guard let settings else { return nil }
      if let table = settings.table {
        return TargetRun(
          folder: folder, photos: settings.photos, table: table, recipe: settings.recipe, seed: settings.seed,
          resumes: true, isQuiet: outputOptions.json)
      }
      return PhotoRun(
        folder: folder, photos: settings.photos, recipe: settings.recipe, seed: settings.seed, resumes: true,
        isQuiet: outputOptions.json)
    }
    guard let photos = photoOptions.photos else {
      guard !photoOptions.areGiven else {
        throw Failure(
          .usage,
          "--table, --files, --masks, --class-names, --from-scratch, --side, --fine-tune, --no-mirror and --balance go with a folder of photos."
        )
      }
      return nil
    }
    guard dataset == nil, data == nil else {
      throw Failure(.usage, "Give a folder of photos, --dataset or --data: one of them.")
    }
    if let other = optionOfOtherData {
      throw Failure(.usage, "\(other) is not for photos, for which such things are found out.")
    }
    var wishes = PhotoRecipe.Wishes()
    wishes.architecture = architecture
    wishes.fromScratch = photoOptions.fromScratch
    wishes.side = photoOptions.side
    wishes.epochs = epochs
    wishes.fineTunes = photoOptions.fineTune
    wishes.mirrors = !photoOptions.noMirror
    wishes.balance = photoOptions.balance ?? .weights
    if let masks = photoOptions.masks {
      guard photoOptions.table == nil, photoOptions.balance == nil else {
        throw Failure(.usage, "Give --masks or --table: --table and --balance are not for masks.")
      }
      // A wish that cannot be met is told before the photos are looked at.
      _ = try SegmentationRecipe(side: 256, count: 1000, wishes: wishes)
      return SegmentationRun(
        folder: try newFolder(), photos: Self.trimmed(photos), masks: Self.trimmed(masks),
        classNames: photoOptions.classNames?.split(separator: ",").map {
          $0.trimmingCharacters(in: .whitespaces)
        }, wishes: wishes, seed: seed ?? 0, isQuiet: outputOptions.json)
    }
    _ = try PhotoRecipe(side: 256, count: 1000, wishes: wishes)
    guard photoOptions.classNames == nil else { throw Failure(.usage, "--class-names goes with --masks.") }
    if let table = try tableSource() {
      return TargetRun(
        folder: try newFolder(), photos: Self.trimmed(photos), table: table, wishes: wishes, seed: seed ?? 0,
        isQuiet: outputOptions.json)
    }
    return PhotoRun(
      folder: try newFolder(), photos: Self.trimmed(photos), wishes: wishes, seed: seed ?? 0,
      isQuiet: outputOptions.json)
  }

  /// The table that says what photos show; nil where their folders do.
  private func tableSource() throws -> TableSource? {
    guard let path = photoOptions.table else {
      guard photoOptions.files == nil else { throw Failure(.usage, "--files names a column of --table.") }
      return nil
    }
    guard let target else {
      throw Failure(.usage, "Which columns of \(path) are to be predicted? Name them by --target.")
    }
    let kind = try task.map { name in
      guard let kind = PhotoTable.Task(rawValue: name) else {
        throw Failure(.usage, "--task is labels, numbers or classes for photos, \"\(name)\" came.")
      }
      return kind
    }
    // A column may have a comma in its name.
    let names = target.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let columns = try CSVReader(path: path, format: .found(inFile: path)).columnNames
    return TableSource(
      path: URL(fileURLWithPath: path).standardizedFileURL.path,
      targets: columns.contains(target) ? [target] : names, files: photoOptions.files, task: kind)
  }

  /// An option that was given and that photos do not have; nil where there is none.
  private var optionOfOtherData: String? {
    let hasTable = photoOptions.table != nil
    let options: [(String, Bool)] = [
      ("--target", target != nil && !hasTable), ("--task", task != nil && !hasTable),
      ("--ignore", ignore != nil),
      ("--test-fraction", testFraction != nil), ("--hidden", hidden != nil), ("--samples", samples != nil),
      ("--batch-size", batchSize != nil), ("--learning-rate", learningRate != nil),
      ("--weight-decay", weightDecay != nil), ("--checkpoint-every", checkpointEvery != nil),
    ]
    return options.first(where: \.1)?.0
  }

  private func newRun() throws -> TrainingRun {
    let source = try source()
    guard let source else {
      throw Failure(
        .usage,
        "Nothing to learn from: name a folder of photos, a data set (--dataset fashion-mnist) or a table (--data FILE "
          + "--target COLUMN). `apus help fit` has examples.")
    }
    let settings = try adjusted(.usual(for: source))
    return TrainingRun(folder: try newFolder(), settings: settings, isQuiet: outputOptions.json)
  }

  /// A folder in which no run was begun.
  private func newFolder() throws -> RunFolder {
    let folder = try output.map { RunFolder(path: Self.trimmed($0)) } ?? .new()
    guard !folder.isBegun else {
      throw Failure(
        .usage,
        folder.isFinished
          ? "\(folder.path) holds a finished run. Choose another folder by --output."
          : "\(folder.path) holds a run that did not end. Go on with it by --resume, or choose another folder."
      )
    }
    return folder
  }

  private func resumedRun() throws -> TrainingRun {
    guard let folder = output.map({ RunFolder(path: Self.trimmed($0)) }) ?? .newestUnfinished() else {
      throw Failure(.noInput, "There is no unfinished run in \(RunFolder.root)/. Name one by --output.")
    }
    guard folder.isBegun else {
      throw Failure(.noInput, "\(folder.path) holds no run to go on with: there is no settings.json in it.")
    }
    let settings = try RunSettings.load(from: folder.settingsPath)
    // Options may be said again, but a resumed run cannot be another one.
    var asked = try adjusted(settings)
    if let source = try source() { asked.source = source }
    guard asked == settings else {
      throw Failure(
        .usage,
        "The run in \(folder.path) was begun with other settings, and goes on with those alone. Leave them "
          + "out beside --resume, or begin a new run.")
    }
    return TrainingRun(folder: folder, settings: settings, resumes: true, isQuiet: outputOptions.json)
  }

  private func source() throws -> RunSettings.Source? {
    switch (dataset, data) {
    case (.some, .some): throw Failure(.usage, "Give --dataset or --data, not both.")
    case (let name?, nil):
      guard target == nil, task == nil, ignore == nil, testFraction == nil else {
        throw Failure(
          .usage, "--target, --task, --ignore and --test-fraction go with --data, not with --dataset.")
      }
      return .dataset(try NamedDataset.named(name).name)
    case (nil, let path?):
      guard let target else {
        throw Failure(.usage, "Which column of \(path) is to be predicted? Name it by --target.")
      }
      if let task, TableEncoder.Task(rawValue: task) == nil {
        throw Failure(.usage, "--task is regression or classification, \"\(task)\" came.")
      }
      let fraction = testFraction ?? 0.2
      guard fraction > 0, fraction < 1 else {
        throw Failure(.usage, "--test-fraction is a number between 0 and 1, \(fraction) came.")
      }
      let full = URL(fileURLWithPath: path).standardizedFileURL.path
      return .table(
        path: full, target: target, task: task,
        ignored: ignore?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? [],
        testFraction: fraction)
    case (nil, nil): return nil
    }
  }

  /// The settings with what the options say.
  private func adjusted(_ base: RunSettings) throws -> RunSettings {
    var settings = base
    if let architecture {
      guard let kind = Architecture.Kind(rawValue: architecture) else {
        throw Failure(.usage, "--architecture is convolutional or perceptron, \"\(architecture)\" came.")
      }
      if case .table = base.source, kind == .convolutional {
        throw Failure(.usage, "A table has no pictures for convolutions: leave --architecture out.")
      }
      settings.architecture = kind
    }
    if let hidden { settings.hidden = try Architecture.units(hidden) }
    func positive(_ value: Int?, _ name: String, _ keyPath: WritableKeyPath<RunSettings, Int>) throws {
      guard let value else { return }
      guard (1...1 << 24).contains(value) else {
        throw Failure(.usage, "\(name) is at least 1, \(value) came.")
      }
      settings[keyPath: keyPath] = value
    }
    try positive(epochs, "--epochs", \.epochs)
    try positive(batchSize, "--batch-size", \.batchSize)
    try positive(checkpointEvery, "--checkpoint-every", \.checkpointInterval)
    if let samples {
      guard samples >= 1 else { throw Failure(.usage, "--samples is at least 1, \(samples) came.") }
      settings.sampleLimit = samples
    }
    if let learningRate {
      guard learningRate > 0, learningRate.isFinite else {
        throw Failure(.usage, "--learning-rate is a positive number, \(learningRate) came.")
      }
      settings.learningRate = learningRate
    }
    if let weightDecay {
      guard weightDecay >= 0, weightDecay.isFinite else {
        throw Failure(.usage, "--weight-decay is a number of at least 0, \(weightDecay) came.")
      }
      settings.weightDecay = weightDecay
    }
    if let seed { settings.seed = seed }
    return settings
  }

  private static func trimmed(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}

extension RunSettings {
  /// What is used where nothing else is asked for.
  static func usual(for source: Source) -> RunSettings {
    switch source {
    case .dataset:
      RunSettings(
        source: source, architecture: .convolutional, epochs: 6, batchSize: 128, learningRate: 0.003,
        weightDecay: 0, seed: 0,
        checkpointInterval: 100)
    case .table:
      RunSettings(
        source: source, architecture: .perceptron, epochs: 60, batchSize: 32, learningRate: 0.003,
        weightDecay: 0.5, seed: 0,
        checkpointInterval: 100)
    }
  }
}
