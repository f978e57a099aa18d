/// The text of the error that `body` throws; empty where it throws none.
/// - Parameter body: What is expected to fail.
/// - Returns: The text.
public func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return "\(error)"
  }
}
