import ApusFixtures
import ApusTensor
import Testing

@Suite struct ElementwiseReferenceTests {
  @Test func unaryFunctions() throws {
    let checks = try ReferenceChecks("elementwise")
    let functions: [(String, (Tensor) -> Tensor)] = [
      ("abs", { abs($0) }), ("acos", acos), ("acosh", acosh), ("asin", asin), ("asinh", asinh),
      ("atan", atan), ("atanh", atanh), ("ceil", { ceil($0) }), ("cos", cos), ("cosh", cosh),
      ("erf", erf), ("exp", exp), ("expm1", expm1), ("floor", { floor($0) }), ("log", log),
      ("log10", log10), ("log1p", log1p), ("log2", log2), ("logistic", sigmoid), ("neg", { -$0 }),
      ("reciprocal", reciprocal), ("round", { round($0) }), ("rsqrt", rsqrt), ("sign", sign), ("sin", sin),
      ("sinh", sinh), ("sqrt", { sqrt($0) }), ("square", square), ("tan", tan), ("tanh", tanh),
      ("trunc", { trunc($0) }),
    ]
    for (name, function) in functions {
      try checks.check(name, exact: true) { inputs, _ in function(inputs[0]) }
    }
    try checks.check("erf_range") { inputs, _ in erf(inputs[0]) }
    try checks.check("expm1_small") { inputs, _ in expm1(inputs[0]) }
    try checks.check("log1p_small") { inputs, _ in log1p(inputs[0]) }
  }

  @Test func binaryFunctionsBroadcast() throws {
    let checks = try ReferenceChecks("elementwise")
    let functions: [(String, (Tensor, Tensor) -> Tensor)] = [
      ("add", { $0 + $1 }), ("sub", { $0 - $1 }), ("mul", { $0 * $1 }), ("div", { $0 / $1 }),
      ("pow", { power($0, $1) }), ("maximum", { maximum($0, $1) }), ("minimum", { minimum($0, $1) }),
      ("atan2", { atan2($0, $1) }), ("logaddexp", logAddExp), ("squared_difference", { square($0 - $1) }),
    ]
    for (name, function) in functions {
      try checks.check(name) { inputs, _ in function(inputs[0], inputs[1]) }
    }
    try checks.check("floor_remainder") { inputs, _ in inputs[0] % inputs[1] }
  }

  @Test func clampingAndSelection() throws {
    let checks = try ReferenceChecks("elementwise")
    try checks.check("clamp") { inputs, test in
      clip(inputs[0], try test.double("min"), try test.double("max"))
    }
    try checks.check("select") { inputs, _ in select(inputs[0], inputs[1], inputs[2]) }
  }
}
