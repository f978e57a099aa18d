import ApusData
import Foundation

/// The functions of LightGBM's C library that are used; declared after its documentation of the C API, version 4.
final class LightGBMLibrary: Sendable {
  typealias Handle = UnsafeMutableRawPointer
  typealias Text = UnsafePointer<CChar>
  typealias Status = Int32

  typealias Create =
    @convention(c) (
      UnsafeRawPointer, Int32, Int32, Int32, Int32, Text, Handle?, UnsafeMutablePointer<Handle?>
    ) -> Status
  typealias SetField = @convention(c) (Handle, Text, UnsafeRawPointer, Int32, Int32) -> Status
  typealias Free = @convention(c) (Handle) -> Status
  typealias CreateBooster = @convention(c) (Handle, Text, UnsafeMutablePointer<Handle?>) -> Status
  typealias AddValidation = @convention(c) (Handle, Handle) -> Status
  typealias Update = @convention(c) (Handle, UnsafeMutablePointer<Int32>) -> Status
  typealias Evaluate =
    @convention(c) (
      Handle, Int32, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Double>
    ) -> Status
  typealias Save =
    @convention(c) (
      Handle, Int32, Int32, Int32, Int64, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<CChar>?
    ) -> Status
  typealias LastError = @convention(c) () -> Text?
  typealias Register = @convention(c) (@convention(c) (Text?) -> Void) -> Status

  let createDataset: Create
  let setField: SetField
  let freeDataset: Free
  let createBooster: CreateBooster
  let addValidation: AddValidation
  let freeBooster: Free
  let update: Update
  let evaluate: Evaluate
  let save: Save
  private let lastError: LastError

  /// The library, opened once.
  static let shared = Result { try LightGBMLibrary() }

  private init() throws {
    let library = try BoosterLibrary(
      "LightGBM", variable: "APUS_LIGHTGBM",
      candidates: ["lightgbm-4.7.0/lib_lightgbm.so", "lib_lightgbm.so"])
    createDataset = try library.function("LGBM_DatasetCreateFromMat", as: Create.self)
    setField = try library.function("LGBM_DatasetSetField", as: SetField.self)
    freeDataset = try library.function("LGBM_DatasetFree", as: Free.self)
    createBooster = try library.function("LGBM_BoosterCreate", as: CreateBooster.self)
    addValidation = try library.function("LGBM_BoosterAddValidData", as: AddValidation.self)
    freeBooster = try library.function("LGBM_BoosterFree", as: Free.self)
    update = try library.function("LGBM_BoosterUpdateOneIter", as: Update.self)
    evaluate = try library.function("LGBM_BoosterGetEval", as: Evaluate.self)
    save = try library.function("LGBM_BoosterSaveModelToString", as: Save.self)
    lastError = try library.function("LGBM_GetLastError", as: LastError.self)
    let register = try library.function("LGBM_RegisterLogCallback", as: Register.self)
    // What it would print is nothing that a person needs: errors come back as such.
    _ = register { _ in }
  }

  /// Throws what the library says went wrong.
  func check(_ status: Status) throws {
    guard status != 0 else { return }
    let text = lastError().map { String(cString: $0) } ?? "an unknown error"
    throw DataError(.sample, "LightGBM: \(text)")
  }
}

/// Rows in the library's memory.
final class LightGBMDataset {
  fileprivate let handle: LightGBMLibrary.Handle
  private let library: LightGBMLibrary

  init(
    _ library: LightGBMLibrary, _ rows: LabeledRows, parameters: String = "",
    reference: LightGBMDataset? = nil
  ) throws {
    self.library = library
    var made: LightGBMLibrary.Handle?
    try rows.features.values.withUnsafeBytes { values in
      guard let address = values.baseAddress else { throw DataError(.empty, "there are no values") }
      try library.check(
        library.createDataset(
          address, 0, Int32(rows.count), Int32(rows.features.columnCount), 1, parameters, reference?.handle,
          &made))
    }
    guard let made else { throw DataError(.memory, "LightGBM gave no dataset") }
    handle = made
    try set("label", rows.labels.floats)
    if let weights = rows.weights { try set("weight", weights.map { Float($0) }) }
  }

  private func set(_ name: String, _ values: [Float]) throws {
    try values.withUnsafeBytes { bytes in
      guard let address = bytes.baseAddress else { return }
      try library.check(library.setField(handle, name, address, Int32(values.count), 0))
    }
  }

  deinit { _ = library.freeDataset(handle) }
}

/// Trees as they grow in the library.
final class LightGBMBooster {
  private let handle: LightGBMLibrary.Handle
  private let library: LightGBMLibrary
  // The library keeps pointers to these.
  private let datasets: [LightGBMDataset]

  init(
    _ library: LightGBMLibrary, _ training: LightGBMDataset, _ validation: LightGBMDataset?,
    _ parameters: String
  ) throws {
    self.library = library
    datasets = [training] + (validation.map { [$0] } ?? [])
    var made: LightGBMLibrary.Handle?
    try library.check(library.createBooster(training.handle, parameters, &made))
    guard let made else { throw DataError(.memory, "LightGBM gave no booster") }
    handle = made
    if let validation { try library.check(library.addValidation(handle, validation.handle)) }
  }

  deinit { _ = library.freeBooster(handle) }

  /// Grows a tree for each output; whether no leaf could be split any more.
  func update() throws -> Bool {
    var isFinished: Int32 = 0
    try library.check(library.update(handle, &isFinished))
    return isFinished != 0
  }

  /// The loss of the validation rows.
  func validationLoss() throws -> Double {
    var count: Int32 = 0
    var losses = [Double](repeating: .nan, count: 16)
    try library.check(library.evaluate(handle, 1, &count, &losses))
    return losses[0]
  }

  /// The model of the first rounds as text.
  func text(rounds: Int) throws -> String {
    var length: Int64 = 0
    try library.check(library.save(handle, 0, Int32(rounds), 1, 0, &length, nil))
    var buffer = [CChar](repeating: 0, count: Int(length) + 1)
    try library.check(library.save(handle, 0, Int32(rounds), 1, Int64(buffer.count), &length, &buffer))
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
