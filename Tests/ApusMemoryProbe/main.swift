// Asks for more memory than there is, in every way that a program can, under a limit of its address space that it sets
// itself. Prints for each what was thrown: `name: kind | description`, or `name: nothing`. A test reads the lines; that
// the process lives to print all of them is what is tested.

import ApusGraph
import ApusNN
import ApusTensor

#if canImport(Glibc)
  import Glibc
  let addressSpace = __rlimit_resource_t(RLIMIT_AS.rawValue)
#else
  import Darwin
  let addressSpace = RLIMIT_AS
#endif

var limit = rlimit(rlim_cur: 6 << 30, rlim_max: 6 << 30)
guard setrlimit(addressSpace, &limit) == 0 else { exit(3) }

func attempt(_ name: String, _ body: () throws -> Void) {
  do {
    try body()
    print("\(name): nothing")
  } catch let error as GraphError {
    print("\(name): \(error.kind.rawValue) | \("\(error)".replacing("\n", with: " "))")
  } catch {
    print("\(name): other | \(error)")
  }
}

/// Trains a network of dense layers for a step.
func train(units: [Int], batch: Int = 2) throws {
  let model = Sequential {
    for count in units { Dense(count, activation: .relu) }
    Dense(3)
  }
  let optimizer = Optimizer.adam()
  let x = Tensor.ones([batch, 64])
  let step = CompiledFunction { inputs in
    let (loss, gradients) = try valueAndGradient(at: model) { model in square(model(inputs[0])).mean() }
    try optimizer.update(model, gradients)
    return [loss]
  }
  _ = try step([x])[0].item()
}

attempt("zeros") { _ = try Tensor.zeros([1 << 40]).literal() }
attempt("eye") { _ = try Tensor.eye(1 << 20).literal() }
attempt("tiled") { _ = try Tensor.ones([2]).tiled([1 << 46]).literal() }
attempt("arange") { _ = try Tensor.arange(0, 1e13).literal() }
attempt("intermediate") {
  // Small operands and a small result, and much between them.
  let x = Tensor.ones([60_000, 1])
  _ = try matmul(x, x.T).sorted().sum().item()
}
attempt("compiled") {
  let function = CompiledFunction { [$0[0].broadcast(to: [1 << 33]) * 2] }
  _ = try function([Tensor.ones([1])])[0].literal()
}
attempt("Dense") { try train(units: [1 << 40]) }
attempt("Dense of too many units") { try train(units: [1 << 62]) }
attempt("hidden layers") { try train(units: [16384, 16384, 16384]) }
attempt("literal") { _ = try Literal.zeros(TensorType(.float32, [1 << 33])) }
// What was refused has left nothing behind.
attempt("small") { try train(units: [64, 64], batch: 32) }
