import Apus

/// Small gray images in memory, of two classes, numbers or tags: what named datasets are, without their files.
struct DrawnSamples: ExampleSource {
  static let kind = "drawn-samples"
  static let options = [
    OptionDescription("drawn", "target", "Samples for tests: classification, regression or multi-label.")
  ]
  static let usage = ""

  let target: String
  var paths: [String] { [] }

  static func recognize(_ request: DataRequest) throws -> DrawnSamples? {
    request.options.text("drawn").map(DrawnSamples.init)
  }

  func read(for problem: Problem?, _ reporter: Reporter) throws -> Examples {
    let count = 48, side = 32
    var pixels: [Float] = []
    for row in 0..<count {
      for place in 0..<side * side {
        let isLit = (place % side < side / 2) == (row % 2 == 0)
        let noise = Float((row * 13 + place * 7) % 10) / 40
        pixels.append(isLit ? 0.7 + noise : 0.1)
      }
    }
    let values: Column.Values =
      switch target {
      case "regression":
        .numbers((0..<count).map { (row: Int) -> Double in Double(row % 2 * 30 + row % 5) / 10 })
      case "multi-label": .tags((0..<count).map { $0 % 2 == 0 ? ["left"] : ["right", "other"] })
      default: .categories((0..<count).map { $0 % 2 == 0 ? "left" : "right" })
      }
    return try Examples(
      modality: ImageInput.modality, title: "drawn samples", names: (0..<count).map { "sample \($0)" },
      inputs: [
        Column("image", .samples(ArrayDataset(features: [Literal(pixels, shape: [count, side, side, 1])])))
      ],
      targets: [Column("class", values)])
  }
}

extension Registry {
  /// Every kind that there is, and samples drawn in memory; of recipes only one, where it is named.
  static func withDrawnSamples(recipe: String? = nil) -> Registry {
    var registry = Registry.standard
    registry.sources.insert(DrawnSamples.self, at: 0)
    if let recipe { registry.recipes.removeAll { $0.kind != recipe } }
    return registry
  }
}
