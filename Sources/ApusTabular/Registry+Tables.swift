import ApusTasks

extension Registry {
  /// Tables.
  public static let tables = Registry(
    sources: [CSVFile.self], inputs: [TabularInput.self], recipes: [MLP.self],
    earlierFormats: [
      EarlierCard.format { input in
        guard case .table(let encoder) = input else { return nil }
        return TabularInput(encoder)
      }
    ])
}
