import ApusGraph

/// Products summed as Einstein's notation says: `einsum("bij,bjk->bik", a, b)`.
///
/// Each letter names an axis; equal letters are walked together. Letters missing on the right are summed over.
/// Without `->` the result has the letters that occur once, in alphabetical order, after the ellipsis. `...`
/// stands for axes that are broadcast together; a letter twice in one operand takes its diagonal. Whole numbers that
/// are summed are summed in `int64`.
public func einsum(
  _ equation: String, _ operands: Tensor..., file: StaticString = #fileID, line: Int = #line
) -> Tensor { einsum(equation, operands, file: file, line: line) }

/// Products summed as Einstein's notation says, over a list of operands.
public func einsum(
  _ equation: String, _ operands: [Tensor], file: StaticString = #fileID, line: Int = #line
) -> Tensor {
  building(operands, file, line) { () throws(GraphError) in
    let values = try Value.promoted(operands.map(\.value), "einsum")
    return try Einsum(equation, values).value()
  }
}

/// An operand with a label for each axis. Ellipsis axes have the labels -1, -2, … counted from the last.
private struct LabeledValue {
  var value: Value
  var labels: [Int]

  func size(_ label: Int) -> Int? { labels.firstIndex(of: label).map { value.shape[$0] } }

  /// The operand with its axes in the order of some labels, all of which it has.
  func ordered(_ order: [Int]) -> Value {
    value.transposed(order.compactMap { label in labels.firstIndex(of: label) })
  }
}

private struct Einsum {
  private let equation: String
  private var operands: [LabeledValue] = []
  private var output: [Int] = []

  init(_ equation: String, _ values: [Value]) throws(GraphError) {
    self.equation = equation
    let text = equation.filter { !$0.isWhitespace }
    let sides = text.split(separator: "->", omittingEmptySubsequences: false).map(String.init)
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard sides.count <= 2, terms.count == values.count else {
      throw GraphError(
        .argument, "einsum", "'\(equation)' describes \(terms.count) operands, got \(values.count)")
    }
    for (term, value) in zip(terms, values) {
      let labels = try Self.labels(term, rank: value.rank, equation, of: value.shape)
      operands.append(Self.diagonalized(LabeledValue(value: value, labels: labels)))
      for pair in zip(labels, value.shape.dimensions) where pair.0 >= 0 {
        for other in operands {
          if let size = other.size(pair.0), size != pair.1 {
            throw GraphError(
              .shape, "einsum",
              "'\(equation)': axis '\(Self.letter(pair.0))' has \(size) elements in one place and \(pair.1) in another (operand shapes \(values.map(\.shape.description).joined(separator: ", ")))"
            )
          }
        }
      }
    }
    try broadcastEllipsis(values)
    let all = operands.flatMap(\.labels)
    let ellipsis = Set(all.filter { $0 < 0 }).sorted()
    if sides.count == 2 {
      output = try Self.labels(sides[1], ellipsis: ellipsis, equation)
      if let missing = output.first(where: { !all.contains($0) }) {
        throw GraphError(
          .argument, "einsum", "'\(equation)': '\(Self.letter(missing))' of the result is in no operand")
      }
      guard Set(output).count == output.count else {
        throw GraphError(.argument, "einsum", "'\(equation)': the result names an axis twice")
      }
    } else {
      let counts = Dictionary(
        terms.joined().filter(\.isLetter).map { (Self.label($0), 1) }, uniquingKeysWith: +)
      output = ellipsis + counts.filter { $0.value == 1 }.map(\.key).sorted()
    }
  }

  private static func label(_ letter: Character) -> Int { Int(letter.unicodeScalars.first?.value ?? 0) }

  private static func letter(_ label: Int) -> String {
    label < 0 ? "..." : UnicodeScalar(UInt32(label)).map { String(Character($0)) } ?? "?"
  }

  private static func labels(_ term: String, ellipsis: [Int], _ equation: String) throws(GraphError) -> [Int]
  {
    var labels: [Int] = []
    var rest = Substring(term)
    var hasEllipsis = false
    while let character = rest.first {
      if rest.hasPrefix("..."), !hasEllipsis {
        hasEllipsis = true
        labels += ellipsis
        rest = rest.dropFirst(3)
      } else if character.isASCII, character.isLetter {
        labels.append(label(character))
        rest = rest.dropFirst()
      } else {
        throw GraphError(
          .argument, "einsum", "'\(equation)': '\(character)' cannot stand there",
          advice: "use letters, one '...' a term, commas between operands and one '->'")
      }
    }
    return labels
  }

  private static func labels(
    _ term: String, rank: Int, _ equation: String, of shape: Shape
  ) throws(GraphError) -> [Int] {
    let named = term.count { $0.isLetter }
    let free = term.contains("...") ? Swift.max(0, rank - named) : 0
    let labels = try labels(term, ellipsis: (0..<free).map { $0 - free }, equation)
    guard labels.count == rank else {
      throw GraphError(
        .shape, "einsum", "'\(equation)': '\(term)' names \(named) axes, the operand has shape \(shape)")
    }
    return labels
  }

  /// The operand with axes of one label replaced by their diagonal.
  private static func diagonalized(_ operand: LabeledValue) -> LabeledValue {
    var operand = operand
    while let repeated = operand.labels.first(where: { label in operand.labels.count { $0 == label } > 1 }) {
      let places = operand.labels.indices.filter { operand.labels[$0] == repeated }.prefix(2)
      // Unequal sizes are reported by the caller's check of all sizes.
      let size = places.map { operand.value.shape[$0] }.min() ?? 0
      let kept = operand.labels.indices.filter { !places.contains($0) }
      var value = operand.value.transposed(kept + places)
      for axis in [value.rank - 2, value.rank - 1] { value = value.slice(axis: axis, 0..<size) }
      operand = LabeledValue(
        value: value.mainDiagonal(), labels: kept.map { operand.labels[$0] } + [repeated])
    }
    return operand
  }

  /// Drops ellipsis axes of size 1 where another operand has more: they need not be repeated to be multiplied.
  private mutating func broadcastEllipsis(_ values: [Value]) throws(GraphError) {
    for label in Set(operands.flatMap(\.labels)).filter({ $0 < 0 }) {
      let sizes = Set(operands.compactMap { $0.size(label) })
      guard sizes.subtracting([1]).count <= 1 else {
        throw GraphError(
          .shape, "einsum",
          "'\(equation)': the axes under '...' cannot be broadcast together (operand shapes \(values.map(\.shape.description).joined(separator: ", ")))"
        )
      }
      guard sizes.count > 1 else { continue }
      for index in operands.indices {
        guard let axis = operands[index].labels.firstIndex(of: label), operands[index].value.shape[axis] == 1
        else { continue }
        operands[index].value = operands[index].value.reshaped(operands[index].value.shape.removing([axis]))
        operands[index].labels.remove(at: axis)
      }
    }
  }

  func value() throws(GraphError) -> Value {
    var pending = operands
    if pending.contains(where: { !Set($0.labels).isSubset(of: output) }) {
      for index in pending.indices { pending[index].value = pending[index].value.accumulating }
    }
    guard var result = pending.first else { throw GraphError(.argument, "einsum", "needs operands") }
    pending.removeFirst()
    while !pending.isEmpty {
      let next = pending.removeFirst()
      result = Self.product(result, next, needed: Set(output).union(pending.flatMap(\.labels)))
    }
    result = Self.summed(result, needed: Set(output))
    return result.ordered(output)
  }

  /// Sums over the axes that nobody needs any more.
  private static func summed(_ operand: LabeledValue, needed: Set<Int>) -> LabeledValue {
    let axes = operand.labels.indices.filter { !needed.contains(operand.labels[$0]) }
    if axes.isEmpty { return operand }
    return LabeledValue(
      value: operand.value.sum(axes: axes), labels: operand.labels.filter { needed.contains($0) })
  }

  private static func product(
    _ left: LabeledValue, _ right: LabeledValue, needed: Set<Int>
  ) -> LabeledValue {
    let left = summed(left, needed: needed.union(right.labels))
    let right = summed(right, needed: needed.union(left.labels))
    let shared = left.labels.filter { right.labels.contains($0) }
    let batch = shared.filter { needed.contains($0) }, contracted = shared.filter { !needed.contains($0) }
    let labels =
      batch + left.labels.filter { !shared.contains($0) } + right.labels.filter { !shared.contains($0) }
    if contracted.isEmpty {
      // Nothing is summed: a broadcast product.
      func spread(_ operand: LabeledValue) -> Value {
        operand.ordered(labels.filter { operand.labels.contains($0) })
          .reshaped(Shape(labels.map { operand.size($0) ?? 1 }))
      }
      return LabeledValue(value: spread(left) * spread(right), labels: labels)
    }
    let spec = DotSpec(
      leftBatch: batch.compactMap { left.labels.firstIndex(of: $0) },
      rightBatch: batch.compactMap { right.labels.firstIndex(of: $0) },
      leftContract: contracted.compactMap { left.labels.firstIndex(of: $0) },
      rightContract: contracted.compactMap { right.labels.firstIndex(of: $0) })
    return LabeledValue(value: left.value.dot(right.value, spec), labels: labels)
  }
}
