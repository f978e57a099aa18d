import ApusGraph
import ApusKernels
import COneDNN

extension Lowering {
  /// Emits a oneDNN primitive over views whose layouts are `formats`.
  /// - Parameters:
  ///   - name: Its name in plans and profiles.
  ///   - descriptor: The chosen implementation.
  ///   - arguments: oneDNN's argument number, the view or storage, its layout, and whether it is written.
  func emitPrimitive(
    _ name: String, _ descriptor: PrimitiveDescriptor,
    _ arguments: [(argument: Int32, place: PrimitivePlace, format: MemoryFormat, isWritten: Bool)]
  ) {
    var all = arguments
    let scratchBytes = descriptor.scratchByteCount
    if scratchBytes > 0 {
      all.append(
        (
          Int32(DNNL_ARG_SCRATCHPAD), .storage(scratch(scratchBytes)),
          descriptor.format(dnnl_query_scratchpad_md), true
        ))
    }
    let bound = all
    emit(
      Kernel(
        name: name, origin: current, reads: bound.filter { !$0.isWritten }.map { $0.place.number },
        writes: bound.filter(\.isWritten).map { $0.place.number }
      ) { binder in
        var primitive: dnnl_primitive_t?
        try check(dnnl_primitive_create(&primitive, descriptor.handle), "primitive_create")
        binder.onRelease { [primitive] in dnnl_primitive_destroy(primitive) }
        var context = apus_onednn_context()
        context.primitive = UnsafeMutableRawPointer(primitive)
        context.stream = UnsafeMutableRawPointer(OneDNN.shared.stream)
        context.argument_count = Int32(bound.count)
        let pointer = binder.allocate(context)
        for (index, argument) in bound.enumerated() {
          var memory: dnnl_memory_t?
          try check(
            dnnl_memory_create(&memory, argument.format.handle, OneDNN.shared.engine, nil), "memory_create")
          binder.onRelease { [memory] in dnnl_memory_destroy(memory) }
          withUnsafeMutableBytes(of: &pointer.pointee.arguments) {
            $0.bindMemory(to: Int32.self)[index] = argument.argument
          }
          withUnsafeMutableBytes(of: &pointer.pointee.memories) {
            $0.bindMemory(to: UnsafeMutableRawPointer?.self)[index] = UnsafeMutableRawPointer(memory)
          }
          let set: Binder.Setter = { [memory] in dnnl_memory_set_data_handle(memory, $0) }
          switch argument.place {
          case .view(let view): binder.bind(view, set)
          case .storage(let storage): binder.bind(storage: storage, set)
          }
        }
        let origin = pointer
        return binder.step(apus_onednn_run, origin) {
          GraphError(.argument, name, "oneDNN could not run the primitive")
        }
      })
  }

  /// Emits a change of layout.
  func emitReorder(
    from source: PrimitivePlace, _ sourceFormat: MemoryFormat, to result: PrimitivePlace,
    _ resultFormat: MemoryFormat
  ) throws {
    let engine = OneDNN.shared.engine
    let descriptor = try PrimitiveDescriptor(
      "reorder_primitive_desc_create",
      { handle, attributes in
        dnnl_reorder_primitive_desc_create(
          &handle, sourceFormat.handle, engine, resultFormat.handle, engine, attributes)
      })
    emitPrimitive(
      "reorder", descriptor,
      [
        (Int32(DNNL_ARG_FROM), source, sourceFormat, false), (Int32(DNNL_ARG_TO), result, resultFormat, true),
      ])
  }

  /// The place of an operand in the layout that a primitive asks for: where it is, or a reordered copy. Weights that
  /// stay share one copy among all that ask for the same.
  func reordered(_ view: View, _ plain: MemoryFormat, to wanted: MemoryFormat) throws -> PrimitivePlace {
    if plain.isEqual(wanted) { return .view(view) }
    let isShared = isKept(view)
    if isShared, let known = layouts.storage(of: view, plain, as: wanted) { return .storage(known) }
    let storage = scratch(wanted.byteCount)
    try emitReorder(from: .view(view), plain, to: .storage(storage), wanted)
    if isShared { layouts.add(view, plain, wanted, storage) }
    return .storage(storage)
  }
}

/// The layouts in which weights that stay have been brought already.
struct KeptLayouts {
  private struct Copy {
    let offset: Int
    /// How the weights lie themselves: a square matrix and its transpose begin at the same place.
    let plain: MemoryFormat
    let format: MemoryFormat
    let storage: Int
  }
  private var known: [Int: [Copy]] = [:]

  func storage(of view: View, _ plain: MemoryFormat, as format: MemoryFormat) -> Int? {
    known[view.storage!]?.first {
      $0.offset == view.offset && $0.plain.isEqual(plain) && $0.format.isEqual(format)
    }?.storage
  }

  mutating func add(_ view: View, _ plain: MemoryFormat, _ format: MemoryFormat, _ storage: Int) {
    known[view.storage!, default: []].append(
      Copy(offset: view.offset, plain: plain, format: format, storage: storage))
  }
}

/// Where an argument of a primitive lies.
enum PrimitivePlace {
  case view(View)
  case storage(Int)

  var number: Int {
    switch self {
    case .view(let view): view.storage!
    case .storage(let number): number
    }
  }
}

extension Epilogue {
  /// What a primitive does to its result before it is stored, in order: add the residual, apply the activation.
  /// - Parameter residual: Layout of the tensor that is added, if there is one.
  /// - Returns: What is called with the list to fill; nil for nothing.
  func postOps(residual: MemoryFormat?) -> ((dnnl_post_ops_t?) -> Void)? {
    let algorithm = activation?.oneDNNAlgorithm
    guard residual != nil || algorithm != nil else { return nil }
    let (alpha, beta) = activation?.oneDNNParameters(alpha) ?? (0, 0)
    return { list in
      if let residual { dnnl_post_ops_append_binary(list, dnnl_binary_add, residual.handle) }
      if let algorithm { dnnl_post_ops_append_eltwise(list, algorithm, alpha, beta) }
    }
  }

  /// oneDNN's number for the tensor that the first step after a primitive adds.
  static let residualArgument = Int32(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE) | Int32(DNNL_ARG_SRC_1)
}

extension ActivationKind {
  /// oneDNN's name for the activation, nil where it has none that means exactly the same.
  var oneDNNAlgorithm: dnnl_alg_kind_t? {
    switch self {
    case .relu, .leakyRelu: dnnl_eltwise_relu
    case .elu: dnnl_eltwise_elu
    case .relu6: dnnl_eltwise_clip
    case .sigmoid: dnnl_eltwise_logistic
    case .tanh: dnnl_eltwise_tanh
    case .gelu: dnnl_eltwise_gelu_erf
    case .geluTanh: dnnl_eltwise_gelu_tanh
    case .silu: dnnl_eltwise_swish
    default: nil
    }
  }

  func oneDNNParameters(_ alpha: Double) -> (Float, Float) {
    switch self {
    case .leakyRelu, .elu: (Float(alpha), 0)
    case .relu6: (0, 6)
    case .silu: (1, 0)
    default: (0, 0)
    }
  }
}
