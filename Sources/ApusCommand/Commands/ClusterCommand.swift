import Apus
import ArgumentParser

struct ClusterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster",
    abstract: "Find groups of rows in a table that has no target.",
    discussion: """
        apus cluster customers.csv
        apus cluster customers.csv --k 2..12 --output grouped.csv
        apus cluster places.csv --method dbscan --radius 0.3

      Numbers are standardized, categories one-hot. Of the numbers of clusters that are tried the one with the highest \
      silhouette is taken (1: far apart, 0: no groups), and how alike the clusters of two draws of the rows are is said, too. \
      For each cluster the columns are named that tell it from the whole.
      """)

  /// How clusters are found.
  enum Method: String, ExpressibleByArgument, CaseIterable {
    case kMeans = "k-means"
    case hierarchical, dbscan
  }

  @Argument(help: "A table, or - for standard input.") var table: String
  @Option(help: ArgumentHelp("How many clusters there are, or which numbers are tried.", valueName: "2..8"))
  var k = "2..8"
  @Option(help: ArgumentHelp("k-means, hierarchical or dbscan.", valueName: "method")) var method = Method
    .kMeans
  @Option(
    help: ArgumentHelp("hierarchical: ward, average, complete or single. (default: ward)", valueName: "name"))
  var linkage: String?
  @Option(
    help: ArgumentHelp("dbscan: rows no farther apart are neighbors. (default: 0.5)", valueName: "distance"))
  var radius: Double?
  @Option(help: ArgumentHelp("dbscan: neighbors that make a row a core. (default: 5)", valueName: "count"))
  var neighbors: Int?
  @Option(help: ArgumentHelp("Columns to leave out, with commas between them.", valueName: "columns"))
  var ignore: String?
  @Option(
    help: ArgumentHelp(
      "What columns are: number, boolean, category, date, text or id.", valueName: "a=category,b=date"))
  var types: String?
  @Option(help: ArgumentHelp("What all randomness depends on. (default: 0)", valueName: "number")) var seed:
    UInt64 = 0
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp("A file for the table with its clusters.", valueName: "file.csv"))
  var outputPath: String?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let found = try ClusteredTable(
      path: table, chosen(), ignored: ignore?.split(separator: ",").map(String.init) ?? [], types: types,
      seed: seed)
    if let outputPath { try found.write(to: outputPath) }
    for note in found.notes { Console.remark("note: \(note)") }
    Console.result(found.json, asJSON: output.json) {
      found.text + (outputPath.map { "\n\($0) has the cluster of each row" } ?? "")
    }
  }

  private func chosen() throws -> ClusterAnalysis.Method {
    func refuse(_ option: String, _ isGiven: Bool) throws {
      if isGiven { throw Failure(.usage, "--\(option) says nothing about \(method.rawValue): leave it out.") }
    }
    try refuse("linkage", linkage != nil && method != .hierarchical)
    try refuse("radius", radius != nil && method != .dbscan)
    try refuse("neighbors", neighbors != nil && method != .dbscan)
    switch method {
    case .kMeans: return .kMeans(try range())
    case .hierarchical:
      let names = HierarchicalClustering.Linkage.allCases.map(\.rawValue)
      guard let linkage = HierarchicalClustering.Linkage(rawValue: linkage ?? "ward") else {
        throw Failure(
          .usage, "--linkage is one of \(names.joined(separator: ", ")), \"\(linkage ?? "")\" came.")
      }
      return .hierarchical(linkage, try range())
    case .dbscan: return .dbscan(radius: radius ?? 0.5, minimumCount: neighbors ?? 5)
    }
  }

  private func range() throws -> ClosedRange<Int> {
    let ends = k.split(separator: ".", omittingEmptySubsequences: true).map { Int($0) }
    guard let first = ends.first ?? nil, let last = ends.last ?? nil, (1...2).contains(ends.count),
      first >= 1,
      last >= first
    else {
      throw Failure(.usage, "--k is a number or a range such as 2..8, \"\(k)\" came.")
    }
    return first...last
  }
}
