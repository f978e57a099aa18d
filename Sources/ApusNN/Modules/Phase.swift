/// Whether a model learns or is used.
///
/// Dropout and batch normalization look at the phase. Nobody sets it by hand: inside `valueAndGradient` and
/// `fit` a model trains, everywhere else it infers.
public enum Phase: Sendable {
  /// Batch statistics are measured, noise is added.
  case training
  /// Running statistics are used, nothing is random.
  case inference

  /// The phase of the current task.
  @TaskLocal public static var current = Phase.inference
}

/// Runs `body` in another phase than the usual one, such as dropout at prediction time for an estimate of
/// uncertainty.
public func withPhase<Result>(_ phase: Phase, _ body: () throws -> Result) rethrows -> Result {
  try Phase.$current.withValue(phase, operation: body)
}
