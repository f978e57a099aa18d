import Apus
import ArgumentParser
import Foundation

struct SimilarCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar",
    abstract: "Find the photos that look most like others.",
    discussion: """
        apus similar --index photos beach.jpg                 the five most like beach.jpg
        apus similar --index photos --save photos.index       look at the folder once
        apus similar --index photos.index beach.jpg --html similar.html
        apus similar --index photos --duplicates 0.95         pairs of nearly the same

      Photos are compared by what a network makes of them just before it would name their class: 1 is the same, \
      about 0 is nothing in common. With --model it is one of your own, from `apus fit`.
      """)

  @Option(
    help: ArgumentHelp("A folder of photos, or an index that --save wrote.", valueName: "folder or file"))
  var index: String
  @Argument(help: "Photos to search for.") var queries: [String] = []
  @Option(help: "How many photos to find for each.") var count = 5
  @Option(
    help: ArgumentHelp("Name pairs in the index that are at least so similar.", valueName: "similarity"))
  var duplicates: Double?
  @Option(help: ArgumentHelp("Write the index, for the next time.", valueName: "file")) var save: String?
  @Option(help: ArgumentHelp("Write a page that shows what was found.", valueName: "file")) var html: String?
  @Option(help: ArgumentHelp("One of your own to compare by.", valueName: "model")) var model: String?
  @OptionGroup var network: NetworkOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard count >= 1 else { throw ValidationError("--count is at least 1.") }
    guard !queries.isEmpty || duplicates != nil || save != nil else {
      throw ValidationError("Name photos to search for, or give --duplicates or --save.")
    }
    guard html == nil || !queries.isEmpty else {
      throw ValidationError("--html shows what is found for photos: name some to search for.")
    }
    if let duplicates, !(-1...1 ~= duplicates) { throw ValidationError("--duplicates is from -1 to 1.") }
  }

  func run() throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: index, isDirectory: &isFolder)
    var skipped: [Skipped] = []
    let embedder = exists && !isFolder.boolValue && queries.isEmpty ? nil : try makeEmbedder()
    let photos: SimilarityIndex
    if exists, !isFolder.boolValue {
      photos = try SimilarityIndex.load(from: index)
      if let embedder, embedder.description != photos.embedder {
        throw Failure(
          .data,
          "\(index) was made by another network (\(photos.embedder)) than is given now (\(embedder.description)). "
            + "Give the same --model or --architecture, or make the index again.")
      }
    } else {
      let files = try ImageFiles(folder: index)
      let paths = files.names.map(files.path)
      let made = try embedder?.vectors(of: paths, skipsDamaged: true) { done in
        if !output.json, paths.count > 200 { Console.remark("\(done) of \(paths.count) photos") }
      }
      guard let embedder, let made, let vectors = made.vectors else {
        throw Failure(.data, "\(index) holds no images that can be read.")
      }
      skipped = made.skipped
      photos = try SimilarityIndex(
        names: made.places.map { paths[$0] }, vectors: vectors, embedder: embedder.description)
    }
    if let save { try photos.save(to: save) }

    var rows: [SimilarityPage.Row] = []
    if let embedder, !queries.isEmpty, let vectors = try embedder.vectors(of: queries).vectors {
      let found = try photos.matches(vectors, count: count)
      rows = zip(queries, found).map { SimilarityPage.Row(query: $0, matches: $1) }
    }
    if let html { try AtomicFile.write(SimilarityPage(title: "Similar photos", rows: rows).html(), to: html) }
    let pairs = try duplicates.map { try photos.nearDuplicates(similarity: $0) }
    Console.result(json(photos, rows, pairs, skipped), asJSON: output.json) {
      text(photos, rows, pairs, skipped)
    }
  }

  private func makeEmbedder() throws -> ImageEmbedder {
    if let model { return try ImageEmbedder(Registry.standard.open(model)) }
    return try ImageEmbedder(
      VisionModel.pretrained(
        network.named(), weights: network.weights, includeTop: false, pooling: .average))
  }

  private func text(
    _ photos: SimilarityIndex, _ rows: [SimilarityPage.Row],
    _ pairs: [(first: String, second: String, similarity: Double)]?,
    _ skipped: [Skipped]
  ) -> String {
    func similarity(_ value: Double) -> String { String(format: "%.3f", value) }
    var lines = rows.flatMap { row in
      [row.query] + row.matches.map { "  \(similarity($0.similarity))  \($0.name)" }
    }
    if let pairs {
      lines.append(
        "\(Format.grouped(pairs.count)) pairs of nearly the same among \(Format.grouped(photos.count))")
      lines += pairs.map { "  \(similarity($0.similarity))  \($0.first)  \($0.second)" }
    }
    lines += skipped.map { "left out: \($0.name): \($0.problem)" }
    if let save { lines.append("index of \(Format.grouped(photos.count)) photos: \(save)") }
    if let html { lines.append("page: \(html)") }
    return lines.joined(separator: "\n")
  }

  private func json(
    _ photos: SimilarityIndex, _ rows: [SimilarityPage.Row],
    _ pairs: [(first: String, second: String, similarity: Double)]?,
    _ skipped: [Skipped]
  ) -> JSON {
    var members = [
      JSON.Member("index", .string(index)), JSON.Member("photos", .integer(photos.count)),
      JSON.Member("embedder", .string(photos.embedder)),
      JSON.Member(
        "queries",
        .array(
          rows.map { row in
            .object([
              JSON.Member("file", .string(row.query)),
              JSON.Member(
                "matches",
                .array(
                  row.matches.map {
                    .object([
                      JSON.Member("file", .string($0.name)),
                      JSON.Member("similarity", .number($0.similarity)),
                    ])
                  })),
            ])
          })),
      JSON.Member(
        "left_out",
        .array(
          skipped.map {
            .object([JSON.Member("file", .string($0.name)), JSON.Member("problem", .string($0.problem))])
          })),
    ]
    if let pairs {
      members.append(
        JSON.Member(
          "near_duplicates",
          .array(
            pairs.map {
              .object([
                JSON.Member("files", .array([.string($0.first), .string($0.second)])),
                JSON.Member("similarity", .number($0.similarity)),
              ])
            })))
    }
    return .object(members)
  }
}
