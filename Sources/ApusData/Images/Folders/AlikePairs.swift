/// Pairs of things that are alike, few enough to be kept: where many are alike among each other, the closest pairs that
/// connect them all, a minimum spanning forest by Kruskal's algorithm. Each of `count` things that is like another is in
/// at least one pair, and there are at most `count` − 1.
package struct AlikePairs {
  /// Two things by their places, the first one before the second, and how far apart they are.
  package struct Pair: Equatable, Sendable {
    /// The place of the first.
    package let first: Int
    /// The place of the second.
    package let second: Int
    /// How far apart they are.
    package let distance: Double

    /// Two things by their places.
    package init(_ first: Int, _ second: Int, distance: Double) {
      self.first = first
      self.second = second
      self.distance = distance
    }
  }

  /// The closest first; of equals by their places.
  package private(set) var pairs: [Pair] = []
  private let count: Int

  /// Pairs of so many things, none yet.
  package init(count: Int) { self.count = count }

  /// Takes up pairs that were found, and lets go of those that connect nothing then.
  package mutating func add(_ found: [Pair]) {
    guard !found.isEmpty else { return }
    let candidates = (pairs + found).sorted {
      ($0.distance, $0.first, $0.second) < ($1.distance, $1.first, $1.second)
    }
    var parents = Array(0..<count)
    /// The one that stands for all that are connected with a thing; paths are halved on the way.
    func root(_ place: Int) -> Int {
      var place = place
      while parents[place] != place {
        parents[place] = parents[parents[place]]
        place = parents[place]
      }
      return place
    }
    pairs = candidates.filter { pair in
      let (first, second) = (root(pair.first), root(pair.second))
      parents[max(first, second)] = min(first, second)
      return first != second
    }
  }
}
