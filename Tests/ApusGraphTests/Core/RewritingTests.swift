import ApusGraph
import ApusOpSamples
import Testing

struct RewritingTests {
  private let x = Value.input(.float64, [2])

  @Test func operationsAreReplacedFromTheLeavesUp() throws {
    let y = (x.unary(.sin) + x.unary(.cos)).unary(.sin)
    let graph = Graph(inputs: [x], outputs: [y])
    let rewritten = graph.rewritten { vertex, inputs in
      guard case .unary(.sin) = vertex.node.op else { return nil }
      return [inputs[0].unary(.negate)]
    }
    #expect(rewritten.inputs == graph.inputs)
    let result = try Reference.evaluate(rewritten, inputs: [reals([0, 0])])[0]
    #expect(result.doubles == [-1, -1])
  }

  @Test func nothingIsRebuiltWithoutNeed() {
    let kept = x.unary(.sin), changed = x.unary(.cos)
    let graph = Graph(inputs: [x], outputs: [kept, changed * 2])
    #expect(graph.rewritten { _, _ in nil } === graph)
    let rewritten = graph.rewritten { vertex, inputs in
      vertex.node === changed.node ? [inputs[0]] : nil
    }
    #expect(rewritten.outputs[0] == kept)
    #expect(rewritten.outputs[1] != graph.outputs[1])
  }

  @Test func placeholdersAndComputedValuesAreNotShown() {
    let constant = Value.constant(reals([1, 2]))
    let graph = Graph(inputs: [x], outputs: [x + constant])
    var seen: [Op] = []
    _ = graph.rewritten { vertex, _ in
      seen.append(vertex.node.op)
      return nil
    }
    #expect(seen == [.binary(.add)])
  }

  @Test func severalResultsAreReplacedTogether() throws {
    let (values, order) = x.sorted(axis: 0)
    let graph = Graph(inputs: [x], outputs: [values, order])
    let rewritten = graph.rewritten { vertex, inputs in
      guard case .sort = vertex.node.op else { return nil }
      let descending = inputs[0].sorted(axis: 0, descending: true)
      return [descending.values, descending.order]
    }
    let results = try Reference.evaluate(rewritten, inputs: [reals([1, 2])])
    #expect(results.map(\.doubles) == [[2, 1], [1, 0]])
  }

  @Test func sortingStopsAtABoundary() {
    let y = x.unary(.sin), z = y.unary(.cos)
    #expect(Graph.sorted([z]).count == 3)
    #expect(Graph.sorted([z], stoppingAt: [ObjectIdentifier(y.node)]).count == 2)
  }
}
