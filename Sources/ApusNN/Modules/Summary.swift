import ApusGraph
import ApusTensor

/// What a model consists of: a row for each layer, and totals.
public struct ModelSummary: Sendable, Hashable {
  /// One layer.
  public struct Row: Sendable, Hashable {
    /// The dotted path.
    public let path: String
    /// The layer's type.
    public let type: String
    /// The result's shape, whose first axis is the batch; nil for a layer that was not called, and where it is not
    /// known whether it was.
    public let outputShape: Shape?
    /// Whether the layer was called; nil for a layer of your own that another of your own calls and that holds no
    /// `LayerIdentity`.
    public let wasCalled: Bool?
    /// Number of elements of the layer's own parameters.
    public let parameterCount: Int
    /// How many of them training changes.
    public let trainableCount: Int
  }

  /// The layers in the order of their calls.
  public let rows: [Row]
  /// Elements of all parameters.
  public let parameterCount: Int
  /// Elements that training changes.
  public let trainableCount: Int
  /// Bytes of all parameters.
  public let byteCount: Int
  /// Bytes of an optimizer's own state, when one was given.
  public let optimizerByteCount: Int?

  /// Elements that training leaves alone.
  public var frozenCount: Int { parameterCount - trainableCount }
}

extension ModelSummary: CustomStringConvertible {
  /// A table for the terminal.
  public var description: String {
    let header = ["layer (type)", "output shape", "parameters", "trainable"]
    let lines = rows.map { row in
      [
        row.path.isEmpty ? row.type : "\(row.path) (\(row.type))",
        row.outputShape.map(Self.text) ?? (row.wasCalled == nil ? "" : "not called"),
        Self.grouped(row.parameterCount),
        row.parameterCount == 0
          ? ""
          : row.trainableCount == row.parameterCount
            ? "yes" : row.trainableCount == 0 ? "no" : Self.grouped(row.trainableCount),
      ]
    }
    let widths = header.indices.map { column in
      ([header] + lines).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      var parts: [String] = []
      for (column, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        parts.append(column >= 2 ? padding + cell : cell + padding)
      }
      var text = parts.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    var text = [line(header), rule] + lines.map(line) + [rule]
    text.append("parameters: \(Self.grouped(parameterCount)) (\(Self.bytes(byteCount)))")
    text.append("trainable: \(Self.grouped(trainableCount)), not trainable: \(Self.grouped(frozenCount))")
    if let optimizerByteCount {
      text.append("optimizer state, apart: \(Self.bytes(optimizerByteCount))")
    }
    return text.joined(separator: "\n")
  }

  private static func text(_ shape: Shape) -> String {
    guard shape.rank > 0, shape[0] == tracedBatch else { return shape.description }
    return "[" + (["batch"] + shape.dimensions.dropFirst().map(String.init)).joined(separator: ", ") + "]"
  }

  static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: ",")
  }

  static func bytes(_ count: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var number = Double(count), unit = 0
    while number >= 1000, unit < units.count - 1 {
      number /= 1000
      unit += 1
    }
    let rounded = (number * 100).rounded() / 100
    return unit == 0 ? "\(count) B" : "\(rounded) \(units[unit])"
  }
}

extension Layer {
  /// The layers with their output shapes and parameters; builds the model if that has not happened.
  /// - Parameters:
  ///   - inputShape: The shape of one sample, without the batch axis: `[28, 28, 1]`.
  ///   - dtype: The element type of the input.
  ///   - optimizer: An optimizer whose state is counted, too; none when nil.
  /// - Returns: A row for each layer, and totals.
  /// - Throws: `DiscoveryError`, or `GraphError` when the layers do not fit together.
  public func summary(
    inputShape: Shape, dtype: DType = .float32, optimizer: Optimizer? = nil
  ) throws -> ModelSummary {
    let recorder = LayerRecorder()
    let result = try LayerRecorder.$current.withValue(recorder) {
      try build(inputShape: inputShape, dtype: dtype)
    }
    return try ModelSummary(
      discovered(), recorder, result: Shape([tracedBatch] + result.dimensions), optimizer: optimizer)
  }
}

extension ModelSummary {
  init(_ discovery: Discovery, _ recorder: LayerRecorder, result: Shape, optimizer: Optimizer?) {
    var own = Array(repeating: (all: 0, trainable: 0), count: discovery.modules.count)
    var bytes = 0
    var trainableVariables: [Variable] = []
    for found in discovery.parameters where found.owner >= 0 {
      own[found.owner].all += found.parameter.count
      if found.parameter.isTrainable { own[found.owner].trainable += found.parameter.count }
      guard let variable = found.parameter.variable else { continue }
      bytes += variable.type.byteCount
      if found.parameter.kind == .weight { trainableVariables.append(variable) }
    }
    var called: [ObjectIdentifier: Int] = [:]
    for (index, identifier) in recorder.order.enumerated() { called[identifier] = index }
    var rows: [(order: Int, row: Row)] = []
    var last = -1
    for (index, found) in discovery.modules.enumerated() {
      let identity = found.identity
      // A composite that nobody records is seen through its layers; only parameters of its own give it a row.
      if identity == nil, own[index].all == 0 { continue }
      let order = identity.flatMap { called[ObjectIdentifier($0)] }
      // What was not called stands behind its neighbor.
      last = order ?? last
      let recorded = identity.flatMap { recorder.shapes[ObjectIdentifier($0)] }
      let outputShape = recorded ?? (index == 0 ? result : nil)
      rows.append(
        (
          last,
          Row(
            path: found.path, type: found.typeName,
            outputShape: outputShape,
            wasCalled: identity == nil && outputShape == nil ? nil : outputShape != nil,
            parameterCount: own[index].all, trainableCount: own[index].trainable)
        ))
    }
    self.rows = rows.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
      .map(\.element.row)
    parameterCount = own.reduce(0) { $0 + $1.all }
    trainableCount = own.reduce(0) { $0 + $1.trainable }
    byteCount = bytes
    optimizerByteCount = optimizer.map { $0.stateByteCount(for: trainableVariables) }
  }
}
