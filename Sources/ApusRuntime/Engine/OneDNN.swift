import ApusGraph
import ApusKernels
import COneDNN

/// What a process needs of oneDNN once: its CPU engine and the stream that the engine's thread feeds.
final class OneDNN: @unchecked Sendable {
  static let shared = OneDNN()
  let engine: dnnl_engine_t?
  let stream: dnnl_stream_t?

  private init() {
    var engine: dnnl_engine_t?
    dnnl_engine_create(&engine, dnnl_cpu, 0)
    self.engine = engine
    var stream: dnnl_stream_t?
    dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue))
    self.stream = stream
    dnnl_set_primitive_cache_capacity(1024)
  }
}

/// A call into oneDNN that it refused.
struct OneDNNError: ApusError {
  let call: String
  let status: dnnl_status_t
  var category: ErrorCategory { status == dnnl_out_of_memory ? .resources : .failed }
  var problem: String { "oneDNN refused \(call): status \(status.rawValue)" }
  var advice: String? { nil }
  var place: String? { nil }
}

func check(_ status: dnnl_status_t, _ call: String) throws {
  guard status == dnnl_success else { throw OneDNNError(call: call, status: status) }
}

/// A layout of a tensor in memory, as oneDNN describes it.
final class MemoryFormat {
  let handle: dnnl_memory_desc_t?

  init(adopting handle: dnnl_memory_desc_t?) { self.handle = handle }

  deinit { dnnl_memory_desc_destroy(handle) }

  /// Dimensions in oneDNN's order at explicit distances, in elements.
  static func strided(_ dimensions: [Int], _ strides: [Int]) throws -> MemoryFormat {
    var handle: dnnl_memory_desc_t?
    try check(
      dnnl_memory_desc_create_with_strides(
        &handle, Int32(dimensions.count), dimensions.map { Int64($0) }, dnnl_f32, strides.map { Int64($0) }),
      "memory_desc_create_with_strides")
    return MemoryFormat(adopting: handle)
  }

  /// Dimensions in whatever layout the primitive likes best.
  static func any(_ dimensions: [Int]) throws -> MemoryFormat {
    var handle: dnnl_memory_desc_t?
    try check(
      dnnl_memory_desc_create_with_tag(
        &handle, Int32(dimensions.count), dimensions.map { Int64($0) }, dnnl_f32, dnnl_format_tag_any),
      "memory_desc_create_with_tag")
    return MemoryFormat(adopting: handle)
  }

  var byteCount: Int { dnnl_memory_desc_get_size(handle) }

  func isEqual(_ other: MemoryFormat) -> Bool { dnnl_memory_desc_equal(handle, other.handle) != 0 }
}

/// A chosen implementation of an operation.
final class PrimitiveDescriptor {
  let handle: dnnl_primitive_desc_t?

  init(
    _ call: String, _ create: (inout dnnl_primitive_desc_t?, dnnl_primitive_attr_t?) -> dnnl_status_t,
    postOps: ((dnnl_post_ops_t?) -> Void)? = nil
  ) throws {
    var attributes: dnnl_primitive_attr_t?
    try check(dnnl_primitive_attr_create(&attributes), "primitive_attr_create")
    defer { dnnl_primitive_attr_destroy(attributes) }
    // Scratch memory comes out of the program's arena.
    dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user)
    if let postOps {
      var list: dnnl_post_ops_t?
      try check(dnnl_post_ops_create(&list), "post_ops_create")
      defer { dnnl_post_ops_destroy(list) }
      postOps(list)
      dnnl_primitive_attr_set_post_ops(attributes, list)
    }
    var handle: dnnl_primitive_desc_t?
    try check(create(&handle, attributes), call)
    self.handle = handle
  }

  deinit { dnnl_primitive_desc_destroy(handle) }

  /// The layout that the implementation wants for one of its arguments.
  func format(_ query: dnnl_query_t, _ index: Int32 = 0) -> MemoryFormat {
    var copy: dnnl_memory_desc_t?
    dnnl_memory_desc_clone(&copy, dnnl_primitive_desc_query_md(handle, query, index))
    return MemoryFormat(adopting: copy)
  }

  var scratchByteCount: Int { format(dnnl_query_scratchpad_md).byteCount }
}
