import Apus
import ArgumentParser

/// The options of every source and recipe in the registry: a new kind of data brings its own, and the command needs no change.
///
/// The parser finds a type's options in its mirror, so that this one's are made there.
struct TaskOptions: ParsableArguments, CustomReflectable {
  /// What was given.
  private(set) var values = Options()

  private static let descriptions: [OptionDescription] = Registry.standard.options

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    for description in Self.descriptions {
      let key = Name(stringValue: description.name)
      if description.valueName != nil {
        values.values[description.name] = try container.decode(Option<String?>.self, forKey: key).wrappedValue
      } else if description.isInvertible {
        values.values[description.name] = try container.decode(Flag<Bool?>.self, forKey: key).wrappedValue
          .map(String.init)
      } else if try container.decode(Flag<Bool>.self, forKey: key).wrappedValue {
        values.values[description.name] = "true"
      }
    }
  }

  var customMirror: Mirror {
    Mirror(
      self,
      children: Self.descriptions.map { description -> (label: String?, value: Any) in
        let name = NameSpecification.customLong(description.name)
        let help = ArgumentHelp(
          stringLiteral: description.help)
        if let valueName = description.valueName {
          let value = Option<String?>(name: name, help: ArgumentHelp(description.help, valueName: valueName))
          return ("_" + description.name, value)
        }
        return (
          "_" + description.name,
          description.isInvertible
            ? Flag<Bool?>(name: name, inversion: .prefixedNo, help: help)
            : Flag<Bool>(wrappedValue: false, name: name, help: help)
        )
      })
  }
}
