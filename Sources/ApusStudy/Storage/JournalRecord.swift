import ApusIO

/// An event in the life of a study: one line of its journal.
enum JournalRecord: Sendable, Equatable {
  case study(name: String, direction: StudyDirection)
  case start(trial: Int)
  case step(trial: Int, step: Int, value: Double)
  case end(TrialRecord)
  case enqueue([String: ParameterValue])

  var json: JSON {
    switch self {
    case .study(let name, let direction):
      ["event": "study", "version": 1, "name": .string(name), "direction": .string(direction.rawValue)]
    case .start(let trial): ["event": "start", "trial": .integer(trial)]
    case .step(let trial, let step, let value):
      ["event": "step", "trial": .integer(trial), "step": .integer(step), "value": .number(value)]
    case .enqueue(let values): ["event": "enqueue", "parameters": Self.json(values)]
    case .end(let trial):
      .object(
        [
          .init("event", "end"), .init("trial", .integer(trial.number)),
          .init("state", .string(trial.state.rawValue)),
          .init("value", trial.value.map { .number($0) } ?? .null),
          .init("parameters", Self.json(trial.parameters)),
          .init(
            "spaces",
            .object(trial.spaces.sorted { $0.key < $1.key }.map { .init($0.key, Self.json($0.value)) })),
          .init(
            "attributes",
            .object(trial.attributes.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
        ] + (trial.problem.map { [.init("problem", .string($0))] } ?? []))
    }
  }

  /// The event of a line; nil where it is none.
  init?(_ json: JSON) {
    let trial = json["trial"]?.integerValue
    switch json["event"]?.stringValue {
    case "study":
      guard json["version"]?.integerValue == 1, let name = json["name"]?.stringValue,
        let direction = json["direction"]?.stringValue.flatMap(StudyDirection.init)
      else { return nil }
      self = .study(name: name, direction: direction)
    case "start":
      guard let trial else { return nil }
      self = .start(trial: trial)
    case "step":
      guard let trial, let step = json["step"]?.integerValue, let value = json["value"]?.doubleValue else {
        return nil
      }
      self = .step(trial: trial, step: step, value: value)
    case "enqueue":
      guard let values = Self.values(json["parameters"]) else { return nil }
      self = .enqueue(values)
    case "end":
      guard let trial, let state = json["state"]?.stringValue.flatMap(TrialRecord.State.init),
        let values = Self.values(json["parameters"]), let spaces = json["spaces"]?.members
      else { return nil }
      var record = TrialRecord(number: trial)
      record.state = state
      record.value = json["value"]?.doubleValue
      record.parameters = values
      for member in spaces {
        guard let space = Self.space(member.value) else { return nil }
        record.spaces[member.key] = space
      }
      for member in json["attributes"]?.members ?? [] {
        record.attributes[member.key] = member.value.stringValue
      }
      record.problem = json["problem"]?.stringValue
      self = .end(record)
    default: return nil
    }
  }

  private static func json(_ values: [String: ParameterValue]) -> JSON {
    .object(values.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.json) })
  }

  private static func values(_ json: JSON?) -> [String: ParameterValue]? {
    guard let members = json?.members else { return nil }
    var result: [String: ParameterValue] = [:]
    for member in members {
      switch member.value {
      case .integer(let value): result[member.key] = .int(value)
      case .number(let value): result[member.key] = .float(value)
      case .string(let value): result[member.key] = .choice(value)
      default: return nil
      }
    }
    return result
  }

  private static func json(_ space: ParameterSpace) -> JSON {
    switch space {
    case .float(let range, let scale):
      [
        "kind": "float", "low": .number(range.lowerBound), "high": .number(range.upperBound),
        "scale": .string(scale.rawValue),
      ]
    case .int(let range, let scale):
      [
        "kind": "int", "low": .integer(range.lowerBound), "high": .integer(range.upperBound),
        "scale": .string(scale.rawValue),
      ]
    case .categorical(let choices): ["kind": "categorical", "choices": .array(choices.map { .string($0) })]
    }
  }

  private static func space(_ json: JSON) -> ParameterSpace? {
    let scale = json["scale"]?.stringValue.flatMap(ParameterScale.init)
    switch json["kind"]?.stringValue {
    case "float":
      guard let scale, let low = json["low"]?.doubleValue, let high = json["high"]?.doubleValue, low <= high
      else { return nil }
      return .float(low...high, scale)
    case "int":
      guard let scale, let low = json["low"]?.integerValue, let high = json["high"]?.integerValue, low <= high
      else { return nil }
      return .int(low...high, scale)
    case "categorical":
      guard let choices = json["choices"]?.arrayValue?.compactMap(\.stringValue), !choices.isEmpty else {
        return nil
      }
      return .categorical(choices)
    default: return nil
    }
  }
}
