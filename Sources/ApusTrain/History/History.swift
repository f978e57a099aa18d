import ApusIO

/// What was measured in each epoch of training.
public struct History: Sendable, Equatable {
  /// One epoch's measurements.
  public struct Epoch: Sendable, Equatable {
    /// The epoch, counted from 0.
    public let number: Int
    /// Loss and metrics by name; those of the validation data begin with `val_`.
    public let values: [String: Double]
    /// The learning rate at the epoch's end.
    public let learningRate: Double
    /// Seconds that the epoch took, validation included.
    public let seconds: Double
    /// Training samples a second.
    public let samplesPerSecond: Double

    /// The measurements of an epoch.
    public init(
      number: Int, values: [String: Double], learningRate: Double, seconds: Double, samplesPerSecond: Double
    ) {
      self.number = number
      self.values = values
      self.learningRate = learningRate
      self.seconds = seconds
      self.samplesPerSecond = samplesPerSecond
    }
  }

  /// Every epoch that was finished, in order.
  public internal(set) var epochs: [Epoch] = []
  /// Whether the last fit was stopped before its last epoch: by a callback or by cancelling the task.
  public internal(set) var stoppedEarly = false

  /// A history without epochs.
  public init() {}

  /// A quantity over the epochs; NaN where an epoch lacks it, empty if all do.
  public subscript(name: String) -> [Double] {
    guard epochs.contains(where: { $0.values[name] != nil }) else { return [] }
    return epochs.map { $0.values[name] ?? .nan }
  }

  /// The names of all quantities: losses first, then metrics, each followed by its validation twin.
  public var names: [String] { Self.ordered(Array(Set(epochs.flatMap(\.values.keys)))) }

  /// Names of quantities in the order in which they are shown.
  static func ordered(_ names: [String]) -> [String] {
    func base(_ name: String) -> String { name.hasPrefix("val_") ? String(name.dropFirst(4)) : name }
    return names.sorted { left, right in
      let (first, second) = (base(left), base(right))
      if first != second { return first == "loss" || (second != "loss" && first < second) }
      return left.count < right.count
    }
  }

  /// The epoch in which a quantity was best, and the value there.
  /// - Parameters:
  ///   - name: The quantity, such as `val_loss`.
  ///   - mode: Whether small or large values are better; by default told from the name.
  /// - Returns: The epoch, counted from 0, and the value; nil where there is no such quantity.
  public func best(_ name: String, mode: Monitor.Mode = .automatic) -> (epoch: Int, value: Double)? {
    let monitor = Monitor(name, mode: mode)
    var found: (epoch: Int, value: Double)?
    for epoch in epochs {
      guard let value = epoch.values[name], monitor.isBetter(value, than: found?.value) else { continue }
      found = (epoch.number, value)
    }
    return found
  }
}

extension History {
  /// The history as JSON. A quantity that is not finite becomes null.
  public var json: JSON {
    .object([
      JSON.Member("stopped_early", .bool(stoppedEarly)),
      JSON.Member(
        "epochs",
        .array(
          epochs.map { epoch in
            .object([
              JSON.Member("epoch", .integer(epoch.number)),
              JSON.Member("learning_rate", .number(epoch.learningRate)),
              JSON.Member("seconds", .number(epoch.seconds)),
              JSON.Member("samples_per_second", .number(epoch.samplesPerSecond)),
              JSON.Member(
                "values",
                .object(
                  epoch.values.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .number($0.value)) })),
            ])
          })),
    ])
  }

  /// Reads what `json` wrote; nil for anything else.
  public init?(json: JSON) {
    guard let epochs = json["epochs"]?.arrayValue else { return nil }
    for entry in epochs {
      guard let number = entry["epoch"]?.integerValue, let values = entry["values"]?.members else {
        return nil
      }
      self.epochs.append(
        Epoch(
          number: number,
          values: Dictionary(
            values.map { ($0.key, $0.value.doubleValue ?? .nan) }, uniquingKeysWith: { $1 }),
          learningRate: entry["learning_rate"]?.doubleValue ?? .nan,
          seconds: entry["seconds"]?.doubleValue ?? 0,
          samplesPerSecond: entry["samples_per_second"]?.doubleValue ?? 0))
    }
    stoppedEarly = json["stopped_early"]?.boolValue ?? false
  }
}
