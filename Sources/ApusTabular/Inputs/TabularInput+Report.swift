import ApusReport

extension TabularInput {
  /// What each column is, and what became of it.
  public var sections: [Report.Section] {
    let used = encoder.columns.map { column -> [Report.Table.Cell] in

      [
        .init(column.name), .init(column.typeName), .init(column.summary(encoder.form)),
        .count(column.featureNames(encoder.form).count),
      ]
    }
    let leftOut = encoder.leftOut.map { column -> [Report.Table.Cell] in
      [.init(column.name), .init(column.type.rawValue), .init("left out: \(column.reason)"), .count(0)]
    }
    let table = Report.Table(
      ["Column", .init("Type", .leading), .init("What was done", .leading), "Features"], rows: used + leftOut)
    return [
      Report.Section(
        id: "columns", title: "Columns",
        note:
          "Types, scales and levels were taken from rows that models are fitted to, never from the test set.",
        blocks: [.table(table), .list(encoder.notes)])
    ]
  }
}

extension FittedColumn {
  fileprivate var typeName: String {
    switch method {
    case .number: "number"
    case .boolean: "boolean"
    case .category: "category"
    case .date: "date"
    }
  }

  fileprivate func summary(_ form: FeatureForm) -> String {
    let done: String =
      switch method {
      case .number(let scale, _, _, _, _):
        "standardized by the mean \(Format.number(scale.mean)) and the standard deviation \(Format.number(scale.std))"
      case .boolean(let yes, let no, _): "1 for \(yes), 0 for \(no)"
      case .category(let levels, _, let pools):
        (form == .dense ? "one-hot of " : "") + Format.count(levels.count, "level")
          + (pools ? ", and one for all others" : "")
      case .date(let order, let parts, _, _, _):
        "\(Format.list(parts.map(\.part.rawValue))), standardized; \(order.rawValue) where both are possible"
      }
    guard flagsMissing else { return done }
    return done + (form == .dense ? "; missing values filled in and marked" : "; some values are missing")
  }
}
