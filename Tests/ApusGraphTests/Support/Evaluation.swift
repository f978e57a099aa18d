import ApusGraph

/// Evaluates values built from constants.
func evaluate(_ values: Value...) throws -> [Literal] {
  try Reference.evaluate(Graph(inputs: [], outputs: values), inputs: [])
}
