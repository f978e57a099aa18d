import ApusData
import ApusGraph
import ApusIO
import ApusReport
import ApusTrain
import Foundation
import Synchronization

@testable import ApusTasks

/// What a test shares with its toy kinds, which are values in files and cannot hold it.
final class Toy: Sendable {
  /// What happened, in order.
  enum Event: Equatable { case looked(String), fitted(String) }

  let token = UUID().uuidString
  private let state: Mutex<(values: [Double], events: [Event])>
  private static let all = Mutex<[String: Toy]>([:])

  init(_ values: [Double]) {
    state = Mutex((values, []))
    Toy.all.withLock { $0[token] = self }
  }

  static func named(_ token: String) -> Toy? { all.withLock { $0[token] } }
  static func note(_ event: Event, _ token: String?) {
    token.flatMap(named)?.state.withLock { $0.events.append(event) }
  }

  var events: [Event] { state.withLock { $0.events } }
  var values: [Double] {
    get { state.withLock { $0.values } }
    set { state.withLock { $0.values = newValue } }
  }

  /// A registry of toys alone.
  static let registry = Registry(
    sources: [ToySource.self], inputs: [ToyInput.self], targets: [Regression.self], recipes: [ToyRecipe.self],
    models: [ToyModel.self])

  /// Registries that lack a kind of the toys' models.
  static let withoutInputs = Registry(targets: [Regression.self], models: [ToyModel.self])
  static let withoutTargets = Registry(inputs: [ToyInput.self], models: [ToyModel.self])

  /// A run that tries recipes named by what they do.
  func run(
    _ recipes: String, in folder: String, options: [String: String] = [:],
    budget: Budget = Budget(recipes: 9),
    reporter: Reporter = .silent
  ) throws -> Run {
    let all = ["toy": token, "try": recipes].merging(options) { $1 }
    return try Run(
      DataRequest(options: Options(all)), folder: RunFolder(path: folder), budget: budget, reporter: reporter,
      registry: Self.registry)
  }
}

struct ToySource: ExampleSource {
  static let kind = "toy"
  static let options = [OptionDescription("toy", "token", "The test that it belongs to.")]
  static let usage = ""
  let token: String
  var paths: [String] { [] }

  static func recognize(_ request: DataRequest) throws -> ToySource? {
    request.options.text("toy").map(ToySource.init)
  }

  func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    let values = Toy.named(token)?.values ?? []
    var examples = try Examples(
      modality: "toy", title: "toys", names: values.indices.map { "toy \($0)" },
      inputs: [Column("x", .numbers(values))], targets: [Column("y", .numbers(values))])
    examples.attributes["token"] = token
    return examples
  }
}

struct ToyInput: InputEncoder {
  static let kind = "toy"
  static let modality = "toy"
  var types: [TensorType] { [TensorType(.float32, [1])] }
  var facts: [Report.Fact] { [] }

  func features(_ examples: Examples, row: Int) throws -> [[Literal]] {
    Toy.note(.looked(examples.names[row]), examples.attributes["token"])
    guard case .numbers(let all) = try examples.input().values else {
      throw DataError(.type, "numbers were expected")
    }
    return [[Literal([Float(all[row])], shape: [1])]]
  }

  func examples(at paths: [String]) throws -> Examples { throw DataError(.type, "toys lie in no files") }
  func exhibit(_ examples: Examples, row: Int) -> Exhibit { .name }
}

/// Predicts the input, scaled.
struct ToyModel: Predictor {
  static let kind = "toy"
  var problem: Problem
  var origin = ModelOrigin()
  var scale: Float

  init(_ target: (any Target)?, scale: Float) {
    problem = Problem(input: ToyInput(), target: target)
    self.scale = scale
  }

  init(_ package: ModelPackage, registry: any KindReader) throws {
    problem = try registry.problem(of: package)
    origin = package.manifest.origin
    guard let scale = package.tensors["scale"]?.scalars(as: Float.self).first else {
      throw package.corrupt("it has no scale")
    }
    self.scale = scale
  }

  func package() throws -> ModelPackage {
    ModelPackage(
      try Manifest(kind: Self.kind, problem: problem, origin: origin),
      tensors: ["scale": Literal([scale], shape: [1])], files: ["note.txt": Array("toy".utf8)])
  }

  var parameterCount: Int { 1 }
  var facts: [Report.Fact] { [] }

  func outputs(
    _ examples: Examples, rows: [Int]?, progress: (Int) -> Void, _ body: (Int, [Float]) throws -> Void
  ) throws -> [Skipped] {
    guard let target = problem.target as? Regression else {
      throw DataError(.setting, "numbers were expected")
    }
    for row in rows ?? Array(0..<examples.count) {
      let x = try problem.input.features(examples, row: row)[0][0].scalars(as: Float.self)[0]
      try body(row, [scale * (x - Float(target.means[0])) / Float(target.stds[0])])
    }
    return []
  }
}

/// Fits nothing: its name is the scale, or says what happens: `fail`, `cancel`.
struct ToyRecipe: Recipe {
  static let kind = "toy"
  static let options = [OptionDescription("try", "names", "What is tried.")]
  let name: String

  static func propose(_ data: TaskData, _ options: Options) throws -> [ToyRecipe] {
    options.list("try")?.map(ToyRecipe.init) ?? []
  }

  var summary: String { "toy \(name)" }
  var isQuick: Bool { name.hasPrefix("-") }

  func fit(_ data: TaskData, _ context: RunContext) async throws -> Fitted {
    if name == "fail" { throw DataError(.setting, "this toy is broken") }
    let model = ToyModel(data.target, scale: Float(name) ?? 0.5)
    for row in data.rows(.training) + data.rows(.validation) {
      _ = try model.problem.input.features(data.examples, row: row)
    }
    try context.keep(model, loss: Double(abs(1 - model.scale)), measure: "distance")
    if name == "cancel" {
      withUnsafeCurrentTask { $0?.cancel() }
      try Task.checkCancellation()
    }
    Toy.note(.fitted(name), data.examples.attributes["token"])
    return Fitted(model: model)
  }
}
