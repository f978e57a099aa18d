import ApusData
import ApusKernels

/// Rows as the tree grower reads them: column after column, as numbers or as bins.
struct TreeData {
  let rowCount: Int
  let columns: [FeatureMatrix.Column]
  /// Codes of a category; 0 for numbers.
  let codes: [Int32]
  let values: [Float]
  let bins: [UInt8]
  let lows: [Float]
  let highs: [Float]
  /// For categories of more levels than there are bins, the bin of each level.
  private let binOfLevel: [Int: [UInt8]]

  /// Most levels of a category that each have a bin.
  private static let most = 255

  /// Most levels of a category: each split keeps a bit for each of them.
  static let mostLevels = 4096

  /// Rows with values as they are.
  /// - Throws: `DataError` for a category of too many levels.
  init(_ features: FeatureMatrix) throws {
    try Self.check(features)
    rowCount = features.rowCount
    columns = features.columns
    values = Self.transposed(features)
    codes = columns.map { Self.levels($0) }
    (bins, lows, highs, binOfLevel) = ([], [], [], [:])
  }

  /// Rows with at most 255 bins of values.
  /// - Throws: `DataError` for a category of too many levels, and for too little memory.
  init(binning features: FeatureMatrix) throws {
    try Self.check(features)
    rowCount = features.rowCount
    columns = features.columns
    values = []
    let source = Self.transposed(features)
    let (rows, width) = (rowCount, columns.count)
    var bins = [UInt8](repeating: 0, count: rows * width)
    var lows = [Float](repeating: 0, count: 256 * width)
    var highs = lows
    var isShort = false
    source.withUnsafeBufferPointer { source in
      bins.withUnsafeMutableBufferPointer { bins in
        lows.withUnsafeMutableBufferPointer { lows in
          highs.withUnsafeMutableBufferPointer { highs in
            var context = apus_bin_context(
              values: source.baseAddress, bins: bins.baseAddress, lows: lows.baseAddress,
              highs: highs.baseAddress, rows: Int64(rows), columns: Int64(width), threads: 0, failed: 0)
            isShort = apus_bin_columns(&context) != 0
          }
        }
      }
    }
    if isShort { throw DataError(.memory, "there is not enough memory to bin \(rows) rows") }
    var maps: [Int: [UInt8]] = [:]
    for (place, column) in columns.enumerated() {
      guard case .category(let levels) = column.kind else { continue }
      let levelOf = source[place * rows..<(place + 1) * rows]
      var map = (0..<levels).map { UInt8(truncatingIfNeeded: $0) }
      if levels > Self.most {
        var counts = [Int](repeating: 0, count: levels)
        for level in levelOf where !level.isNaN { counts[Int(level)] += 1 }
        let frequent = counts.indices.sorted { (counts[$0], $1) > (counts[$1], $0) }
        map = Array(repeating: UInt8(Self.most - 1), count: levels)
        for (bin, level) in frequent.prefix(Self.most - 1).enumerated() { map[level] = UInt8(bin) }
        maps[place] = map
      }
      for (row, level) in levelOf.enumerated() {
        bins[place * rows + row] = level.isNaN ? UInt8(APUS_MISSING_BIN) : map[Int(level)]
      }
    }
    self.bins = bins
    self.lows = lows
    self.highs = highs
    binOfLevel = maps
    codes = columns.map { min(Self.levels($0), Int32(Self.most)) }
  }

  /// The levels whose codes are in a set, as a set.
  func levels(of set: [UInt32], column: Int) -> [UInt32] {
    guard let map = binOfLevel[column] else { return set }
    var levels = [UInt32](repeating: 0, count: (map.count + 31) / 32)
    for (level, bin) in map.enumerated() where set[Int(bin) / 32] >> (UInt32(bin) % 32) & 1 == 1 {
      levels[level / 32] |= 1 << (UInt32(level) % 32)
    }
    return levels
  }

  private static func check(_ features: FeatureMatrix) throws {
    for column in features.columns where levels(column) > mostLevels {
      throw DataError(
        .setting,
        "trees take at most \(mostLevels) levels of a category, column \"\(column.name)\" has \(levels(column))",
        advice: "Put a TargetEncoder step before it.")
    }
  }

  private static func levels(_ column: FeatureMatrix.Column) -> Int32 {
    if case .category(let levels) = column.kind { Int32(clamping: levels) } else { 0 }
  }

  private static func transposed(_ features: FeatureMatrix) -> [Float] {
    let (rows, width) = (features.rowCount, features.columnCount)
    return [Float](unsafeUninitializedCapacity: rows * width) { target, count in
      features.values.withUnsafeBufferPointer { source in
        // In tiles, so that neither side jumps from line to line of the cache for every value.
        for first in stride(from: 0, to: rows, by: 64) {
          for column in 0..<width {
            for row in first..<min(first + 64, rows) {
              target[column * rows + row] = source[row * width + column]
            }
          }
        }
      }
      count = rows * width
    }
  }
}
