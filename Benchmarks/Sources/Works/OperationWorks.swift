import Apus

extension Work {
  /// Two operations between which nothing should go to memory.
  static let layerNormGELU = Work(
    name: "layernorm-gelu", summary: "gelu(layerNorm(x)), 4096x1024: forward",
    cost: Cost(bytes: 2 * 4 * 4096 * 1024)
  ) { _ in
    let norm = LayerNorm(epsilon: 1e-5)
    try norm.build(inputShape: [1024], seed: initialSeed)
    let x = try normal([4096, 1024])
    let forward = CompiledFunction { [gelu(norm($0[0]), approximate: false)] }
    return Prepared(
      tensors: { try norm.namedLiterals().merging(["input.x": x]) { $1 } }, run: { try forward([x])[0] })
  }

  /// A product of two matrices, for comparison: every library should reach the same here.
  static let matmul = Work(
    name: "matmul", summary: "2048x2048 by 2048x2048", cost: Cost(operations: 2 * 2048 * 2048 * 2048)
  ) { _ in
    let a = try normal([2048, 2048])
    let product = CompiledFunction { [Apus.matmul($0[0], $0[0])] }
    return Prepared(tensors: { ["input.a": a] }, run: { try product([a])[0] })
  }
}
