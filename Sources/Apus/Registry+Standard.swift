import ApusTabular
import ApusTasks
import ApusText
import ApusTrain
import ApusVision

extension Registry {
  /// Every kind of data, problem, recipe and model that Apus has.
  public static let standard = Registry([.core, .images, .tables, .texts])
}

extension Run {
  /// A new run on a folder, a table or a dataset, with every kind of data and recipe that Apus has.
  ///
  /// ```swift
  /// let outcome = try await Run("photos", output: "my-model").perform()
  /// print(outcome.result.test?.primaryScore ?? 0)
  /// ```
  ///
  /// - Parameters:
  ///   - path: A folder of images or texts, or a table; nil where options name the data.
  ///   - options: What `apus fit` takes, by name without the dashes: `["target": "price", "epochs": "20"]`.
  ///   - output: The folder to write to; one named by the time in `runs` when nil.
  ///   - seed: What all randomness depends on.
  ///   - budget: How many recipes are tried.
  ///   - reporter: Who is told how it goes.
  /// - Throws: typed errors for data that there are not, and options that nothing takes.
  public init(
    _ path: String? = nil, options: [String: String] = [:], output: String? = nil, seed: UInt64 = 0,
    budget: Budget = Budget(), reporter: Reporter = .standard
  ) throws {
    try self.init(
      DataRequest(path, options: Options(options)), folder: output.map(RunFolder.init) ?? .new(), seed: seed,
      budget: budget, reporter: reporter, registry: .standard)
  }
}
