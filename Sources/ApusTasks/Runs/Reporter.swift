import ApusTrain
import Foundation
/// Temporary.
public struct Reporter: Sendable {
  public var on = false
  public func say(_ t: String) { if on { FileHandle.standardError.write(Data((t + "\n").utf8)) } }
  public func count(_ w: String, _ d: Int, _ t: Int) {}
  public var epochs: ApusTrain.Progress { on ? .automatic : .none }
  public static let silent = Reporter()
  public static let standard = Reporter(on: true)
}
