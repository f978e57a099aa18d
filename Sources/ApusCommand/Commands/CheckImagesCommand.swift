import Apus
import ArgumentParser

struct CheckImagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-images",
    abstract: "Look for what is wrong with a folder of images before a network learns it.",
    discussion: """
        apus check-images photos
        apus check-images photos --json

      Every image is decoded. Named are: files that are damaged or no images; names that end as another format; the \
      same image twice, and images that look nearly the same, above all in both train and test folders; tiny and \
      very long images; classes (folders) with few images.

      The exit status is 65 where a file is damaged or no image, or where a test folder holds an image of a training \
      folder; what else is named is for you to judge.
      """)

  @Argument(help: "A folder of images, in folders of their classes, or in train and test folders of such.")
  var folder: String
  @Option(help: "Images with a shorter side below this many pixels are tiny.") var smallestSide = 32
  @Option(help: "Images this many times longer than wide are named.") var greatestProportion = 4.0
  @Option(help: "Classes with fewer images are named.") var smallestClass = 20
  @Option(help: "How many of 128 features of nearly the same images may differ.") var nearness = 10
  @Option(help: "Images of more pixels are refused, not decoded.") var pixelLimit = Image.defaultPixelLimit
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard smallestSide >= 0, greatestProportion >= 1, smallestClass >= 0, (0...128).contains(nearness),
      pixelLimit > 0
    else {
      throw ValidationError(
        "Sides and classes count from 0, proportions from 1, nearness is 0 to 128, the pixel limit positive.")
    }
  }

  func run() throws {
    var limits = ImageCensus.Limits()
    limits.minimumSide = smallestSide
    limits.maximumAspectRatio = greatestProportion
    limits.minimumClassSize = smallestClass
    limits.maximumHashDistance = nearness
    let census = try ImageCensus(folder: folder, limits: limits, pixelLimit: pixelLimit)
    Console.result(census.json, asJSON: output.json) { census.text }
    guard census.damaged.isEmpty, census.misnamed.isEmpty, census.leaks.isEmpty else {
      throw ExitCode(ExitStatus.data.rawValue)
    }
  }
}

extension ImageCensus {
  /// One heading for each kind of finding, with the files under it.
  fileprivate var findings: [(key: String, title: String, lines: [String])] {
    func names(_ entries: [Entry], _ remark: (Entry) -> String) -> [String] {
      entries.map { "\($0.name): \(remark($0))" }
    }
    return [
      ("damaged", "cannot be decoded", damaged.map { "\($0.name): \($0.problem)" }),
      ("misnamed", "named as images, but no images", misnamed),
      (
        "leaks", "the same or nearly so in several parts of the dataset",
        leaks.map { $0.joined(separator: " = ") }
      ),
      ("warned", "decoded, though something is wrong with them", names(warned) { $0.warning ?? "" }),
      (
        "wrong_extension", "of another format than their names say",
        names(wrongExtensions) { $0.format.rawValue }
      ),
      ("duplicates", "the same image several times", duplicates.map { $0.joined(separator: " = ") }),
      (
        "near_duplicates", "nearly the same",
        nearDuplicates.map { "\($0.first) ~ \($0.second) (\($0.distance) of 128 features differ)" }
      ),
      ("tiny", "with a side below \(limits.minimumSide) pixels", names(tiny) { "\($0.size)" }),
      ("elongated", "very long", names(elongated) { "\($0.size)" }),
      ("small_classes", "classes of few images", smallClasses.map { "\($0.name): \($0.count)" }),
    ]
  }

  /// What a person reads: at most ten lines of each kind; `--json` has all.
  fileprivate var text: String {
    let widths = entries.map(\.size.width).sorted()
    let heights = entries.map(\.size.height).sorted()
    var lines = ["\(folder): \(Format.grouped(entries.count)) images"]
    if !entries.isEmpty {
      let middle = entries.count / 2
      lines.append(
        "half of them at least \(widths[middle]) wide, half at least \(heights[middle]) high; "
          + "\(Format.grouped(grayscaleCount)) gray")
      let formats = ImageFormat.allCases.map { format in (format, entries.count { $0.format == format }) }
      lines.append(
        formats.filter { $0.1 > 0 }.map { "\(Format.grouped($0.1)) \($0.0.rawValue)" }.joined(separator: ", ")
      )
    }
    if !others.isEmpty { lines.append("\(Format.grouped(others.count)) other files, not looked at") }
    if !classes.isEmpty {
      lines += [
        "", Format.table([["class", "images"]] + classes.map { [$0.name, Format.grouped($0.count)] }),
      ]
    }
    let found = findings.filter { !$0.lines.isEmpty }
    for finding in found {
      lines += ["", "\(finding.lines.count) \(finding.title)"]
      lines += finding.lines.prefix(10).map { "  " + $0 }
      if finding.lines.count > 10 {
        lines.append("  and \(finding.lines.count - 10) more; --json names them all")
      }
    }
    if found.isEmpty { lines += ["", "Nothing conspicuous."] }
    return lines.joined(separator: "\n")
  }

  fileprivate var json: JSON {
    func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
    func named(_ entries: [Entry], _ more: (Entry) -> [JSON.Member]) -> JSON {
      .array(entries.map { .object([JSON.Member("file", .string($0.name))] + more($0)) })
    }
    func sizes(_ entry: Entry) -> [JSON.Member] {
      [JSON.Member("width", .integer(entry.size.width)), JSON.Member("height", .integer(entry.size.height))]
    }
    func counts(_ classes: [(name: String, count: Int)]) -> JSON {
      .object(classes.map { JSON.Member($0.name, .integer($0.count)) })
    }
    return .object([
      JSON.Member("folder", .string(folder)), JSON.Member("images", .integer(entries.count)),
      JSON.Member("gray", .integer(grayscaleCount)), JSON.Member("classes", counts(classes)),
      JSON.Member(
        "damaged",
        .array(
          damaged.map {
            .object([JSON.Member("file", .string($0.name)), JSON.Member("problem", .string($0.problem))])
          })),
      JSON.Member("misnamed", strings(misnamed)), JSON.Member("others", strings(others)),
      JSON.Member("leaks", .array(leaks.map(strings))),
      JSON.Member("warned", named(warned) { [JSON.Member("problem", .string($0.warning ?? ""))] }),
      JSON.Member(
        "wrong_extension", named(wrongExtensions) { [JSON.Member("format", .string($0.format.rawValue))] }),
      JSON.Member("duplicates", .array(duplicates.map(strings))),
      JSON.Member(
        "near_duplicates",
        .array(
          nearDuplicates.map {
            .object([
              JSON.Member("files", strings([$0.first, $0.second])),
              JSON.Member("distance", .integer($0.distance)),
            ])
          })),
      JSON.Member("tiny", named(tiny, sizes)), JSON.Member("elongated", named(elongated, sizes)),
      JSON.Member("small_classes", counts(smallClasses)),
    ])
  }
}
