extension Reference {
  static func scan(_ spec: ScanSpec, _ inputs: [ReferenceArray], _ types: [TensorType]) throws
    -> [ReferenceArray]
  {
    let body = try ReferenceInterpreter(spec.body)
    var carries = Array(inputs.prefix(spec.carryCount))
    let sequences = inputs[spec.carryCount..<(spec.carryCount + spec.sequenceCount)]
    let constants = inputs[(spec.carryCount + spec.sequenceCount)...]
    var stacked = Array(repeating: [[ReferenceArray]](), count: types.count - spec.carryCount)
    for step in 0..<spec.length {
      let place = spec.reverse ? spec.length - 1 - step : step
      let slices = sequences.map { sequence in
        let shape = Shape(Array(sequence.shape.dimensions.dropFirst()))
        let size = shape.elementCount
        return sequence.picking(Array(place * size..<(place + 1) * size), shape: shape)
      }
      let results = try body.evaluate(carries + slices + constants)
      carries = Array(results.prefix(spec.carryCount))
      for index in stacked.indices { stacked[index].append([results[spec.carryCount + index]]) }
    }
    return carries
      + stacked.enumerated().map { index, steps in
        let type = types[spec.carryCount + index]
        let parts = (spec.reverse ? steps.reversed() : steps).flatMap { $0 }
        return ReferenceArray.joined(parts, type.dtype, type.shape)
      }
  }

  static func whileLoop(_ condition: Graph, _ body: Graph, _ inputs: [ReferenceArray]) throws
    -> [ReferenceArray]
  {
    let condition = try ReferenceInterpreter(condition), body = try ReferenceInterpreter(body)
    var state = inputs
    while try condition.evaluate(state)[0].wholes[0] != 0 { state = try body.evaluate(state) }
    return state
  }
}
