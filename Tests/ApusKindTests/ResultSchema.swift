import Apus

/// The schema of `result.json`, which is the same for every kind.
enum ResultSchema {
  indirect enum Kind: Sendable {
    case text, whole, number, list(Kind), map(Kind), record([String: Kind]), optional(Kind)
  }

  private static let evaluation = Kind.record([
    "samples": .whole, "loss": .optional(.number), "primary": .text,
    "metrics": .map(
      .record(["value": .optional(.number), "interval": .optional(.list(.optional(.number)))])),
    "details": .list(.record(["name": .text, "scores": .map(.optional(.number))])),
    "confusion": .optional(.list(.list(.whole))),
  ])

  private static let result = Kind.record([
    "schema": .whole, "task": .optional(.text),
    "data": .record([
      "title": .text, "source": .text, "modality": .text, "counts": .map(.whole), "notes": .list(.text),
      "skipped": .list(.record(["name": .text, "problem": .text])),
    ]),
    "recipe": .text,
    "candidates": .list(
      .record([
        "recipe": .text, "summary": .text, "loss": .optional(.number), "score": .optional(.number),
        "failure": .optional(.text), "seconds": .number,
      ])), "validation": .optional(evaluation), "test": .optional(evaluation),
    "phases": .list(
      .record([
        "name": .text, "seconds": .number, "learning_rate": .optional(.number),
        "epochs": .list(.map(.optional(.number))),
      ])), "parameters": .whole, "sha256": .text, "seed": .whole, "seconds": .number,
    "environment": .map(.text),
    "files": .map(.text), "example": .optional(.text),
  ])

  /// What in a result does not fit the schema.
  static func problems(_ json: JSON) -> [String] { problems(json, result, "result") }

  private static func problems(_ json: JSON?, _ kind: Kind, _ place: String) -> [String] {
    switch (kind, json) {
    case (.optional, nil), (.optional, .null): return []
    case (.optional(let kind), let json?): return problems(json, kind, place)
    case (_, nil): return ["\(place) is missing"]
    case (.text, .string), (.whole, .integer), (.number, .integer), (.number, .number): return []
    case (.list(let kind), .array(let elements)):
      return elements.enumerated().flatMap { problems($1, kind, "\(place)[\($0)]") }
    case (.map(let kind), .object(let members)):
      return members.flatMap { problems($0.value, kind, "\(place).\($0.key)") }
    case (.record(let kinds), .object(let members)):
      let unknown = members.map(\.key).filter { kinds[$0] == nil }.map {
        "\(place).\($0) is none of the schema's"
      }
      return unknown
        + kinds.sorted { $0.key < $1.key }.flatMap { key, kind in
          problems(members.first { $0.key == key }?.value, kind, "\(place).\(key)")
        }
    default: return ["\(place) is of another type"]
    }
  }
}
