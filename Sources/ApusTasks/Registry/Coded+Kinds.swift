extension Coded {
  init(_ input: any InputEncoder) throws { try self.init(kind: type(of: input).kind, input) }
  init(_ target: any Target) throws { try self.init(kind: type(of: target).kind, target) }
  init(_ network: any NetworkBlueprint) throws { try self.init(kind: type(of: network).kind, network) }
  init(_ source: any ExampleSource) throws { try self.init(kind: type(of: source).kind, source) }
  init(_ recipe: any Recipe) throws { try self.init(kind: type(of: recipe).kind, recipe) }
}
