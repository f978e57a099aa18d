import ApusGraph

// What people of NumPy, PyTorch and Keras type: the compiler names the Apus spelling. None of it can be called.

extension Tensor {
  /// Not an Apus spelling: `expandedDimensions(axis:)`.
  @available(*, unavailable, renamed: "expandedDimensions(axis:)")
  public func unsqueeze(_ axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `expandedDimensions(axis:)`.
  @available(*, unavailable, renamed: "expandedDimensions(axis:)")
  public func expanded(axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `expandedDimensions(axis:)`.
  @available(*, unavailable, renamed: "expandedDimensions(axis:)")
  public func expandDims(axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `squeezed(axis:)`.
  @available(*, unavailable, renamed: "squeezed(axis:)")
  public func squeeze(_ axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `squeezed()`.
  @available(*, unavailable, renamed: "squeezed()")
  public func squeeze() -> Tensor { unspelled() }
  /// Not an Apus spelling: write x.reshaped([2, -1]).
  @available(*, unavailable, message: "write x.reshaped([2, -1])")
  public func reshape(_ shape: Int...) -> Tensor { unspelled() }
  /// Not an Apus spelling: `reshaped(_:)`.
  @available(*, unavailable, renamed: "reshaped(_:)")
  public func reshape(_ shape: Shape) -> Tensor { unspelled() }
  /// Not an Apus spelling: write x.reshaped([2, -1]).
  @available(*, unavailable, message: "write x.reshaped([2, -1])")
  public func view(_ shape: Int...) -> Tensor { unspelled() }
  /// Not an Apus spelling: `reshaped(_:)`.
  @available(*, unavailable, renamed: "reshaped(_:)")
  public func view(_ shape: Shape) -> Tensor { unspelled() }
  /// Not an Apus spelling: write x.transposed([0, 2, 1]).
  @available(*, unavailable, message: "write x.transposed([0, 2, 1])")
  public func permute(_ axes: Int...) -> Tensor { unspelled() }
  /// Not an Apus spelling: `swappedAxes(_:_:)`.
  @available(*, unavailable, renamed: "swappedAxes(_:_:)")
  public func transpose(_ first: Int, _ second: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `transposed(_:)`.
  @available(*, unavailable, renamed: "transposed(_:)")
  public func transpose(_ axes: [Int]) -> Tensor { unspelled() }
  /// Not an Apus spelling: `transposed()`.
  @available(*, unavailable, renamed: "transposed()")
  public func transpose() -> Tensor { unspelled() }
  /// Not an Apus spelling: `swappedAxes(_:_:)`.
  @available(*, unavailable, renamed: "swappedAxes(_:_:)")
  public func swapaxes(_ first: Int, _ second: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `movedAxis(_:to:)`.
  @available(*, unavailable, renamed: "movedAxis(_:to:)")
  public func moveaxis(_ source: Int, _ destination: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `flattened()`.
  @available(*, unavailable, renamed: "flattened()")
  public func flatten() -> Tensor { unspelled() }
  /// Not an Apus spelling: write x.broadcast(to: [2, 3]).
  @available(*, unavailable, message: "write x.broadcast(to: [2, 3])")
  public func expand(_ shape: Int...) -> Tensor { unspelled() }
  /// Not an Apus spelling: `broadcast(to:)`.
  @available(*, unavailable, renamed: "broadcast(to:)")
  public func broadcastTo(_ shape: Shape) -> Tensor { unspelled() }
  /// Not an Apus spelling: `tiled(_:)`.
  @available(*, unavailable, renamed: "tiled(_:)")
  public func tile(_ counts: [Int]) -> Tensor { unspelled() }
  /// Not an Apus spelling: `flipped(axis:)`.
  @available(*, unavailable, renamed: "flipped(axis:)")
  public func flip(_ axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `rolled(_:axis:)`.
  @available(*, unavailable, renamed: "rolled(_:axis:)")
  public func roll(_ shift: Int, _ axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `split(_:axis:)`.
  @available(*, unavailable, renamed: "split(_:axis:)")
  public func chunk(_ count: Int, _ axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `unstacked(axis:)`.
  @available(*, unavailable, renamed: "unstacked(axis:)")
  public func unbind(_ axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `product()`.
  @available(*, unavailable, renamed: "product()")
  public func prod() -> Tensor { unspelled() }
  /// Not an Apus spelling: `standardDeviation()`.
  @available(*, unavailable, renamed: "standardDeviation()")
  public func std() -> Tensor { unspelled() }
  /// Not an Apus spelling: `cumulativeSum(axis:)`.
  @available(*, unavailable, renamed: "cumulativeSum(axis:)")
  public func cumsum(_ axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `cumulativeProduct(axis:)`.
  @available(*, unavailable, renamed: "cumulativeProduct(axis:)")
  public func cumprod(_ axis: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `topK(_:)`.
  @available(*, unavailable, renamed: "topK(_:)")
  public func topk(_ count: Int) -> Tensor { unspelled() }
  /// Not an Apus spelling: `sorted()`.
  @available(*, unavailable, renamed: "sorted()")
  public func sort() -> Tensor { unspelled() }
  /// Not an Apus spelling: `power(_:)`.
  @available(*, unavailable, renamed: "power(_:)")
  public func pow(_ exponent: Double) -> Tensor { unspelled() }
  /// Not an Apus spelling: `clip(_:_:)`.
  @available(*, unavailable, renamed: "clip(_:_:)")
  public func clamp(_ low: Double, _ high: Double) -> Tensor { unspelled() }
  /// Not an Apus spelling: write x.replacing(with: number, where: mask).
  @available(*, unavailable, message: "write x.replacing(with: number, where: mask)")
  public func maskedFill(_ mask: Tensor, _ number: Double) -> Tensor { unspelled() }
  /// Not an Apus spelling: `cast(to:)`.
  @available(*, unavailable, renamed: "cast(to:)")
  public func astype(_ dtype: DType) -> Tensor { unspelled() }
  /// Not an Apus spelling: `cast(to:)`.
  @available(*, unavailable, renamed: "cast(to:)")
  public func to(_ dtype: DType) -> Tensor { unspelled() }
  /// Not an Apus spelling: write x.cast(to: .float32).
  @available(*, unavailable, message: "write x.cast(to: .float32)")
  public func float() -> Tensor { unspelled() }
  /// Not an Apus spelling: write x.cast(to: .int64).
  @available(*, unavailable, message: "write x.cast(to: .int64)")
  public func long() -> Tensor { unspelled() }
  /// Not an Apus spelling: write x.cast(to: .int32).
  @available(*, unavailable, message: "write x.cast(to: .int32)")
  public func int() -> Tensor { unspelled() }
  /// Not an Apus spelling: it is the property count.
  @available(*, unavailable, message: "it is the property count")
  public func numel() -> Tensor { unspelled() }
  /// Not an Apus spelling: it is the property rank.
  @available(*, unavailable, message: "it is the property rank")
  public func dim() -> Tensor { unspelled() }
  /// Not an Apus spelling: it is the property shape.
  @available(*, unavailable, message: "it is the property shape")
  public func size() -> Tensor { unspelled() }
  /// Not an Apus spelling: `stopGradient()`.
  @available(*, unavailable, renamed: "stopGradient()")
  public func detach() -> Tensor { unspelled() }
  /// Not an Apus spelling: gradients are taken of functions: valueAndGradient(at: model) { … }.
  @available(*, unavailable, message: "gradients are taken of functions: valueAndGradient(at: model) { … }")
  public func backward() -> Tensor { unspelled() }
  /// Not an Apus spelling: read the numbers with scalars(as: Float.self).
  @available(*, unavailable, message: "read the numbers with scalars(as: Float.self)")
  public func numpy() -> Tensor { unspelled() }
  /// Not an Apus spelling: read the numbers with scalars(as: Float.self).
  @available(*, unavailable, message: "read the numbers with scalars(as: Float.self)")
  public func tolist() -> Tensor { unspelled() }
  /// Not an Apus spelling: read the numbers with scalars(as: Float.self).
  @available(*, unavailable, message: "read the numbers with scalars(as: Float.self)")
  public func toArray() -> Tensor { unspelled() }
  /// Not an Apus spelling: not needed: every tensor behaves as if it were contiguous.
  @available(*, unavailable, message: "not needed: every tensor behaves as if it were contiguous")
  public func contiguous() -> Tensor { unspelled() }
  /// Not an Apus spelling: not needed: tensors are values, and += leaves copies as they were.
  @available(*, unavailable, message: "not needed: tensors are values, and += leaves copies as they were")
  public func clone() -> Tensor { unspelled() }
  /// Not an Apus spelling: `rank`.
  @available(*, unavailable, renamed: "rank")
  public var ndim: Int { rank }

  private func unspelled() -> Tensor { self }

  /// Not an Apus spelling: `RandomSource.current.normal(_:)`.
  @available(*, unavailable, message: "write RandomSource.current.normal([2, 3])")
  public static func randn(_ shape: Int...) -> Tensor { Tensor(0) }
  /// Not an Apus spelling: `RandomSource.current.uniform(_:)`.
  @available(*, unavailable, message: "write RandomSource.current.uniform([2, 3])")
  public static func rand(_ shape: Int...) -> Tensor { Tensor(0) }

  /// Not a question with one answer: `.==` compares element by element.
  @available(
    *, unavailable,
    message: "write x .== y, which gives a tensor of bool, or compare whole tensors with allClose(_:_:)"
  )
  public static func == (left: Tensor, right: Tensor) -> Bool { false }
  /// Not a question with one answer: `.==` compares element by element.
  @available(
    *, unavailable,
    message: "write x .== y, which gives a tensor of bool, or compare whole tensors with allClose(_:_:)"
  )
  public static func == (left: Tensor, right: Double) -> Bool { false }
  /// Not a question with one answer: `.!=` compares element by element.
  @available(
    *, unavailable,
    message: "write x .!= y, which gives a tensor of bool, or compare whole tensors with allClose(_:_:)"
  )
  public static func != (left: Tensor, right: Tensor) -> Bool { false }
  /// Not a question with one answer: `.!=` compares element by element.
  @available(
    *, unavailable,
    message: "write x .!= y, which gives a tensor of bool, or compare whole tensors with allClose(_:_:)"
  )
  public static func != (left: Tensor, right: Double) -> Bool { false }
  /// Not a question with one answer: `.<` compares element by element.
  @available(
    *, unavailable,
    message: "write x .< y, which gives a tensor of bool, and read it with item(as: Bool.self)"
  )
  public static func < (left: Tensor, right: Tensor) -> Bool { false }
  /// Not a question with one answer: `.<` compares element by element.
  @available(
    *, unavailable,
    message: "write x .< y, which gives a tensor of bool, and read it with item(as: Bool.self)"
  )
  public static func < (left: Tensor, right: Double) -> Bool { false }
  /// Not a question with one answer: `.>` compares element by element.
  @available(
    *, unavailable,
    message: "write x .> y, which gives a tensor of bool, and read it with item(as: Bool.self)"
  )
  public static func > (left: Tensor, right: Tensor) -> Bool { false }
  /// Not a question with one answer: `.>` compares element by element.
  @available(
    *, unavailable,
    message: "write x .> y, which gives a tensor of bool, and read it with item(as: Bool.self)"
  )
  public static func > (left: Tensor, right: Double) -> Bool { false }
  /// Not a question with one answer: `.<=` compares element by element.
  @available(
    *, unavailable,
    message: "write x .<= y, which gives a tensor of bool, and read it with item(as: Bool.self)"
  )
  public static func <= (left: Tensor, right: Tensor) -> Bool { false }
  /// Not a question with one answer: `.<=` compares element by element.
  @available(
    *, unavailable,
    message: "write x .<= y, which gives a tensor of bool, and read it with item(as: Bool.self)"
  )
  public static func <= (left: Tensor, right: Double) -> Bool { false }
  /// Not a question with one answer: `.>=` compares element by element.
  @available(
    *, unavailable,
    message: "write x .>= y, which gives a tensor of bool, and read it with item(as: Bool.self)"
  )
  public static func >= (left: Tensor, right: Tensor) -> Bool { false }
  /// Not a question with one answer: `.>=` compares element by element.
  @available(
    *, unavailable,
    message: "write x .>= y, which gives a tensor of bool, and read it with item(as: Bool.self)"
  )
  public static func >= (left: Tensor, right: Double) -> Bool { false }
}

/// Not an Apus spelling: `concatenated(_:axis:)`.
@available(*, unavailable, renamed: "concatenated(_:axis:)")
public func cat(_ tensors: [Tensor], _ axis: Int = 0) -> Tensor { Tensor(0) }
/// Not an Apus spelling: `concatenated(_:axis:)`.
@available(*, unavailable, renamed: "concatenated(_:axis:)")
public func concat(_ tensors: [Tensor], axis: Int = 0) -> Tensor { Tensor(0) }
/// Not an Apus spelling: `concatenated(_:axis:)`.
@available(*, unavailable, renamed: "concatenated(_:axis:)")
public func concatenate(_ tensors: [Tensor], axis: Int = 0) -> Tensor { Tensor(0) }
/// Not an Apus spelling: `stacked(_:axis:)`.
@available(*, unavailable, renamed: "stacked(_:axis:)")
public func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor { Tensor(0) }
/// Not an Apus spelling: `power(_:_:)`.
@available(*, unavailable, renamed: "power(_:_:)")
public func pow(_ base: Tensor, _ exponent: Double) -> Tensor { Tensor(0) }
/// Not an Apus spelling: `clip(_:_:_:)`.
@available(*, unavailable, renamed: "clip(_:_:_:)")
public func clamp(_ x: Tensor, _ low: Double, _ high: Double) -> Tensor { Tensor(0) }
/// Not an Apus spelling: `matmul(_:_:)`.
@available(*, unavailable, renamed: "matmul(_:_:)")
public func mm(_ left: Tensor, _ right: Tensor) -> Tensor { Tensor(0) }
/// Not an Apus spelling: `matmul(_:_:)`.
@available(*, unavailable, renamed: "matmul(_:_:)")
public func bmm(_ left: Tensor, _ right: Tensor) -> Tensor { Tensor(0) }
/// Not an Apus spelling: `allClose(_:_:)`.
@available(*, unavailable, renamed: "allClose(_:_:)")
public func allclose(_ a: Tensor, _ b: Tensor) -> Tensor { Tensor(0) }
