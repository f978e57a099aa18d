import ApusGraph

/// Why training cannot start or go on: what was expected, what came, where, and what to do next.
public struct TrainingError: ApusError, Equatable {
  /// The family of the trouble, for code that wants to react to it.
  public enum Reason: String, Sendable {
    /// A setting that makes no sense.
    case setting
    /// Samples, labels or weights that the model or loss cannot use.
    case data
    /// A NaN or an infinity in a loss, a weight or a layer's output.
    case notFinite
    /// A checkpoint or model file that does not belong to this model, data or settings.
    case checkpoint
    /// The learner is training already.
    case busy
  }

  /// The family of the trouble.
  public let reason: Reason
  /// What was expected and what came.
  public let problem: String
  /// What to do next, where that is known.
  public let advice: String?
  /// The epoch, counted from 0.
  public let epoch: Int?
  /// The batch inside the epoch, counted from 0.
  public let batch: Int?
  /// The samples concerned, by id, as far as they are known.
  public let samples: [Int]
  /// The first tensor in which the trouble shows, such as `feature 0` or `layer 'dense1' output`.
  public let tensor: String?

  /// An error of training.
  public init(
    _ reason: Reason, _ problem: String, advice: String? = nil, epoch: Int? = nil, batch: Int? = nil,
    samples: [Int] = [], tensor: String? = nil
  ) {
    self.reason = reason
    self.problem = problem
    self.advice = advice
    self.epoch = epoch
    self.batch = batch
    self.samples = samples
    self.tensor = tensor
  }

  /// Who can mend it.
  public var category: ErrorCategory {
    switch reason {
    case .setting: .usage
    case .data, .checkpoint: .data
    case .notFinite, .busy: .failed
    }
  }

  /// The epoch and batch, counted from 1 and from 0, as far as they are known.
  public var place: String? {
    let places = [epoch.map { "epoch \($0 + 1)" }, batch.map { "batch \($0)" }].compactMap { $0 }
    return places.isEmpty ? nil : places.joined(separator: ", ")
  }
}
