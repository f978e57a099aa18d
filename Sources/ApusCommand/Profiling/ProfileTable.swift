import Apus
import ApusRuntime
import Foundation

/// A profile for people and for programs: where the time goes.
struct ProfileTable {
  /// What rows are made of.
  enum Grouping: String, CaseIterable {
    /// One row a step of a program.
    case step
    /// One row a kind of kernel, whoever asked for it.
    case kernel
    /// One row a layer, or a source line outside of layers.
    case layer
  }

  let profile: Profile
  let grouping: Grouping
  /// Rows that are shown.
  let limit: Int
  private let totals: [Profile.Total]

  init(_ profile: Profile, by grouping: Grouping, limit: Int) {
    self.profile = profile
    self.grouping = grouping
    self.limit = limit
    totals =
      switch grouping {
      case .step: profile.totals { [$0.program, $0.index] }
      case .kernel: profile.totals { $0.name }
      case .layer: profile.totals { $0.origin }
      }
  }

  /// The rows as a table, the machine's rates below.
  var text: String {
    let all = profile.seconds
    let shown = totals.prefix(limit)
    var rows = [header]
    rows += shown.map { total in
      [
        label(total.step), Self.time(total.seconds), Format.percent(total.seconds / all, digits: 1),
        Format.grouped(total.calls), Self.time(total.seconds / Double(total.calls)),
        Self.rate(total.operationCount, total.seconds), Self.rate(total.byteCount, total.seconds),
        Format.percent(total.rooflineShare, digits: 0), detail(total.step),
      ]
    }
    var lines = [Self.table(rows)]
    if totals.count > shown.count {
      let rest = totals.dropFirst(limit).reduce(0) { $0 + $1.seconds }
      lines.append("… and \(totals.count - shown.count) more with \(Format.percent(rest / all, digits: 1))")
    }
    let attainable = totals.reduce(0) { $0 + $1.attainableSeconds }
    lines.append(
      "\nAll steps: \(Self.time(all)); at this machine's rates (\(Self.rate(profile.roofline.operationRate, 1)) "
        + "GFLOP/s, \(Self.rate(profile.roofline.memoryRate, 1)) GB/s) the same work takes "
        + "\(Self.time(attainable)), \(Format.percent(attainable / all, digits: 0)) of it.")
    if profile.droppedCount > 0 {
      lines.append("\(Format.grouped(profile.droppedCount)) earlier runs of steps were not kept.")
    }
    return lines.joined(separator: "\n")
  }

  /// The same for programs.
  var json: JSON {
    .object([
      JSON.Member("seconds", .number(profile.seconds)),
      JSON.Member("flops_per_second", .number(profile.roofline.operationRate)),
      JSON.Member("bytes_per_second", .number(profile.roofline.memoryRate)),
      JSON.Member("dropped_events", .integer(profile.droppedCount)),
      JSON.Member("by", .string(grouping.rawValue)),
      JSON.Member("rows", .array(totals.prefix(limit).map(row))),
    ])
  }

  private func row(_ total: Profile.Total) -> JSON {
    var members: [JSON.Member] = []
    if grouping != .layer { members.append(JSON.Member("kernel", .string(total.step.name))) }
    if grouping != .kernel { members.append(JSON.Member("origin", .string(total.step.origin))) }
    if grouping == .step {
      members += [
        JSON.Member("program", .integer(total.step.program)), JSON.Member("step", .integer(total.step.index)),
        JSON.Member("operations", .array(total.step.operations.map { .string($0) })),
        JSON.Member("result", .string(total.step.result)),
      ]
    }
    return .object(
      members + [
        JSON.Member("calls", .integer(total.calls)), JSON.Member("seconds", .number(total.seconds)),
        JSON.Member("flops", .number(total.operationCount)), JSON.Member("bytes", .number(total.byteCount)),
        JSON.Member("roofline_share", .number(total.rooflineShare)),
      ])
  }

  private var header: [String] {
    let first =
      switch grouping {
      case .step: "step"
      case .kernel: "kernel"
      case .layer: "layer"
      }
    return [first, "time", "share", "calls", "each", "GFLOP/s", "GB/s", "of roofline"]
      + [grouping == .step ? "from" : ""]
  }

  private func label(_ step: Profile.Step) -> String {
    switch grouping {
    case .step: "\(step.program).\(step.index) \(step.name)"
    case .kernel: step.name
    case .layer: step.origin.isEmpty ? "(no layer)" : step.origin
    }
  }

  /// Where a step comes from, and what a loop's operations are.
  private func detail(_ step: Profile.Step) -> String {
    guard grouping == .step else { return "" }
    var parts = [step.origin, step.result]
    if step.operations.count > 1 {
      let shown = step.operations.prefix(4).joined(separator: " ")
      parts.append(step.operations.count > 4 ? shown + " …" : shown)
    }
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// Columns of numbers to the right, the first and the last to the left.
  private static func table(_ rows: [[String]]) -> String {
    let numbers = Format.table(rows.map { Array($0.dropLast()) }).split(separator: "\n")
    return zip(numbers, rows).map { line, row in
      row.last.map { $0.isEmpty ? String(line) : "\(line)  \($0)" } ?? String(line)
    }.joined(separator: "\n")
  }

  /// `12.3 ms`
  static func time(_ seconds: Double) -> String {
    switch seconds {
    case ..<1e-3: String(format: "%.1f µs", seconds * 1e6)
    case ..<1: String(format: "%.2f ms", seconds * 1e3)
    default: String(format: "%.2f s", seconds)
    }
  }

  /// Billions a second; a dash for none.
  private static func rate(_ count: Double, _ seconds: Double) -> String {
    count > 0 && seconds > 0 ? String(format: "%.1f", count / seconds / 1e9) : "–"
  }
}
