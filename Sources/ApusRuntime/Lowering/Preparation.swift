import ApusGraph

/// Which kernels of a program compute the same at every run, because all that they read is constant or is state that the
/// program leaves as it is: weights in another layout or folded with a normalization, masks, positions. They run once,
/// and again when that state has changed; their results lie outside the arena.
///
/// A view of a weight needs no kernel, so nothing is kept for it.
struct Preparation {
  /// Numbers of the inputs that keep their values from run to run; nil when nothing is to be kept.
  private let keptInputs: Set<Int>?
  /// Storages whose contents are the same at every run, as far as the kernels emitted so far tell.
  private var constantStorages = Set<Int>()

  /// Results larger than this many times what they are made from are not kept (a blocked layout is a little larger than
  /// a plain one, one for Winograd's convolution fourfold, or eightfold where 32 filters fill half a panel, and a broadcast
  /// weight much)…
  private static let growthLimit = 9
  /// …beyond this many bytes for each kernel.
  private static let smallByteCount = 1 << 20

  init(keptInputs: Set<Int>?) { self.keptInputs = keptInputs }

  /// Notes what the results of the next kernel depend on.
  mutating func add(_ kernel: Kernel, to lowering: Lowering) {
    guard keptInputs != nil else { return }
    if canKeep(kernel, in: lowering, where: constantStorages.contains) {
      constantStorages.formUnion(kernel.writes.map(lowering.root))
    } else {
      constantStorages.subtract(kernel.writes.map(lowering.root))
    }
  }

  /// Whether a storage that the program does not write always holds the same.
  private func isGiven(_ storage: Storage) -> Bool {
    switch storage.kind {
    case .constant: true
    case .input(let number): keptInputs?.contains(number) ?? false
    case .arena, .prepared, .output: false
    }
  }

  private func canKeep(_ kernel: Kernel, in lowering: Lowering, where isConstant: (Int) -> Bool) -> Bool {
    guard kernel.isPure else { return false }
    let reads = Set(kernel.reads.map(lowering.root)), writes = Set(kernel.writes.map(lowering.root))
    func bytes(_ roots: Set<Int>) -> Int { roots.reduce(0) { $0 + lowering.storages[$1].byteCount } }
    return reads.allSatisfy { isGiven(lowering.storages[$0]) || isConstant($0) }
      && writes.allSatisfy { lowering.storages[$0].kind == .arena }
      && bytes(writes) <= max(Self.smallByteCount, Self.growthLimit * bytes(reads))
  }

  /// Whether what a view shows stays the same from run to run, so that bringing it into another layout costs nothing.
  fileprivate func isKept(_ view: View, in lowering: Lowering) -> Bool {
    guard keptInputs != nil, let storage = view.storage.map(lowering.root) else { return false }
    return isGiven(lowering.storages[storage]) || constantStorages.contains(storage)
  }

  /// Whether each kernel, all being known, belongs to the preparation.
  fileprivate func choose(_ lowering: Lowering) -> [Bool] {
    let kernels = lowering.kernels
    guard keptInputs != nil else { return kernels.map { _ in false } }
    var isChosen = kernels.map { _ in true }
    let reads = kernels.map { Set($0.reads.map(lowering.root)) }
    let writes = kernels.map { Set($0.writes.map(lowering.root)) }
    // A kernel that drops out takes those along that read what it writes or that write to the same memory.
    var spoilt = Set<Int>()
    var firstReader: [Int: Int] = [:]
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      var written = Set<Int>()
      for (time, kernel) in kernels.enumerated() where isChosen[time] {
        if canKeep(kernel, in: lowering, where: { written.contains($0) && !spoilt.contains($0) }),
          writes[time].allSatisfy({ !spoilt.contains($0) && firstReader[$0] ?? time >= time })
        {
          written.formUnion(writes[time])
        } else {
          isChosen[time] = false
          hasChanged = true
          spoilt.formUnion(writes[time])
          for root in reads[time] { firstReader[root] = min(firstReader[root] ?? time, time) }
        }
      }
    }
    return isChosen
  }
}

extension Lowering {
  /// Whether what a view shows stays the same from run to run, so that bringing it into another layout costs nothing
  /// in a run. To be asked while kernels are emitted.
  func isKept(_ view: View) -> Bool { preparation.isKept(view, in: self) }

  /// Parts the kernels into those that run once and the steps of every run, and gives the results of the former memory
  /// that stays. To be called when all kernels and outputs are known.
  func separatePreparation() -> (preparation: [Kernel], steps: [Kernel]) {
    let isChosen = preparation.choose(self)
    var parts: (preparation: [Kernel], steps: [Kernel]) = ([], [])
    for (kernel, isChosen) in zip(kernels, isChosen) {
      if isChosen {
        parts.preparation.append(kernel)
        for storage in kernel.writes { setKind(root(storage), .prepared) }
      } else {
        parts.steps.append(kernel)
      }
    }
    return parts
  }
}
