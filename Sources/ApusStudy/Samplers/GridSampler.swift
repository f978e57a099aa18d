/// Tries every combination of given values, once each; the last name changes fastest.
public struct GridSampler: ParameterSampler {
  let axes: [(name: String, values: [ParameterValue])]

  /// The number of combinations.
  public var limit: Int? { axes.reduce(1) { $0 * $1.values.count } }

  /// The value that the trial's number stands for.
  /// - Parameters:
  ///   - name: The parameter.
  ///   - space: Its values.
  ///   - context: The trial.
  /// - Returns: The value.
  /// - Throws: `StudyError` for a parameter without values in the grid, and a value outside of its space.
  public func value(
    _ name: String, in space: ParameterSpace, context: SamplerContext
  ) throws -> ParameterValue {
    var cell = context.number
    for axis in axes.reversed() {
      let value = axis.values[cell % axis.values.count]
      cell /= axis.values.count
      if axis.name == name { return value }
    }
    throw StudyError(
      "the grid has no values for it", advice: "Name its values in the grid.", place: "parameter \(name)")
  }
}

extension ParameterSampler where Self == GridSampler {
  /// Tries every combination of given values, once each.
  /// - Parameter axes: The values by name; names in the order of the alphabet, the last one changing fastest.
  /// - Returns: The sampler.
  public static func grid(_ axes: [String: [ParameterValue]]) -> GridSampler {
    GridSampler(axes: axes.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }
}
