/// A binary heap.
struct Heap<Element: Comparable> {
  private var items: [Element] = []

  mutating func insert(_ element: Element) {
    items.append(element)
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popMinimum() -> Element? {
    guard let first = items.first else { return nil }
    let last = items.removeLast()
    guard !items.isEmpty else { return first }
    items[0] = last
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < items.count && items[child] < items[smallest] {
        smallest = child
      }
      if smallest == parent { return first }
      items.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
