import ApusData
import ApusReport

extension PhotoOrigin {
  /// Where the model comes from, as facts of a report.
  ///
  /// - Parameters:
  ///   - network: The architecture.
  ///   - size: The size that images are brought to.
  ///   - testSet: The test set in words, if it is to be said.
  ///   - seconds: Training time.
  func facts(network: String, size: ImageSize, testSet: String? = nil, seconds: Double?) -> [Report.Fact] {
    var facts: [Report.Fact] = []
    if let folder { facts.append(.init("Folder", folder)) }
    if let trainingCount { facts.append(.init("Training set", Format.count(trainingCount, "image"))) }
    if let validationCount { facts.append(.init("Validation set", Format.count(validationCount, "image"))) }
    if let testSet { facts.append(.init("Test set", testSet)) }
    facts += [
      .init("Architecture", network), .init("Pretrained on", firstWeights ?? "nothing: trained from scratch"),
      .init("Input size", "\(size) pixels"),
    ]
    if let date { facts.append(.init("Trained", date)) }
    if let seconds { facts.append(.init("Training time", Format.duration(seconds))) }
    return facts
  }
}

extension Array where Element == (name: String, value: String) {
  /// Names and values as facts of a report.
  var facts: [Report.Fact] { map { Report.Fact($0.name, $0.value) } }
}
