import ApusGraph
import ApusKernels

extension Lowering {
  /// The loop of a recurrent layer as one kernel. What nobody reads is not stored.
  func lowerRecurrence(_ spec: RecurrenceSpec, _ vertex: Graph.Vertex) throws {
    let operands = try vertex.inputs.map(contiguous)
    func operand(_ index: Int?) -> View? { index.map { operands[$0] } }
    func kept(_ index: Int) -> View? {
      let value = result(vertex, index)
      return isRead(value) ? allocate(value) : nil
    }
    let isLSTM = spec.cell == .lstm, firstResidual = isLSTM ? 3 : 2
    let states = kept(0), lastState = allocate(result(vertex, 1))
    let lastCell = isLSTM ? allocate(result(vertex, 2)) : nil
    let gates = spec.cell == .simple ? nil : kept(firstResidual)
    let cells = spec.cell == .simple ? nil : kept(firstResidual + 1)
    var context = apus_recurrence_context()
    context.sizes = sizes(spec, vertex.inputs[0].shape, units: vertex.inputs[1].shape[0])
    let scratch = self.scratch(Int(apus_recurrence_scratch_bytes(&context.sizes)))
    emitKernel(
      vertex.node.op.name, reads: operands,
      writes: [states, lastState, lastCell, gates, cells].compactMap { $0 }, scratch: [scratch],
      inPlace: gates.map { [($0.storage!, operands[0].storage!)] } ?? [], apus_recurrence,
      context
    ) { binder, pointer in
      func bind(_ view: View?, _ set: @escaping (UnsafeMutableRawPointer) -> Void) {
        if let view { binder.bind(view, set) }
      }
      bind(operands[0]) { pointer.pointee.projection = UnsafeRawPointer($0) }
      bind(operands[1]) { pointer.pointee.kernel = UnsafeRawPointer($0) }
      bind(operands[2]) { pointer.pointee.initial_state = UnsafeRawPointer($0) }
      bind(operand(spec.initialCell)) { pointer.pointee.initial_cell = UnsafeRawPointer($0) }
      bind(operand(spec.recurrentBias)) { pointer.pointee.recurrent_bias = UnsafeRawPointer($0) }
      bind(operand(spec.mask)) { pointer.pointee.mask = UnsafeRawPointer($0) }
      bind(states) { pointer.pointee.states = $0 }
      bind(lastState) { pointer.pointee.last_state = $0 }
      bind(lastCell) { pointer.pointee.last_cell = $0 }
      bind(gates) { pointer.pointee.gates = $0 }
      bind(cells) { pointer.pointee.cells = $0 }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0 }
    }
  }

  /// The gradient of such a loop as one kernel.
  func lowerRecurrenceGradient(_ spec: RecurrenceGradientSpec, _ vertex: Graph.Vertex) throws {
    let operands = try vertex.inputs.map(contiguous)
    func operand(_ index: Int?) -> View? { index.map { operands[$0] } }
    let cell = spec.forward.cell
    let results = vertex.node.types.indices.map { allocate(result(vertex, $0)) }
    var context = apus_recurrence_gradient_context()
    context.sizes = sizes(spec.forward, vertex.inputs[1].shape, units: vertex.inputs[0].shape[0])
    let scratch = self.scratch(Int(apus_recurrence_gradient_scratch_bytes(&context.sizes)))
    emitKernel(
      vertex.node.op.name, reads: operands, writes: results, scratch: [scratch],
      inPlace: cell == .simple ? [] : [(results[0].storage!, operands[1].storage!)], apus_recurrence_gradient,
      context
    ) { binder, pointer in
      func bind(_ view: View?, _ set: @escaping (UnsafeMutableRawPointer) -> Void) {
        if let view { binder.bind(view, set) }
      }
      bind(operands[0]) { pointer.pointee.kernel = UnsafeRawPointer($0) }
      switch cell {
      case .simple:
        bind(operands[1]) { pointer.pointee.states = UnsafeRawPointer($0) }
      case .gru:
        bind(operands[1]) { pointer.pointee.gates = UnsafeRawPointer($0) }
        bind(operands[2]) { pointer.pointee.cells = UnsafeRawPointer($0) }
        bind(operands[3]) { pointer.pointee.states = UnsafeRawPointer($0) }
        bind(operands[4]) { pointer.pointee.initial_state = UnsafeRawPointer($0) }
        bind(results[2]) { pointer.pointee.candidate_gradient = $0 }
      case .lstm:
        bind(operands[1]) { pointer.pointee.gates = UnsafeRawPointer($0) }
        bind(operands[2]) { pointer.pointee.cells = UnsafeRawPointer($0) }
        bind(operands[3]) { pointer.pointee.initial_cell = UnsafeRawPointer($0) }
        bind(results[2]) { pointer.pointee.initial_cell_gradient = $0 }
      }
      bind(operands[spec.lastState]) { pointer.pointee.last_state_gradient = UnsafeRawPointer($0) }
      bind(operand(spec.lastCell)) { pointer.pointee.last_cell_gradient = UnsafeRawPointer($0) }
      bind(operand(spec.mask)) { pointer.pointee.mask = UnsafeRawPointer($0) }
      bind(operand(spec.stateGradients)) { pointer.pointee.state_gradients = UnsafeRawPointer($0) }
      bind(results[0]) { pointer.pointee.projection_gradient = $0 }
      bind(results[1]) { pointer.pointee.initial_state_gradient = $0 }
      binder.bind(storage: scratch) { pointer.pointee.scratch = $0 }
    }
  }

  private func isRead(_ value: Value) -> Bool { consumers[value] != nil || outputSet.contains(value) }

  private func sizes(_ spec: RecurrenceSpec, _ steps: Shape, units: Int) -> apus_recurrence_sizes {
    let cell =
      switch spec.cell {
      case .simple: APUS_CELL_SIMPLE
      case .gru: APUS_CELL_GRU
      case .lstm: APUS_CELL_LSTM
      }
    return apus_recurrence_sizes(
      time: Int64(steps[0]), batch: Int64(steps[1]), units: Int64(units), cell: Int32(cell),
      reverse: spec.reverse ? 1 : 0, threads: threads)
  }
}
