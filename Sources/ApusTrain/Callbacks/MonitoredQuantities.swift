import ApusData

/// The quantities that a fit will measure, to check before the first step what callbacks monitor.
struct MonitoredQuantities {
  /// All names in the order in which they are shown.
  let names: [String]
  private let hasValidation: Bool

  /// - Parameters:
  ///   - metrics: The names of the learner's metrics.
  ///   - hasValidation: Whether there is a validation set.
  ///   - added: The names of the quantities that callbacks add.
  init(metrics: [String], hasValidation: Bool, added: [String]) {
    let measured = ["loss"] + metrics
    self.hasValidation = hasValidation
    names = History.ordered(
      Array(Set(measured + (hasValidation ? measured.map { "val_" + $0 } : []) + added)))
  }

  /// Refuses callbacks that monitor what is not measured.
  func check(_ callbacks: [any Callback]) throws {
    for callback in callbacks {
      for name in callback.monitoredQuantities where !names.contains(name) {
        let guess = closest(to: name).map { "Did you mean '\($0)'? " } ?? ""
        let validation =
          name.hasPrefix("val_") && !hasValidation
          ? " Those of a validation set begin with val_: give `validation:`." : ""
        throw TrainingError(
          .setting, "\(callback.name) monitors '\(name)', which is not measured",
          advice: guess + "There are \(names.joined(separator: ", "))." + validation
            + " A callback that adds a quantity names it in `addedQuantities`.")
      }
    }
  }

  /// The shortest name that begins with `name`; else that which differs by the fewest changes, if by no more than half
  /// of its letters.
  private func closest(to name: String) -> String? {
    let longer = names.filter { $0.hasPrefix(name) }.min { $0.count < $1.count }
    if let longer { return longer }
    return NearestName.of(name, in: names)
  }
}
