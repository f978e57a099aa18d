import ApusGraph

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The numbers as nested rows, the middle of long axes left out. Runs what is pending. A tensor that
  /// cannot be computed shows its error, one inside a trace its type.
  public var description: String {
    if let failure { return "Tensor(failed: \(failure))" }
    if value.result == nil, TraceContext.current != nil { return "Tensor(\(value.type), traced)" }
    do {
      return TensorPrinter(try literal()).text
    } catch {
      return "Tensor(\(value.type), failed: \(error))"
    }
  }

  /// The type and the numbers.
  public var debugDescription: String {
    failure == nil && (value.result != nil || TraceContext.current == nil)
      ? "Tensor(\(value.type))\n\(description)" : description
  }
}

/// Lays a value out as text.
private struct TensorPrinter {
  /// Tensors of more elements than this are summarized.
  private static let elementLimit = 1000
  /// Elements shown at either end of a summarized axis.
  private static let edge = 3

  private let shape: Shape
  private let dtype: DType
  private let numbers: [Double]
  private let isSummarized: Bool
  private var width = 0
  private var format: (Double) -> String = { "\($0)" }

  init(_ literal: Literal) {
    shape = literal.shape
    dtype = literal.dtype
    isSummarized = literal.shape.elementCount > Self.elementLimit
    numbers = literal.doubles
    let shown = shownNumbers()
    format = Self.format(for: shown, dtype)
    width = shown.map { format($0).count }.max() ?? 0
  }

  var text: String {
    if shape.elementCount == 0 { return "[] (\(dtype)\(shape))" }
    if shape.rank == 0 { return format(numbers[0]) }
    return rows(axis: 0, offset: 0)
  }

  /// The positions shown along an axis; nil where some are left out.
  private func positions(_ size: Int) -> [Int?] {
    guard isSummarized, size > 2 * Self.edge else { return (0..<size).map { $0 } }
    return (0..<Self.edge).map { $0 } + [nil] + ((size - Self.edge)..<size).map { $0 }
  }

  private func shownNumbers() -> [Double] {
    func collect(_ axis: Int, _ offset: Int) -> [Double] {
      if axis == shape.rank { return numbers.indices.contains(offset) ? [numbers[offset]] : [] }
      return positions(shape[axis]).compactMap { $0 }.flatMap { collect(axis + 1, offset * shape[axis] + $0) }
    }
    return collect(0, 0)
  }

  private func rows(axis: Int, offset: Int) -> String {
    let parts = positions(shape[axis]).map { position -> String in
      guard let position else { return "…" }
      let next = offset * shape[axis] + position
      if axis < shape.rank - 1 { return rows(axis: axis + 1, offset: next) }
      let number = format(numbers[next])
      return String(repeating: " ", count: max(0, width - number.count)) + number
    }
    if axis == shape.rank - 1 { return "[" + parts.joined(separator: ", ") + "]" }
    let gap = String(repeating: "\n", count: shape.rank - 1 - axis)
    return "[" + parts.joined(separator: "," + gap + String(repeating: " ", count: axis + 1)) + "]"
  }

  /// One way to write all the numbers: as few decimals as show them to six digits.
  private static func format(for shown: [Double], _ dtype: DType) -> (Double) -> String {
    if dtype == .bool { return { $0 == 0 ? "false" : "true" } }
    if !dtype.isFloating { return { String(Int64(saturating: $0)) } }
    let finite = shown.filter(\.isFinite).map { Swift.abs($0) }
    let largest = finite.max() ?? 0
    let smallest = finite.filter { $0 > 0 }.min() ?? 0
    if largest >= 1e8 || (smallest > 0 && (smallest < 1e-4 || largest / smallest > 1e6)) {
      return { special($0) ?? scientific($0) }
    }
    let decimals = (1...6).first { count in finite.allSatisfy { isWritten($0, decimals: count) } } ?? 6
    let digits = max(1, String(Int64(largest)).count)
    let places = min(decimals, max(1, 7 - digits))
    return { special($0) ?? fixed($0, decimals: places) }
  }

  private static func special(_ number: Double) -> String? {
    if number.isNaN { return "nan" }
    return number.isInfinite ? (number < 0 ? "-inf" : "inf") : nil
  }

  private static func isWritten(_ number: Double, decimals: Int) -> Bool {
    let scaled = number * power(decimals)
    return Swift.abs(scaled - scaled.rounded()) <= max(1, number) * power(decimals) * 5e-8
  }

  private static func power(_ exponent: Int) -> Double {
    (0..<exponent).reduce(1.0) { number, _ in number * 10 }
  }

  private static func fixed(_ number: Double, decimals: Int) -> String {
    let scale = Int64(power(decimals))
    let scaled = Int64(saturating: (Swift.abs(number) * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    let sign = number < 0 && scaled != 0 ? "-" : ""
    return sign + String(scaled / scale) + "." + String(repeating: "0", count: decimals - fraction.count)
      + fraction
  }

  private static func scientific(_ number: Double) -> String {
    if number == 0 { return "0.0000e+00" }
    var mantissa = Swift.abs(number)
    var exponent = 0
    while mantissa >= 10 { mantissa /= 10; exponent += 1 }
    while mantissa < 1 { mantissa *= 10; exponent -= 1 }
    var digits = fixed(mantissa, decimals: 4)
    if digits.hasPrefix("10.") {
      digits = "1.0000"
      exponent += 1
    }
    let size = String(Swift.abs(exponent))
    return (number < 0 ? "-" : "") + digits + "e" + (exponent < 0 ? "-" : "+")
      + String(repeating: "0", count: max(0, 2 - size.count)) + size
  }
}
