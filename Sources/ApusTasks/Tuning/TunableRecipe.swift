import ApusStudy

/// A recipe whose settings can be searched.
public protocol TunableRecipe: Recipe {
  /// The recipe with the settings that a trial suggests.
  ///
  /// Whatever a person fixed by an option stays as it is: ask the trial for other settings only.
  /// - Parameters:
  ///   - trial: Who suggests.
  ///   - options: What the person fixed.
  /// - Throws: `StudyError` for spaces that cannot be searched.
  /// - Returns: The recipe to try.
  func suggested(by trial: Trial, fixed options: Options) throws -> Self
}

extension TunableRecipe {
  /// The recipe that a trial suggested, as files hold it.
  func tried(by trial: Trial, fixed options: Options) throws -> any Recipe {
    try suggested(by: trial, fixed: options)
  }
}
