extension Registry {
  /// What every problem shares.
  public static let core = Registry(
    targets: [Classification.self, MultiLabel.self, Regression.self], networks: [SmallNetwork.self],
    models: [NetworkModel.self])

  /// All options of sources and recipes, each once.
  public var options: [OptionDescription] {
    var seen: Set<String> = []
    return (Run.options + sources.flatMap { $0.options } + recipes.flatMap { $0.options }).filter {
      seen.insert($0.name).inserted
    }
  }
}
