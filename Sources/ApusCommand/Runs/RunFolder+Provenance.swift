import Apus

extension RunFolder {
  /// What every `result.json` ends with: the machine and the software of the training, and the files beside it.
  func provenance(others: [JSON.Member] = []) -> [JSON.Member] {
    [
      JSON.Member(
        "environment", .object(Environment.facts.map { JSON.Member($0.name.lowercased(), .string($0.value)) })
      ),
      JSON.Member(
        "files",
        .object(
          [JSON.Member("model", .string(modelPath)), JSON.Member("report", .string(reportPath))] + others)),
    ]
  }
}
