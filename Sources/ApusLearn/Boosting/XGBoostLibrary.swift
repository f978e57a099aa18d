import ApusData
import Foundation

/// The functions of XGBoost's C library that are used; declared after its documentation of the C API, version 1.7 and later.
final class XGBoostLibrary: Sendable {
  typealias Handle = UnsafeMutableRawPointer
  typealias Text = UnsafePointer<CChar>
  typealias Status = Int32

  typealias CreateMatrix =
    @convention(c) (
      UnsafePointer<Float>, UInt64, UInt64, Float, UnsafeMutablePointer<Handle?>, Int32
    ) -> Status
  typealias SetFloats = @convention(c) (Handle, Text, UnsafePointer<Float>, UInt64) -> Status
  typealias Free = @convention(c) (Handle) -> Status
  typealias CreateBooster =
    @convention(c) (
      UnsafePointer<Handle?>, UInt64, UnsafeMutablePointer<Handle?>
    ) -> Status
  typealias SetParameter = @convention(c) (Handle, Text, Text) -> Status
  typealias Update = @convention(c) (Handle, Int32, Handle) -> Status
  typealias Evaluate =
    @convention(c) (
      Handle, Int32, UnsafePointer<Handle?>, UnsafePointer<Text?>, UInt64, UnsafeMutablePointer<Text?>
    ) -> Status
  typealias Save =
    @convention(c) (
      Handle, Text, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<Text?>
    ) -> Status
  typealias LastError = @convention(c) () -> Text?
  typealias Register = @convention(c) (@convention(c) (Text?) -> Void) -> Status

  let createMatrix: CreateMatrix
  let setFloats: SetFloats
  let freeMatrix: Free
  let createBooster: CreateBooster
  let setParameter: SetParameter
  let freeBooster: Free
  let update: Update
  let evaluate: Evaluate
  let save: Save
  private let lastError: LastError

  /// The library, opened once.
  static let shared = Result { try XGBoostLibrary() }

  private init() throws {
    let library = try BoosterLibrary(
      "XGBoost", variable: "APUS_XGBOOST",
      candidates: ["xgboost-3.2.0/xgboost/lib/libxgboost.so", "libxgboost.so.0", "libxgboost.so"])
    createMatrix = try library.function("XGDMatrixCreateFromMat_omp", as: CreateMatrix.self)
    setFloats = try library.function("XGDMatrixSetFloatInfo", as: SetFloats.self)
    freeMatrix = try library.function("XGDMatrixFree", as: Free.self)
    createBooster = try library.function("XGBoosterCreate", as: CreateBooster.self)
    setParameter = try library.function("XGBoosterSetParam", as: SetParameter.self)
    freeBooster = try library.function("XGBoosterFree", as: Free.self)
    update = try library.function("XGBoosterUpdateOneIter", as: Update.self)
    evaluate = try library.function("XGBoosterEvalOneIter", as: Evaluate.self)
    save = try library.function("XGBoosterSaveModelToBuffer", as: Save.self)
    lastError = try library.function("XGBGetLastError", as: LastError.self)
    let register = try library.function("XGBRegisterLogCallback", as: Register.self)
    // What it would print is nothing that a person needs: errors come back as such.
    _ = register { _ in }
  }

  /// Throws what the library says went wrong.
  func check(_ status: Status) throws {
    guard status != 0 else { return }
    let text = lastError().map { String(cString: $0) } ?? "an unknown error"
    // Its texts end with a trace of its own functions.
    let first = text.components(separatedBy: "\nStack trace").first ?? text
    throw DataError(.sample, "XGBoost: \(first)")
  }
}

/// Rows in the library's memory.
final class XGBoostMatrix {
  fileprivate let handle: XGBoostLibrary.Handle
  private let library: XGBoostLibrary

  init(_ library: XGBoostLibrary, _ rows: LabeledRows) throws {
    self.library = library
    var made: XGBoostLibrary.Handle?
    try rows.features.values.withUnsafeBufferPointer { values in
      guard let address = values.baseAddress else { throw DataError(.empty, "there are no values") }
      try library.check(
        library.createMatrix(
          address, UInt64(rows.count), UInt64(rows.features.columnCount), .nan, &made,
          Int32(rows.boostingThreads ?? 0)))
    }
    guard let made else { throw DataError(.memory, "XGBoost gave no matrix") }
    handle = made
    try set("label", rows.labels.floats)
    if let weights = rows.weights { try set("weight", weights.map { Float($0) }) }
  }

  private func set(_ name: String, _ values: [Float]) throws {
    try library.check(library.setFloats(handle, name, values, UInt64(values.count)))
  }

  deinit { _ = library.freeMatrix(handle) }
}

/// Trees as they grow in the library.
final class XGBoostBooster {
  private let handle: XGBoostLibrary.Handle
  private let library: XGBoostLibrary
  private let training: XGBoostMatrix
  private let validation: XGBoostMatrix?

  init(
    _ library: XGBoostLibrary, _ training: XGBoostMatrix, _ validation: XGBoostMatrix?,
    _ parameters: [(String, String)]
  ) throws {
    (self.library, self.training, self.validation) = (library, training, validation)
    var made: XGBoostLibrary.Handle?
    let matrices: [XGBoostLibrary.Handle?] = [training.handle] + (validation.map { [$0.handle] } ?? [])
    try library.check(library.createBooster(matrices, UInt64(matrices.count), &made))
    guard let made else { throw DataError(.memory, "XGBoost gave no booster") }
    handle = made
    for (name, value) in parameters { try library.check(library.setParameter(handle, name, value)) }
  }

  deinit { _ = library.freeBooster(handle) }

  /// Grows a tree for each output.
  func update(round: Int) throws { try library.check(library.update(handle, Int32(round), training.handle)) }

  /// The loss of the validation rows.
  func validationLoss(round: Int) throws -> Double {
    guard let validation else { return .nan }
    var text: XGBoostLibrary.Text?
    let matrices: [XGBoostLibrary.Handle?] = [validation.handle]
    try "validation".withCString { name in
      let names: [XGBoostLibrary.Text?] = [name]
      try library.check(library.evaluate(handle, Int32(round), matrices, names, 1, &text))
    }
    // Such as `[0]	validation-logloss:0.6`.
    let number = text.map { String(cString: $0) }?.split(separator: ":").last
    return number.flatMap { Double($0) } ?? .nan
  }

  /// The model as JSON.
  func json() throws -> [UInt8] {
    var count: UInt64 = 0
    var text: XGBoostLibrary.Text?
    try library.check(library.save(handle, "{\"format\": \"json\"}", &count, &text))
    guard let text else { throw DataError(.memory, "XGBoost gave no model") }
    // The library's own memory, which the next call may change.
    return Array(UnsafeRawBufferPointer(start: text, count: Int(count)))
  }
}
