import Apus
import ArgumentParser
import Foundation

struct StyleTrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network that paints any photo in one style.",
    discussion: """
        apus style train photos --style painting.jpg --output my-style
        apus style photo.jpg --network my-style --output painted.png

      Any photos will do, some hundreds or more; they need no labels. Ctrl-C ends training and keeps the network as \
      it is then; --resume goes on.
      """)

  @Argument(help: "A folder of photos, and of folders of more.") var photos: String
  @Option(help: ArgumentHelp("The image whose style is learned.", valueName: "file")) var style: String
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp("The folder that the network is written to.", valueName: "folder"))
  var outputFolder: String
  @Option(help: "How often all photos are seen (default: so often that there are about 1,000 steps).")
  var epochs: Int?
  @Option(help: "The side in pixels of what is cut out of photos to learn from.") var size = 128
  @Option(help: "The shorter side of the image in pixels: large ones have large strokes.") var styleSize =
    256
  @Option(help: "Photos a step.") var batchSize = 4
  @Option(help: "Filters of the network's first layer: fewer paint faster.") var width = 32
  @Option(help: "The greatest learning rate.") var learningRate = 0.002
  @Option(help: "What first weights and the order of photos depend on.") var seed: UInt64 = 0
  @Flag(help: "Go on where training in the output folder was stopped.") var resume = false
  @OptionGroup var options: StyleOptions
  @OptionGroup var network: NetworkOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (32...1024).contains(size), size % 4 == 0, (32...4096).contains(styleSize) else {
      throw ValidationError("--size is a multiple of 4 from 32 to 1024, --style-size from 32 to 4096.")
    }
    guard (1...10_000).contains(epochs ?? 1), (1...256).contains(batchSize), (1...256).contains(width) else {
      throw ValidationError("--epochs is from 1 to 10,000, --batch-size and --width from 1 to 256.")
    }
    guard learningRate > 0, learningRate.isFinite else {
      throw ValidationError("--learning-rate is above 0.")
    }
  }

  func run() async throws {
    let architecture = try network.named()
    let settings = try options.settings(for: architecture, usual: StyleSettings.usualForTraining)
    let image = try Image(contentsOf: style, channels: 3)
    let folder = StyleFolder(path: outputFolder)
    if !resume { try folder.requireFree() }
    try folder.create()
    try folder.begin(style: image, resumes: resume)
    let dataset = try StyleNetwork.photos(in: photos, size: size)
    for (path, problem) in dataset.skipped { Console.remark("left out: \(path): \(problem)") }
    let steps = DataLoader.batchCount(samples: dataset.count, batchSize: batchSize)
    let epochs = epochs ?? max(1, (1000 + steps / 2) / steps)

    let painter = StyleNetwork(width: width)
    let learner = try painter.learner(
      style: image, size: ImageSize(size), styleSize: styleSize, architecture: architecture,
      weights: network.weights, settings: settings,
      optimizer: .adam(
        schedule: .cosine(learningRate, decaySteps: steps * epochs)), seed: seed)
    if !output.json {
      Console.remark(
        "\(Format.grouped(dataset.count)) photos, \(Format.grouped(steps * epochs)) steps of \(batchSize)")
    }
    var wasStopped = false
    do {
      let (resume, progress) = (resume ? Resume.automatic : .never, output.json ? Progress.none : .automatic)
      _ = try await Interruption.allowed { [size, batchSize] in
        try await learner.fit(
          dataset, epochs: epochs, batchSize: batchSize,
          options: FitOptions(
            augmentations: StyleNetwork.augmentations(size: size),
            checkpointing: Checkpointing(directory: folder.checkpointPath, everySteps: 100), resume: resume,
            progress: progress))
      }
    } catch is CancellationError {
      wasStopped = true
    }
    try painter.save(to: folder.networkPath)
    try writeSample(of: painter, dataset.paths, to: folder.samplePath)
    if !wasStopped { folder.removeCheckpoint() }
    Console.result(
      .object([
        JSON.Member("network", .string(folder.networkPath)),
        JSON.Member("sample", .string(folder.samplePath)),
        JSON.Member("photos", .integer(dataset.count)), JSON.Member("steps", .integer(learner.stepCount)),
        JSON.Member("finished", .bool(!wasStopped)),
        JSON.Member("losses", .array(learner.history["loss"].map { JSON.number($0) })),
        JSON.Member("left_out", .array(dataset.skipped.map { .string($0.path) })),
      ]), asJSON: output.json
    ) {
      wasStopped
        ? "\(folder.networkPath): stopped after \(learner.stepCount) steps; --resume goes on"
        : "\(folder.networkPath): \(learner.stepCount) steps; \(folder.samplePath) shows some photos painted"
    }
    if wasStopped { throw ExitCode(ExitStatus.interrupted.rawValue) }
  }

  /// A few photos above what the network makes of them.
  private func writeSample(of painter: StyleNetwork, _ paths: [String], to file: String) throws {
    let side = ImageSize(256)
    let count = min(4, paths.count)
    let photos = try (0..<count).map {
      try Image(contentsOf: paths[$0 * paths.count / count], channels: 3).centerCropped(to: side)
    }
    let rows = [photos, try photos.map { try painter.image(of: $0) }]
    var pixels: [UInt8] = []
    for row in rows {
      for line in 0..<side.height {
        for photo in row { pixels += photo.pixels[line * side.width * 3..<(line + 1) * side.width * 3] }
      }
    }
    try Image(width: side.width * count, height: side.height * rows.count, channels: 3, pixels: pixels)
      .writePNG(to: file)
  }
}

/// The folder that training a style writes to.
struct StyleFolder: Sendable {
  let path: String

  var networkPath: String { path + "/network.safetensors" }
  var samplePath: String { path + "/sample.png" }
  var checkpointPath: String { path + "/checkpoint" }
  /// What says of which image the style is, while training is not finished.
  private var notePath: String { path + "/style.sha256" }

  /// The network's file, given itself or by its folder.
  static func network(at path: String) -> String {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? StyleFolder(path: path).networkPath : path
  }

  /// Makes the folder.
  func create() throws { try RunFolder(path: path).create() }

  /// Refuses a folder in which something would be written over.
  func requireFree() throws {
    for file in [networkPath, samplePath, checkpointPath] where FileManager.default.fileExists(atPath: file) {
      throw Failure(
        .usage,
        "\(file) is there already. Choose another folder by --output, or go on with its training by --resume."
      )
    }
  }

  /// Notes of which image the style is learned.
  /// - Throws: `Failure` where training is to go on that was begun with another one.
  func begin(style: Image, resumes: Bool) throws {
    var hash = SHA256()
    hash.update(Array("\(style.size);".utf8))
    hash.update(style.pixels)
    let found = hash.hexadecimal()
    if resumes, FileManager.default.fileExists(atPath: checkpointPath),
      let begun = try? String(contentsOfFile: notePath, encoding: .utf8),
      begun.trimmingCharacters(in: .whitespacesAndNewlines) != found
    {
      throw Failure(
        .usage,
        "The training in \(path) was begun with another image of a style. Name that one by --style, or another folder by "
          + "--output, or leave --resume out to begin anew.")
    }
    try AtomicFile.write(found + "\n", to: notePath)
  }

  /// Removes what only unfinished training needs.
  func removeCheckpoint() {
    try? FileManager.default.removeItem(atPath: Checkpointing(directory: checkpointPath).path)
    rmdir(checkpointPath)
    try? FileManager.default.removeItem(atPath: notePath)
  }
}
