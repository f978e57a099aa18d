func inferAttention(_ op: Op, _ inputs: [Value]) throws(GraphError) -> [TensorType] {
  switch op {
  case .attention(let spec): return try inferAttention(spec, inputs, op)
  case .attentionGradient(let spec): return try inferAttentionGradient(spec, inputs, op)
  default: preconditionFailure("not attention: \(op)")
  }
}

private func inferAttention(_ spec: AttentionSpec, _ inputs: [Value], _ op: Op) throws(GraphError)
  -> [TensorType]
{
  try requireCount(spec.inputCount, inputs, op)
  let query = inputs[0], key = inputs[1], value = inputs[2]
  try requireFloating(query, op)
  for (operand, name) in [(query, "query"), (key, "key"), (value, "value")] {
    guard operand.rank == 4 else {
      throw GraphError(
        .shape, op.name, "\(name) must be [batch, time, heads, size], got shape \(operand.shape)")
    }
    try requireSameType(query, operand, op)
  }
  func require(_ condition: Bool, _ message: String) throws(GraphError) {
    guard condition else {
      throw GraphError(
        .shape, op.name,
        "\(message): query \(query.shape), key \(key.shape), value \(value.shape)",
        advice: "shapes are [batch, time, heads, size]")
    }
  }
  let heads = query.shape[2], keyHeads = key.shape[2]
  try require(query.shape[0] == key.shape[0] && key.shape[0] == value.shape[0], "batch sizes differ")
  try require(query.shape[3] == key.shape[3], "queries and keys differ in size")
  try require(key.shape[1] == value.shape[1], "there must be one value for each key")
  try require(keyHeads == value.shape[2], "keys and values differ in heads")
  try require(
    keyHeads == heads || (keyHeads > 0 && heads % keyHeads == 0),
    "the query's heads must be a multiple of the key's")
  let rows = Shape([query.shape[0], heads, query.shape[1]])
  if spec.hasMask {
    let mask = inputs[3], expected = Shape(rows.dimensions + [key.shape[1]])
    guard mask.shape == expected, mask.dtype == .bool || mask.dtype == query.dtype else {
      throw GraphError(
        .shape, op.name, "a mask must be bool\(expected) or \(query.dtype)\(expected), got \(mask.type)")
    }
  }
  if spec.hasLengths {
    let lengths = inputs[spec.inputCount - 1], expected = TensorType(.int32, [query.shape[0]])
    guard lengths.type == expected else {
      throw GraphError(.shape, op.name, "lengths must be \(expected), got \(lengths.type)")
    }
  }
  let result = Shape([query.shape[0], query.shape[1], heads, value.shape[3]])
  return [TensorType(query.dtype, result), TensorType(query.dtype, rows)]
}

private func inferAttentionGradient(
  _ spec: AttentionSpec, _ inputs: [Value], _ op: Op
) throws(GraphError) -> [TensorType] {
  try requireCount(spec.inputCount + 3, inputs, op)
  let results = try inferAttention(spec, Array(inputs.prefix(spec.inputCount)), .attention(spec))
  let saved = inputs.suffix(3).map(\.type)
  guard saved == results + [results[0]] else {
    throw GraphError(.shape, op.name, "expects \(results) and a gradient like the first, got \(saved)")
  }
  return inputs.prefix(3).map(\.type)
}
