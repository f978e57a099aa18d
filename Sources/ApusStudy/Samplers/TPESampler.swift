import Foundation

/// The tree-structured Parzen estimator: a density of the best trials' values and one of the others', and of some
/// candidates of the first the one where it exceeds the second most.
///
/// Bergstra et al., "Algorithms for hyper-parameter optimization" (NeurIPS 2011); bandwidths, weights and defaults as in
/// Watanabe, "Tree-structured Parzen estimator" (arXiv:2304.11127) and Optuna's TPESampler with `multivariate=False`:
/// each parameter by itself. Where parameters depend on each other, estimating them jointly would find better ones.
public struct TPESampler: ParameterSampler {
  let seed: UInt64
  let startupTrials: Int
  let candidates: Int

  /// The most promising of the candidates.
  public func value(
    _ name: String, in space: ParameterSpace, context: SamplerContext
  ) -> ParameterValue {
    let ranked = Self.ranked(name, space, context)
    guard ranked.count >= max(1, startupTrials) else {
      return RandomSampler(seed: seed).value(name, in: space, context: context)
    }
    // γ of the paper: a tenth, at most 25.
    let goodCount = min((ranked.count + 9) / 10, 25)
    let good = ranked.prefix(goodCount).sorted { $0.number < $1.number }
    let other = ranked.dropFirst(goodCount).sorted { $0.number < $1.number }
    func places(_ trials: [Ranked]) -> [Double] { trials.compactMap(\.place) }
    var random = StudyRandom(context, seed: seed, purpose: name)
    if case .categorical(let choices) = space {
      let first = ParzenChoices(places(good), count: choices.count)
      let second = ParzenChoices(places(other), count: choices.count)
      return best(
        first.sample, { first.probabilities[Int($0)] / second.probabilities[Int($0)] }, &random, space)
    }
    let first = ParzenDensity(places(good), space: space), second = ParzenDensity(places(other), space: space)
    return best(first.sample, { first.density(at: $0) / second.density(at: $0) }, &random, space)
  }

  private func best(
    _ draw: (inout StudyRandom) -> Double, _ promise: (Double) -> Double, _ random: inout StudyRandom,
    _ space: ParameterSpace
  ) -> ParameterValue {
    var best = 0.0, most = -Double.infinity
    for _ in 0..<candidates {
      let place = draw(&random)
      let score = promise(place)
      if score > most { (best, most) = (place, score) }
    }
    return space.value(at: best)
  }

  /// What ranks a trial: how far it came, its value with less being better, its number.
  private struct Ranked {
    var step: Int
    var value: Double
    var number: Int
    var place: Double?
  }

  /// The complete trials from the best on, then the pruned ones from the one that came farthest on.
  private static func ranked(_ name: String, _ space: ParameterSpace, _ context: SamplerContext) -> [Ranked] {
    var result: [Ranked] = []
    result.reserveCapacity(context.finished.count)
    for trial in context.finished {
      guard let parameter = trial.parameters[name] else { continue }
      let place = space.place(of: parameter)
      if trial.state == .complete, let value = trial.value {
        result.append(
          Ranked(step: .max, value: context.direction.oriented(value), number: trial.number, place: place))
      } else if trial.state == .pruned, let last = trial.steps.max(by: { $0.key < $1.key }) {
        result.append(
          Ranked(
            step: last.key, value: context.direction.oriented(last.value), number: trial.number, place: place)
        )
      }
    }
    return result.sorted { first, second in
      if first.step != second.step { return first.step > second.step }
      return (first.value, first.number) < (second.value, second.number)
    }
  }
}

extension ParameterSampler where Self == TPESampler {
  /// The tree-structured Parzen estimator.
  ///
  /// - Parameters:
  ///   - seed: What all suggestions depend on.
  ///   - startupTrials: How many trials are drawn at random first; 10 as in Optuna.
  ///   - candidates: How many values are compared for a suggestion; 24 as in the paper's code.
  /// - Returns: The sampler.
  public static func tpe(seed: UInt64, startupTrials: Int = 10, candidates: Int = 24) -> TPESampler {
    TPESampler(seed: seed, startupTrials: startupTrials, candidates: max(1, candidates))
  }
}
