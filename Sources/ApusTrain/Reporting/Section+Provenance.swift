import ApusIO
import ApusReport

extension Report.Section {
  /// Data, settings and environment of a training run, so that it can be repeated.
  ///
  /// - Parameters:
  ///   - groups: Names and values under headings.
  ///   - modelPath: The model's file, whose SHA-256 is added to the last group; none if nil or unreadable.
  /// - Returns: The section.
  public static func provenance(_ groups: [Report.FactGroup], modelPath: String? = nil) -> Report.Section {
    var groups = groups
    if let modelPath, let hash = try? SHA256.hash(ofFile: modelPath), !groups.isEmpty {
      groups[groups.count - 1].facts.append(.init("SHA-256 of the model", hash))
    }
    return Report.Section(id: "provenance", title: "Data, settings and environment", blocks: [.facts(groups)])
  }

  /// What a person who uses the model has to know.
  ///
  /// - Parameter sentences: The limitations, the most important first.
  /// - Returns: The section.
  public static func limitations(_ sentences: [String]) -> Report.Section {
    Report.Section(id: "limitations", title: "Limitations", blocks: [.list(sentences)])
  }

  /// What was noticed while the data were read.
  ///
  /// - Parameter sentences: One finding each.
  /// - Returns: The section; nil without findings.
  public static func dataNotes(_ sentences: [String]) -> Report.Section? {
    sentences.isEmpty
      ? nil : Report.Section(id: "data", title: "Notes on the data", blocks: [.list(sentences)])
  }
}
