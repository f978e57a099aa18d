import ApusGraph
import ApusOpSamples
import Testing

/// Walks the set of operations: each must have samples, and through them a type rule, a meaning and a gradient.
struct CompletenessTests {
  /// Every case of `Op`. A new one does not compile here until it has a name, and does not pass until
  /// `OpSample` holds a sample of it.
  private enum Case: String, CaseIterable {
    case iota, randomBits, unary, binary, compare, select, clamp, cast, bitcast, reshape, transpose, broadcast
    case slice, pad, concatenate, reverse, dynamicSlice, dynamicUpdateSlice, gather, gatherAlong, scatter
    case scatterAlong, reduce, argReduce, cumulate, sort, dot, convolution, convolutionInputGradient
    case convolutionFilterGradient, pool, maxPoolGradient, averagePoolGradient, scan, whileLoop, recomputation
    case stopGradient
    case barrier, customGradient, shardConstraint, customCall, activation, activationGradient, softmax
    case softmaxGradient, logSoftmax, logSoftmaxGradient, softmaxCrossEntropy, softmaxCrossEntropyGradient
    case batchNorm, batchNormalize, batchNormGradient, layerNorm, layerNormGradient, attention,
      attentionGradient, dropout
    case recurrence, recurrenceGradient

    init?(_ op: Op) {
      switch op {
      case .constant, .input, .failed: return nil
      case .iota: self = .iota
      case .randomBits: self = .randomBits
      case .unary: self = .unary
      case .binary: self = .binary
      case .compare: self = .compare
      case .select: self = .select
      case .clamp: self = .clamp
      case .cast: self = .cast
      case .bitcast: self = .bitcast
      case .reshape: self = .reshape
      case .transpose: self = .transpose
      case .broadcast: self = .broadcast
      case .slice: self = .slice
      case .pad: self = .pad
      case .concatenate: self = .concatenate
      case .reverse: self = .reverse
      case .dynamicSlice: self = .dynamicSlice
      case .dynamicUpdateSlice: self = .dynamicUpdateSlice
      case .gather: self = .gather
      case .gatherAlong: self = .gatherAlong
      case .scatter: self = .scatter
      case .scatterAlong: self = .scatterAlong
      case .reduce: self = .reduce
      case .argReduce: self = .argReduce
      case .cumulate: self = .cumulate
      case .sort: self = .sort
      case .dot: self = .dot
      case .convolution: self = .convolution
      case .convolutionInputGradient: self = .convolutionInputGradient
      case .convolutionFilterGradient: self = .convolutionFilterGradient
      case .pool: self = .pool
      case .maxPoolGradient: self = .maxPoolGradient
      case .averagePoolGradient: self = .averagePoolGradient
      case .scan: self = .scan
      case .whileLoop: self = .whileLoop
      case .recomputation: self = .recomputation
      case .stopGradient: self = .stopGradient
      case .barrier: self = .barrier
      case .customGradient: self = .customGradient
      case .shardConstraint: self = .shardConstraint
      case .customCall: self = .customCall
      case .activation: self = .activation
      case .activationGradient: self = .activationGradient
      case .softmax: self = .softmax
      case .softmaxGradient: self = .softmaxGradient
      case .logSoftmax: self = .logSoftmax
      case .logSoftmaxGradient: self = .logSoftmaxGradient
      case .softmaxCrossEntropy: self = .softmaxCrossEntropy
      case .softmaxCrossEntropyGradient: self = .softmaxCrossEntropyGradient
      case .batchNorm: self = .batchNorm
      case .batchNormalize: self = .batchNormalize
      case .batchNormGradient: self = .batchNormGradient
      case .layerNorm: self = .layerNorm
      case .layerNormGradient: self = .layerNormGradient
      case .attention: self = .attention
      case .attentionGradient: self = .attentionGradient
      case .dropout: self = .dropout
      case .recurrence: self = .recurrence
      case .recurrenceGradient: self = .recurrenceGradient
      }
    }

    /// The operations made of others.
    var isComposite: Bool {
      switch self {
      case .activation, .activationGradient, .softmax, .softmaxGradient, .logSoftmax, .logSoftmaxGradient,
        .softmaxCrossEntropy, .softmaxCrossEntropyGradient, .batchNorm, .batchNormalize, .batchNormGradient,
        .layerNorm,
        .layerNormGradient, .attention, .attentionGradient, .dropout, .recurrence, .recurrenceGradient:
        true
      default: false
      }
    }
  }

  @Test func everyOperationHasSamples() {
    let sampled = Set(OpSample.all.compactMap { Case($0.op) })
    #expect(Set(Case.allCases).subtracting(sampled).map(\.rawValue) == [])
    let names = Set(OpSample.all.map(\.op.name))
    #expect(UnaryOp.allCases.allSatisfy { names.contains($0.rawValue) })
    #expect(BinaryOp.allCases.allSatisfy { names.contains($0.rawValue) })
    #expect(ReduceKind.allCases.allSatisfy { names.contains("reduce.\($0.rawValue)") })
    #expect(ActivationKind.allCases.allSatisfy { names.contains("\($0.rawValue)Gradient") })
  }

  @Test("Results have the types that were inferred", arguments: OpSample.all)
  func typesAreInferred(_ sample: OpSample) throws {
    let inputs = sample.inputs.map { Value.constant($0) }
    let values = Node.apply(sample.op, inputs)
    #expect(values.allSatisfy { $0.failure == nil })
    let results = try Reference.evaluate(sample.op, sample.inputs, types: values.map(\.type))
    #expect(results.map { TensorType($0.dtype, $0.shape) } == values.map(\.type))
  }

  @Test("Composites decompose into the first tier", arguments: OpSample.all)
  func decompositions(_ sample: OpSample) throws {
    let inputs = sample.inputs.map { Value.constant($0) }
    let kind = try #require(Case(sample.op))
    guard let parts = decompose(sample.op, inputs) else {
      #expect(!kind.isComposite)
      return
    }
    #expect(parts.map(\.type) == Node.apply(sample.op, inputs).map(\.type))
    let graph = Graph(inputs: [], outputs: parts)
    #expect(graph.failure == nil)
    // Contractions give up their epilogue, whose activation is a composite by itself.
    if kind.isComposite {
      #expect(graph.vertices.allSatisfy { Case($0.node.op)?.isComposite != true })
    }
  }

  @Test("bfloat16 and float32 keep their types through gradients", arguments: [DType.float32, .bfloat16])
  func gradientsKeepTypes(_ dtype: DType) {
    for sample in OpSample.all where sample.order > 0 {
      // Their bodies have types of their own.
      if case .scan = sample.op { continue }
      if case .recomputation = sample.op { continue }
      let inputs = sample.inputs.map { literal in
        let value = Value.constant(literal)
        return literal.dtype.isFloating ? value.cast(dtype) : value
      }
      let results = Node.apply(sample.op, inputs)
      let floating = results.filter { $0.dtype == dtype }
      let targets = inputs.filter { $0.dtype == dtype }
      let slopes = gradients(of: floating, seeds: floating.map { $0.filled(1) }, withRespectTo: targets)
      #expect(slopes.map(\.failure) == targets.map { _ in nil }, "\(sample)")
      #expect(slopes.map(\.type) == targets.map(\.type), "\(sample)")
    }
  }
}
