import ApusData
import ApusGraph
import ApusReport
import ApusTasks
import Foundation

/// Texts as weights of the words and pairs of words that they contain, `float32[terms]`: term frequency times inverse
/// document frequency.
///
/// The formulas are those of scikit-learn's `TfidfVectorizer` with `sublinear_tf=True`: the weight of a term is
/// (1 + ln count) · (ln((1 + texts) / (1 + texts with the term)) + 1), and each text's weights are divided by their
/// Euclidean norm.
public struct TFIDFInput: TextEncoder {
  /// The name in files.
  public static let kind = "tf-idf"
  /// Words, and pairs of words with a blank between them, by their code points.
  public let terms: [String]
  /// The inverse document frequency of each term.
  public let frequencies: [Double]
  /// How many texts it was fitted on.
  public let fittedCount: Int
  private let places: [String: Int]
  /// Whether any term is a pair of words.
  private let hasPairs: Bool

  private enum CodingKeys: String, CodingKey { case terms, frequencies, fittedCount }

  /// Terms and their inverse document frequencies.
  /// - Throws: `DataError` for no terms, terms that are there twice, or not one frequency for each.
  public init(terms: [String], frequencies: [Double], fittedCount: Int) throws {
    guard !terms.isEmpty, terms.count == frequencies.count, Set(terms).count == terms.count else {
      throw DataError(
        .setting,
        "different terms with a document frequency each were expected, \(terms.count) terms and "
          + "\(frequencies.count) frequencies came")
    }
    (self.terms, self.frequencies, self.fittedCount) = (terms, frequencies, fittedCount)
    places = Dictionary(uniqueKeysWithValues: zip(terms, terms.indices))
    hasPairs = terms.contains { $0.utf8.contains(0x20) }
  }

  /// Reads what was encoded.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      terms: values.decode([String].self, forKey: .terms),
      frequencies: values.decode([Double].self, forKey: .frequencies),
      fittedCount: values.decode(Int.self, forKey: .fittedCount))
  }

  /// The number of different terms that are counted at once, unless asked otherwise: some 400 MB.
  public static let countLimit = 4_000_000

  /// Takes terms and document frequencies from training texts.
  ///
  /// - Parameters:
  ///   - examples: The examples.
  ///   - rows: Those of the training set.
  ///   - vocabularyLimit: The number of terms at most: those that occur most often.
  ///   - minimumTexts: The number of texts that a term must be in; 1 where no term is in as many.
  ///   - pairs: Whether pairs of words that follow one another are terms, too.
  ///   - countLimit: The number of different terms that are counted at once. Where there are more, those that were in
  ///     fewest texts so far are forgotten, so that memory stays bounded; counts of rare terms are then too low.
  /// - Throws: `DataError` for texts without any word; `FileError` for files that cannot be read.
  public init(
    fitting examples: Examples, rows: [Int], vocabularyLimit: Int = 20_000, minimumTexts: Int = 2,
    pairs: Bool = true, countLimit: Int = TFIDFInput.countLimit
  ) throws {
    var counts: [String: (occurrences: Int, texts: Int)] = [:]
    var floor = 1
    try examples.forEachWords(of: rows) { _, words in
      for (term, count) in Self.counts(words, pairs: pairs) {
        let known = counts[term] ?? (0, 0)
        counts[term] = (known.occurrences + count, known.texts + 1)
      }
      while counts.count > countLimit {
        counts = counts.filter { $0.value.texts > floor }
        floor += 1
      }
    }
    var common = counts.filter { $0.value.texts >= minimumTexts }
    if common.isEmpty { common = counts }
    guard !common.isEmpty else {
      throw DataError(.empty, "there is no word in the \(Format.count(rows.count, "training text"))")
    }
    let terms = common.lazy.map { (key: $0.key, value: $0.value.occurrences) }.mostFrequent(vocabularyLimit)
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    try self.init(
      terms: terms,
      frequencies: terms.map { log(Double(1 + rows.count) / Double(1 + (common[$0]?.texts ?? 0))) + 1 },
      fittedCount: rows.count)
  }

  /// How often each term is among some words.
  private static func counts(_ words: [String], pairs: Bool) -> [String: Int] {
    var counts: [String: Int] = [:]
    for word in words { counts[word, default: 0] += 1 }
    if pairs {
      for (first, second) in zip(words, words.dropFirst()) { counts["\(first) \(second)", default: 0] += 1 }
    }
    return counts
  }

  /// The terms of some words that are known, by their places, with their weights; none for words that are all unknown.
  func weights(_ words: [String]) -> [(term: Int, weight: Float)] {
    var found: [(term: Int, weight: Double)] = []
    for (term, count) in Self.counts(words, pairs: hasPairs) {
      if let place = places[term] { found.append((place, (1 + log(Double(count))) * frequencies[place])) }
    }
    // Sums depend on their order, and that of a dictionary differs from run to run.
    found.sort { $0.term < $1.term }
    let norm = found.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
    return found.map { ($0.term, Float($0.weight / norm)) }
  }

  /// One vector of weights.
  public var types: [TensorType] { [TensorType(.float32, [terms.count])] }

  /// The weights of an example, `float32[terms]`.
  public func features(_ examples: Examples, row: Int) throws -> [[Literal]] {
    var dense = [Float](repeating: 0, count: terms.count)
    for (term, weight) in weights(WordTokens.words(try examples.text(row))) { dense[term] = weight }
    return [[Literal(dense, shape: [terms.count])]]
  }

  /// The number of terms.
  public var facts: [Report.Fact] {
    let pairs = terms.count { $0.utf8.contains(0x20) }
    return [
      Report.Fact(
        "Terms",
        "\(Format.count(terms.count - pairs, "word")) and \(Format.count(pairs, "pair")) of words, TF-IDF")
    ]
  }

  /// What new words do.
  public var limitation: String? {
    "Words that fewer than two training texts contain do not count, nor does the order of words beyond pairs."
  }
}
