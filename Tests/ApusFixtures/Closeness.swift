/// Describes where two arrays differ most, or nothing when every pair is close:
/// |actual − expected| ≤ absolute + relative · |expected|. Equal infinities are close, and so are two NaNs.
///
///     #expect(difference(y.scalars, from: test("output").floats) == nil)
public func difference<Number: BinaryFloatingPoint>(
  _ actual: [Number], from expected: [Number], relative: Number = 1e-5, absolute: Number = 1e-5
) -> String? {
  guard actual.count == expected.count else {
    return "\(actual.count) elements where \(expected.count) were expected"
  }
  var worst: (index: Int, excess: Number)?
  var count = 0
  for (index, (a, e)) in zip(actual, expected).enumerated() where a != e && !(a.isNaN && e.isNaN) {
    let excess = abs(a - e) / (absolute + relative * abs(e))
    guard !(excess <= 1) else { continue }
    count += 1
    // A NaN compares with nothing; nothing is worse.
    if worst.map({ $0.excess < excess || excess.isNaN }) ?? true { worst = (index, excess) }
  }
  guard let worst else { return nil }
  return "\(count) of \(actual.count) elements differ, most at \(worst.index): "
    + "\(actual[worst.index]) where \(expected[worst.index]) was expected"
}
