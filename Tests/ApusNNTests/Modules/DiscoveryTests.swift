import ApusNN
import ApusTensor
import Testing

private func names(_ model: any Module) throws -> [String] { try model.parameters().map(\.name) }

private struct Inner: Layer {
  let dense = Dense(2)
  func callAsFunction(_ x: Tensor) -> Tensor { dense(x) }
}

@Suite struct DiscoveryTests {
  @Test func structsAndClassesNest() throws {
    struct Outer: Layer {
      let first = Inner()
      let second: Final
      func callAsFunction(_ x: Tensor) -> Tensor { second(first(x)) }
    }
    final class Final: Layer {
      let head = Dense(3, useBias: false)
      func callAsFunction(_ x: Tensor) -> Tensor { head(x) }
    }
    #expect(
      try names(Outer(second: Final()))
        == ["first.dense.kernel", "first.dense.bias", "second.head.kernel"])
  }

  @Test func superclassPropertiesComeFirst() throws {
    class Base: Layer, @unchecked Sendable {
      let body = Dense(2, useBias: false)
      func callAsFunction(_ x: Tensor) -> Tensor { body(x) }
    }
    final class Derived: Base, @unchecked Sendable {
      let head = Dense(3, useBias: false)
    }
    #expect(try names(Derived()) == ["body.kernel", "head.kernel"])
  }

  @Test func containersNameTheirElements() throws {
    enum Choice: Sendable {
      case plain(Dense)
      case pair(left: Dense, right: Dense)
      case nothing
    }
    struct Box: Sendable { let layer = Dense(1, useBias: false) }
    struct Model: Module {
      let list = [Dense(1, useBias: false), Dense(2, useBias: false)]
      let table = ["b": Dense(1, useBias: false), "a": Dense(1, useBias: false)]
      let tuple = (Dense(1, useBias: false), last: Dense(1, useBias: false))
      let six = (1, 2, 3, 4, 5, Dense(1, useBias: false))
      let absent: Dense? = nil
      let present: Dense? = Dense(1, useBias: false)
      let plain = Choice.plain(Dense(1, useBias: false))
      let pair = Choice.pair(left: Dense(1, useBias: false), right: Dense(1, useBias: false))
      let nothing = Choice.nothing
      let box = Box()
      let erased: any Sendable = Dense(1, useBias: false)
      let nested = [[Dense(1, useBias: false)]]
      let own = Parameter(.zeros)
      let numbers = [1.0, 2.0]
    }
    #expect(
      try names(Model()) == [
        "list.0.kernel", "list.1.kernel", "table.a.kernel", "table.b.kernel", "tuple.0.kernel",
        "tuple.last.kernel", "six.5.kernel", "present.kernel", "plain.plain.kernel",
        "pair.pair.left.kernel", "pair.pair.right.kernel", "box.layer.kernel", "erased.kernel",
        "nested.0.0.kernel", "own",
      ])
  }

  @Test func sharedLayersAreNamedOnce() throws {
    struct Twins: Module {
      let first: Dense
      let second: Dense
    }
    let shared = Dense(2, useBias: false)
    let twins = Twins(first: shared, second: shared)
    #expect(try names(twins) == ["first.kernel"])
  }

  @Test func cyclesEnd() throws {
    final class Knot: Module, @unchecked Sendable {
      let dense = Dense(1, useBias: false)
      var next: Knot?
    }
    let a = Knot(), b = Knot()
    a.next = b
    b.next = a
    #expect(try names(a) == ["dense.kernel", "next.dense.kernel"])
    b.next = nil
  }

  @Test func propertyWrappersGoByTheirProperty() throws {
    @propertyWrapper struct Logged<Value: Sendable>: Sendable { var wrappedValue: Value }
    struct Model: Module {
      @Logged var dense = Dense(1, useBias: false)
    }
    #expect(try names(Model()) == ["dense.kernel"])
  }

  @Test func unsetLazyLayersAreErrors() throws {
    final class Late: Module, @unchecked Sendable {
      lazy var dense = Dense(1, useBias: false)
    }
    let late = Late()
    let error = #expect(throws: DiscoveryError.self) { try names(late) }
    #expect(error?.path == "dense")
    #expect(error?.description.contains("lazy") == true)
    _ = late.dense
    #expect(try names(late) == ["dense.kernel"])
  }

  @Test func equalPathsAreErrors() throws {
    class Base: Module, @unchecked Sendable {
      private let body = Dense(2)
    }
    final class Derived: Base, @unchecked Sendable {
      private let body = Dense(3)
    }
    let error = #expect(throws: DiscoveryError.self) { try names(Derived()) }
    #expect(error?.path == "body.kernel")
  }

  @Test func setsOfLayersAreErrors() throws {
    final class Hashed: Layer, Hashable {
      func callAsFunction(_ x: Tensor) -> Tensor { x }
      static func == (left: Hashed, right: Hashed) -> Bool { left === right }
      func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
    }
    struct Model: Module {
      let bag: Set = [Hashed()]
    }
    let error = #expect(throws: DiscoveryError.self) { try names(Model()) }
    #expect(error?.path == "bag")
    struct Keyed: Module {
      let table = [Hashed(): 1]
    }
    #expect(throws: DiscoveryError.self) { try names(Keyed()) }
  }

  @Test func bareVariablesAreErrors() throws {
    struct Model: Module {
      let cell = Variable(1)
    }
    let error = #expect(throws: DiscoveryError.self) { try names(Model()) }
    #expect(error?.advice?.contains("Parameter") == true)
  }

  @Test func ownMirrorsAreErrors() throws {
    struct Hidden: Module, CustomReflectable {
      let dense = Dense(1)
      var customMirror: Mirror { Mirror(self, children: [:]) }
    }
    #expect(throws: DiscoveryError.self) { try names(Hidden()) }
  }

  @Test func aMillionNumbersCostNothing() throws {
    struct Model: Module {
      let table = [Float](repeating: 0, count: 1_000_000)
      let dense = Dense(1, useBias: false)
    }
    #expect(try names(Model()) == ["dense.kernel"])
  }
}
