import Foundation

/// The one place of a user where pretrained weights, datasets and shared libraries are kept, whatever the working directory.
///
/// It is `$APUS_DATA`, else `$XDG_DATA_HOME/apus`, else `~/.local/share/apus` (XDG Base Directory Specification 0.8).
/// Weights are below it in `weights/NAME`, datasets in `datasets/NAME`:
///
/// ```swift
/// DataHome().folder(of: .weights, named: "efficientnet-lite0")
/// // /home/me/.local/share/apus/weights/efficientnet-lite0
/// ```
public struct DataHome: Sendable, Hashable {
  /// What is kept in a data home, by the name of its folder there.
  public enum Kind: String, Sendable, CaseIterable {
    /// Files of pretrained weights.
    case weights
    /// Datasets.
    case datasets
    /// Shared libraries that are opened where they are used.
    case libraries
  }

  /// The folder; it need not exist.
  public let path: String
  /// `$APUS_DATA`, or nil where that is not set.
  private let override: String?
  /// `share/apus` beside the `bin` that the executable is in, or nil where it is in a folder of another name.
  private let installed: String?

  /// The data home of a process.
  /// - Parameters:
  ///   - environment: Its environment variables. Those that are empty count as not set, and so does an
  ///     `XDG_DATA_HOME` that is not an absolute path, as its specification demands.
  ///   - executable: The path of its executable. What was installed with it is searched, too.
  public init(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    executable: String? = Bundle.main.executablePath
  ) {
    let folder = executable.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
    installed = folder.flatMap {
      $0.lastPathComponent == "bin" ? $0.deletingLastPathComponent().path + "/share/apus" : nil
    }
    func value(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    override = value("APUS_DATA")
    if let override {
      path = override
    } else if let data = value("XDG_DATA_HOME"), data.hasPrefix("/") {
      path = data + "/apus"
    } else {
      path = (value("HOME") ?? NSHomeDirectory()) + "/.local/share/apus"
    }
  }

  /// The folder that belongs to a set of weights or a dataset, which is searched first and installed to.
  public func folder(of kind: Kind, named name: String) -> String { "\(path)/\(kind.rawValue)/\(name)" }

  /// All folders that are searched, in order: the data home's own, `$APUS_DATA/NAME`, what was installed with the
  /// executable (`../share/apus/KIND/NAME` from `bin`), where system packages put datasets
  /// (`/usr/share/datasets/NAME`), and `data/NAME` in the working directory.
  public func folders(of kind: Kind, named name: String) -> [String] {
    [folder(of: kind, named: name)] + (override.map { ["\($0)/\(name)"] } ?? [])
      + (installed.map { ["\($0)/\(kind.rawValue)/\(name)"] } ?? [])
      + ["/usr/share/datasets/\(name)", "data/\(name)"]
  }
}
