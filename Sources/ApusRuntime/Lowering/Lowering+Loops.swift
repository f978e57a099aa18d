import ApusGraph
import ApusKernels

extension Lowering {
  /// Emits a fused loop for a unit of elementwise operations and reductions, or several where one would have more
  /// operands or results than the loop machine takes.
  func lowerLoop(_ unit: FusionGroups.Unit) throws {
    let members = Set(unit.members)
    var operands = Set<Value>()
    var resultCount = 0
    for index in unit.members {
      let vertex = graph.vertices[index]
      if isNeededOutside(Value(node: vertex.node, index: 0), members) { resultCount += 1 }
      for input in vertex.inputs where !isComputed(input, by: members) { operands.insert(input) }
    }
    guard operands.count > Int(APUS_LOOP_MAX_INPUTS) || resultCount > Int(APUS_LOOP_MAX_OUTPUTS) else {
      return try lowerSingleLoop(unit)
    }
    for part in [
      unit.members.prefix(unit.members.count / 2), unit.members.suffix(from: unit.members.count / 2),
    ] {
      var half = unit
      half.members = Array(part)
      try lowerLoop(half)
    }
  }

  func isComputed(_ value: Value, by members: Set<Int>) -> Bool {
    vertexNumbers[ObjectIdentifier(value.node)].map(members.contains) ?? false
  }

  private func lowerSingleLoop(_ unit: FusionGroups.Unit) throws {
    let builder = try LoopBuilder(shape: unit.space!)
    let members = Set(unit.members)
    var registers: [Value: Int32] = [:]
    var readViews: [(view: View, register: Int32)] = []
    var readSegments: [LoopSegment] = []
    var needed: [(value: Value, reduction: (ReduceKind, [Int])?)] = []

    func register(_ value: Value) throws -> Int32 {
      if let known = registers[value] { return known }
      var source = try view(value)
      // A reduction that runs over another operand's shape reads whatever it is given; all others line up.
      if source.storage == nil, case .index = source.base, source.dtype == .float64 || source.dtype == .uint8
      {
        source = try copied(source)
      }
      if case .segments(let number) = source.base {
        let register = builder.read(source, segments[number])
        registers[value] = register
        var place: Int32 = 0
        for segment in segments[number] {
          if let view = segment.view {
            readSegments.append(LoopSegment(view: view, register: register, place: place))
          }
          place += 1
        }
        return register
      }
      let register = builder.read(source)
      if source.storage != nil { readViews.append((source, register)) }
      registers[value] = register
      return register
    }

    for index in unit.members {
      let vertex = graph.vertices[index]
      let value = Value(node: vertex.node, index: 0)
      if case .reduce(let kind, let axes) = vertex.node.op {
        registers[value] = try register(vertex.inputs[0])
        needed.append((value, (kind, axes)))
        continue
      }
      let operands = try vertex.inputs.map(register)
      registers[value] = builder.instruction(
        vertex.node.op, value.dtype, vertex.inputs.map(\.dtype), operands)
      if isNeededOutside(value, members) { needed.append((value, nil)) }
    }

    var writes: [View] = []
    for (value, reduction) in needed {
      let view = allocate(value)
      var strides = view.strides
      var kind: Int32 = Int32(APUS_REDUCE_NONE)
      if let (reduce, axes) = reduction {
        kind = reduce.loopCode
        strides = Array(repeating: 0, count: unit.space!.rank)
        for (place, axis) in (0..<unit.space!.rank).filter({ !axes.contains($0) }).enumerated() {
          strides[axis] = view.strides[place]
        }
      }
      builder.write(registers[value]!, kind, strides)
      writes.append(view)
    }
    let name =
      unit.members.count == 1 ? graph.vertices[unit.members[0]].node.op.name : "loop(\(unit.members.count))"
    try emitLoop(
      builder, name: name, reads: readViews, segments: readSegments, writes: writes,
      reduces: needed.map { $0.reduction != nil })
  }

  /// Emits a strided copy.
  func emitCopy(from source: View, to result: View) throws {
    let builder = try LoopBuilder(shape: result.shape)
    var source = source
    source.shape = result.shape
    let register = builder.read(source)
    builder.write(register, Int32(APUS_REDUCE_NONE), result.strides)
    try emitLoop(
      builder, name: "copy", reads: source.storage == nil ? [] : [(source, register)], writes: [result],
      reduces: [false])
  }

  private func emitLoop(
    _ builder: LoopBuilder, name: String, reads: [(view: View, register: Int32)],
    segments: [LoopSegment] = [], writes: [View], reduces: [Bool]
  ) throws {
    try builder.prepare()
    var inPlace: [(write: Int, read: Int)] = []
    for (write, reduces) in zip(writes, reduces) where !reduces {
      func isAligned(_ read: View) -> Bool {
        read.strides == write.strides && read.offset == write.offset
          && read.dtype.byteSize == write.dtype.byteSize && read.isContiguous
      }
      for (read, _) in reads where isAligned(read) {
        // An operand that is also read in another order must stay as it is until the loop is over.
        guard reads.allSatisfy({ $0.view.storage != read.storage || isAligned($0.view) }),
          segments.allSatisfy({ $0.view.storage != read.storage })
        else { continue }
        inPlace.append((write.storage!, read.storage!))
      }
    }
    let kernel = Kernel(
      name: name, origin: current, reads: (reads.map(\.view) + segments.map(\.view)).map { $0.storage! },
      writes: writes.map { $0.storage! }, inPlace: inPlace, usesPool: builder.usesPool
    ) { binder in
      let loop = builder.takeLoop()
      binder.onRelease { apus_loop_destroy(loop) }
      for (view, register) in reads { binder.bind(view) { apus_loop_set_input(loop, register, $0) } }
      for segment in segments {
        binder.bind(segment.view) { apus_loop_set_segment(loop, segment.register, segment.place, $0) }
      }
      for (number, view) in writes.enumerated() {
        binder.bind(view) { apus_loop_set_output(loop, Int32(number), $0) }
      }
      return Step(step: apus_step(run: apus_loop_run, context: UnsafeMutableRawPointer(loop)), fault: { nil })
    }
    emit(kernel)
  }

  func isNeededOutside(_ value: Value, _ members: Set<Int>) -> Bool {
    if outputSet.contains(value) { return true }
    return (consumers[value] ?? []).contains { consumer in
      // A reduction inside the loop folds the register; its own result is what leaves.
      !members.contains(consumer)
    }
  }
}

/// An array of an operand that several make up: which operand's, and the how manieth.
private struct LoopSegment {
  let view: View
  let register: Int32
  let place: Int32
}

/// Describes a fused loop to the kernels' loop machine.
final class LoopBuilder {
  private var loop: OpaquePointer?
  private let shape: Shape
  private var reads: [(view: View, register: Int32)] = []

  init(shape: Shape) throws {
    self.shape = shape
    guard shape.rank <= Int(APUS_LOOP_MAX_RANK) else {
      throw GraphError(
        .shape, "loop", "tensors of more than \(APUS_LOOP_MAX_RANK) axes are not supported, got \(shape)")
    }
    loop = apus_loop_create(Int32(shape.rank), shape.dimensions.map { Int64($0) })
  }

  deinit { apus_loop_destroy(loop) }

  /// The register of an operand.
  /// - Parameters:
  ///   - view: How it is read.
  ///   - segments: The arrays that it consists of, when they are several.
  /// - Returns: The number of the register.
  func read(_ view: View, _ segments: [Lowering.Segment] = []) -> Int32 {
    if let known = reads.first(where: {
      $0.view.base == view.base && $0.view.offset == view.offset && $0.view.strides == view.strides
        && $0.view.dtype == view.dtype
    }) {
      return known.register
    }
    let strides = view.strides.map { Int64($0) }
    let dtype = Int32(view.dtype.rawValue)
    let register: Int32
    switch view.base {
    case .storage: register = apus_loop_add_input(loop, dtype, strides)
    case .segments:
      var end: Int64 = 0
      let ends = segments.map { segment in
        end += Int64(segment.count)
        return end
      }
      register = apus_loop_add_segments(loop, dtype, Int32(ends.count), ends)
    case .index:
      // Positions are whole numbers to begin with.
      let position = apus_loop_add_index(loop, Int32(APUS_INT64), Int64(view.offset), strides)
      register =
        view.dtype == .int64
        ? position : apus_loop_add_instruction(loop, Int32(APUS_OP_CAST), dtype, position, -1, -1)
    case .scalar(let real, let integer):
      register =
        view.dtype == .int64
        ? apus_loop_add_integer(loop, dtype, integer) : apus_loop_add_real(loop, dtype, real)
    }
    reads.append((view, register))
    return register
  }

  func write(_ register: Int32, _ reduction: Int32, _ strides: [Int]) {
    _ = apus_loop_add_output(loop, register, reduction, strides.map { Int64($0) })
  }

  func instruction(_ op: Op, _ dtype: DType, _ types: [DType], _ operands: [Int32]) -> Int32 {
    func add(_ code: some BinaryInteger, _ type: DType = dtype) -> Int32 {
      apus_loop_add_instruction(
        loop, Int32(code), Int32(type.rawValue), operands[0], operands.count > 1 ? operands[1] : -1,
        operands.count > 2 ? operands[2] : -1)
    }
    switch op {
    case .unary(let unary): return add(unary.loopCode)
    case .binary(let binary): return add(binary.loopCode)
    case .compare(let direction): return add(direction.loopCode)
    case .select: return add(APUS_OP_SELECT)
    case .clamp: return add(APUS_OP_CLAMP)
    case .cast: return add(APUS_OP_CAST)
    case .bitcast: return add(APUS_OP_BITCAST)
    case .activation(let kind, _): return add(kind == .gelu ? APUS_OP_GELU : APUS_OP_GELU_TANH)
    case .activationGradient(let kind, _):
      return add(kind == .gelu ? APUS_OP_GELU_GRAD : APUS_OP_GELU_TANH_GRAD)
    default: preconditionFailure("not elementwise: \(op)")
    }
  }

  func prepare() throws {
    guard apus_loop_prepare(loop) == 0 else {
      throw GraphError(.argument, "loop", String(cString: apus_loop_error(loop)))
    }
  }

  /// Whether the loop, once prepared, is large enough to be shared among threads.
  var usesPool: Bool { apus_loop_thread_count(loop) > 1 }

  /// Hands the loop over to whoever runs it.
  func takeLoop() -> OpaquePointer? {
    defer { loop = nil }
    return loop
  }
}

extension UnaryOp {
  var loopCode: UInt32 {
    let code =
      switch self {
      case .negate: APUS_OP_NEG
      case .absolute: APUS_OP_ABS
      case .sign: APUS_OP_SIGN
      case .floor: APUS_OP_FLOOR
      case .ceil: APUS_OP_CEIL
      case .round: APUS_OP_ROUND
      case .exp: APUS_OP_EXP
      case .expm1: APUS_OP_EXPM1
      case .log: APUS_OP_LOG
      case .log1p: APUS_OP_LOG1P
      case .sqrt: APUS_OP_SQRT
      case .rsqrt: APUS_OP_RSQRT
      case .sin: APUS_OP_SIN
      case .cos: APUS_OP_COS
      case .tanh: APUS_OP_TANH
      case .logistic: APUS_OP_LOGISTIC
      case .erf: APUS_OP_ERF
      case .isFinite: APUS_OP_IS_FINITE
      case .not: APUS_OP_NOT
      }
    return UInt32(code)
  }
}

extension BinaryOp {
  var loopCode: UInt32 {
    let code =
      switch self {
      case .add: APUS_OP_ADD
      case .subtract: APUS_OP_SUB
      case .multiply: APUS_OP_MUL
      case .divide: APUS_OP_DIV
      case .power: APUS_OP_POW
      case .maximum: APUS_OP_MAX
      case .minimum: APUS_OP_MIN
      case .remainder: APUS_OP_REM
      case .atan2: APUS_OP_ATAN2
      case .and: APUS_OP_AND
      case .or: APUS_OP_OR
      case .xor: APUS_OP_XOR
      case .shiftLeft: APUS_OP_SHL
      case .shiftRight: APUS_OP_SHR
      }
    return UInt32(code)
  }
}

extension Comparison {
  var loopCode: UInt32 {
    let code =
      switch self {
      case .equal: APUS_OP_EQ
      case .notEqual: APUS_OP_NE
      case .less: APUS_OP_LT
      case .lessOrEqual: APUS_OP_LE
      case .greater: APUS_OP_GT
      case .greaterOrEqual: APUS_OP_GE
      }
    return UInt32(code)
  }
}

extension ReduceKind {
  var loopCode: Int32 {
    let code =
      switch self {
      case .sum: APUS_REDUCE_SUM
      case .product: APUS_REDUCE_PROD
      case .maximum: APUS_REDUCE_MAX
      case .minimum: APUS_REDUCE_MIN
      case .and: APUS_REDUCE_AND
      case .or: APUS_REDUCE_OR
      }
    return Int32(code)
  }
}
