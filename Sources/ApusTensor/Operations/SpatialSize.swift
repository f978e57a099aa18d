import ApusGraph

/// A number for each spatial axis, written as one number for all (`2`) or as a list (`[2, 1]`).
public struct SpatialSize: Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
  CustomStringConvertible
{
  /// One number for all axes, or one for each.
  public let sizes: [Int]

  /// One number for all axes.
  public init(_ size: Int) { sizes = [size] }
  /// One number for each axis.
  public init(_ sizes: [Int]) { self.sizes = sizes }
  /// One number for all axes.
  public init(integerLiteral value: Int) { sizes = [value] }
  /// One number for each axis.
  public init(arrayLiteral elements: Int...) { sizes = elements }

  /// The numbers for so many axes, or nil when there are not as many.
  public func values(axes: Int) -> [Int]? {
    if sizes.count == axes { return sizes }
    return sizes.count == 1 ? Array(repeating: sizes[0], count: axes) : nil
  }

  /// The number alone, or the list.
  public var description: String { sizes.count == 1 ? "\(sizes[0])" : "\(sizes)" }

  func checked(_ axes: Int, _ name: String, _ operation: String) throws(GraphError) -> [Int] {
    guard let values = values(axes: axes), values.allSatisfy({ $0 >= 1 }) else {
      throw GraphError(
        .argument, operation, "\(name) \(self) for \(axes) spatial axes",
        advice: "give one number from 1 up, or one for each axis")
    }
    return values
  }
}

/// How a window may reach beyond the edges of its input.
public enum Padding: Sendable, Hashable {
  /// Not at all: only whole windows count.
  case valid
  /// So far that the result has ceil(size / stride) elements; an odd rest goes to the end, as in Keras.
  case same
  /// Only before the start of a sequence, so that no result looks ahead.
  case causal
  /// By so many elements before and after each spatial axis.
  case explicit([SpatialPadding])

  /// By as many elements on either side of every spatial axis, as in PyTorch.
  public static func symmetric(_ size: SpatialSize, axes: Int) -> Padding {
    .explicit((size.values(axes: axes) ?? size.sizes).map { SpatialPadding(before: $0, after: $0) })
  }
}

/// Elements added before and after an axis.
public struct SpatialPadding: Sendable, Hashable {
  /// Elements before the axis.
  public var before: Int
  /// Elements after the axis.
  public var after: Int

  /// Elements before and after an axis.
  public init(before: Int, after: Int) {
    self.before = before
    self.after = after
  }
}

extension Padding {
  /// How many elements a window spans, its gaps included; never more than a tensor can have, so that sums stay small.
  static func reach(of kernel: Int, dilation: Int) -> Int {
    Swift.min(Int(clamping: (Int128(kernel) - 1) * Int128(dilation) + 1), 2 * Shape.elementLimit)
  }

  /// The elements added to each axis.
  /// - Parameters:
  ///   - input: The spatial sizes of the input.
  ///   - window: The reach of the window, dilation included.
  ///   - strides: Steps of the window.
  ///   - operation: The operation, for messages.
  /// - Returns: Elements before and after each axis.
  /// - Throws: `GraphError` when the padding does not fit the window.
  func pads(
    input: [Int], window: [Int], strides: [Int], _ operation: String
  ) throws(GraphError) -> (low: [Int], high: [Int]) {
    let none = Array(repeating: 0, count: window.count)
    switch self {
    case .valid: return (none, none)
    case .same:
      let totals = window.indices.map { axis in
        let size = Shape.stepCount(input[axis], by: strides[axis])
        return Swift.max(
          (size - 1) * strides[axis] + Swift.min(window[axis], 2 * Shape.elementLimit) - input[axis], 0)
      }
      return (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
    case .causal:
      guard window.count == 1 else {
        throw GraphError(
          .argument, operation, "causal padding is for sequences [batch, steps, channels] only")
      }
      return ([window[0] - 1], [0])
    case .explicit(let pads):
      guard pads.count == window.count, pads.allSatisfy({ $0.before >= 0 && $0.after >= 0 }) else {
        throw GraphError(
          .argument, operation, "explicit padding \(pads) for \(window.count) spatial axes",
          advice: "give numbers from 0 up for each axis")
      }
      return (pads.map(\.before), pads.map(\.after))
    }
  }
}
