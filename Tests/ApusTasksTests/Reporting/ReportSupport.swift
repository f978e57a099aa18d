import ApusData
import ApusGraph
import ApusIO
import ApusReport
import ApusTrain
import Foundation

@testable import ApusTasks

/// An input of which reports show images, texts or names.
struct ReportedInput: InputEncoder {
  enum Shown: String, Codable { case image, text, name }

  static let kind = "reported"
  static let modality = "image"
  var shown = Shown.image
  var limitation: String?
  var types: [TensorType] { [] }
  var facts: [Report.Fact] { [.init("Input", "for tests")] }

  func features(_ examples: Examples, row: Int) throws -> [[Literal]] { throw Unused() }
  func examples(at paths: [String]) throws -> Examples { throw Unused() }

  func exhibit(_ examples: Examples, row: Int) -> Exhibit {
    switch shown {
    case .image: (try? Self.image(row)).map { .image($0) } ?? .name
    case .text: .text("Text number \(row) \n of <b>several</b> lines.")
    case .name: .name
    }
  }

  static func image(_ row: Int) throws -> Report.Image {
    let side = 120
    let pixels = (0..<side * side).flatMap { place -> [UInt8] in
      let (x, y) = (place % side, place / side)
      return [UInt8((x * 2 + row * 37) % 256), UInt8((y * 2 + row * 61) % 256), UInt8((row * 97) % 256)]
    }
    return try Image(width: side, height: side, channels: 3, pixels: pixels).reportImage()
  }
}

struct Unused: Error {}

/// A model of which reports need only the problem.
protocol ReportedModel: Predictor {
  init(problem: Problem, origin: ModelOrigin)
}

extension ReportedModel {
  init(_ target: any Target, _ input: ReportedInput = ReportedInput(), origin: ModelOrigin = ModelOrigin()) {
    self.init(problem: Problem(input: input, target: target), origin: origin)
  }
  init(_ package: ModelPackage, registry: any KindReader) throws { throw Unused() }
  func package() throws -> ModelPackage { throw Unused() }
  var parameterCount: Int { 12_345 }
  var facts: [Report.Fact] { [.init("Network", "a small one")] + (problem.target?.facts ?? []) }
  func outputs(
    _ examples: Examples, rows: [Int]?, progress: (Int) -> Void, _ body: (Int, [Float]) throws -> Void
  ) throws -> [Skipped] { throw Unused() }
}

struct SilentModel: ReportedModel {
  static let kind = "silent"
  var problem: Problem
  var origin: ModelOrigin
}

struct ExplainedModel: ReportedModel, Explainable {
  static let kind = "explained"
  var problem: Problem
  var origin: ModelOrigin
  func explain(_ examples: Examples, row: Int, output: Int) throws -> Explanation? {
    Explanation(
      images: .init(example: try ReportedInput.image(row), overlay: try ReportedInput.image(row + 1)),
      summary: "output \(output) lies in the middle")
  }
}

struct ReportedRecipe: Recipe {
  static let kind = "reported"
  static let options: [OptionDescription] = []
  static func propose(_ data: TaskData, _ options: Options) throws -> [ReportedRecipe] { [] }
  var learningRate = 0.003
  var batchSize = 32
  var augmentation = ["flip": true]
  var summary: String { "fine-tuning of a small network" }
  func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted { throw Unused() }
}

extension Examples {
  /// Examples of one column of targets.
  static func reported(
    _ count: Int, _ targets: [Column], modality: String = "image", parts: [Part?]? = nil,
    notes: [String] = [],
    skipped: [Skipped] = []
  ) throws -> Examples {
    let names = (0..<count).map { "/data/photos/set/\($0).jpg" }
    return try Examples(
      modality: modality, title: "the folder photos", names: names, inputs: [Column(modality, .files(names))],
      targets: targets, parts: parts, notes: notes, skipped: skipped)
  }
}

extension Target {
  /// An evaluator that took an output for each example.
  func filled(_ examples: Examples, _ outputs: [[Float]]) throws -> any Evaluator {
    var evaluator = evaluator(for: examples)
    for (row, output) in outputs.enumerated() { try evaluator.add(row: row, output: output) }
    return evaluator
  }
}

extension Report.Section {
  var tables: [Report.Table] { blocks.compactMap { if case .table(let table) = $0 { table } else { nil } } }
  var galleries: [Report.Gallery] {
    blocks.compactMap { if case .gallery(let gallery) = $0 { gallery } else { nil } }
  }
  var headings: [String] { blocks.compactMap { if case .heading(let text) = $0 { text } else { nil } } }
  var sentences: [String] {
    Array(blocks.compactMap { if case .list(let items) = $0 { items } else { nil } }.joined())
  }
  var factGroups: [Report.FactGroup] {
    Array(blocks.compactMap { if case .facts(let groups) = $0 { groups } else { nil } }.joined())
  }
}

extension [Report.Section] {
  subscript(id: String) -> Report.Section? { first { $0.id == id } }
  /// The page without the bytes of images.
  var page: String { Report(title: "Test", sections: self).html().replacing(#/data:[^"]*/#, with: "data") }
}

extension String {
  /// Whether a number that is none, or an infinite one, is shown.
  var showsNoNumber: Bool { contains(#/(?i)\b(nan|inf|infinity)\b/#) }
}
