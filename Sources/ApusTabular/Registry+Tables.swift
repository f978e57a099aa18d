import ApusTasks

extension Registry {
  /// Tables.
  public static let tables = Registry(
    sources: [CSVFile.self], inputs: [TabularInput.self], recipes: [Portfolio.self, MLP.self],
    models: [EstimatorModel.self],
    earlierFormats: [
      EarlierCard.format { input in
        guard case .table(let encoder) = input else { return nil }
        return TabularInput(encoder)
      }
    ])
}
