import Apus
import ApusRuntime

/// A profile as Chrome's trace event format holds it.
enum TraceFile {
  /// Bytes of a trace beyond which it is not one of ours: a full one has a tenth.
  private static let byteLimit = 1 << 28

  /// Reads a trace that `APUS_PROFILE` or `apus profile --trace` wrote.
  static func read(_ path: String) throws -> Profile {
    let file = try FileReader(path: path)
    guard file.byteCount <= byteLimit else {
      throw failure(path, "it has \(Format.grouped(file.byteCount)) bytes")
    }
    let json: JSON
    do {
      json = try JSON(parsing: file.bytes(at: 0, count: file.byteCount))
    } catch let error as JSON.ParseError {
      throw failure(path, "\(error)")
    }
    guard let notes = json["otherData"], notes["apus_profile"]?.integerValue == 1,
      let operationRate = notes["operations_per_second"]?.doubleValue, operationRate > 0,
      let memoryRate = notes["bytes_per_second"]?.doubleValue, memoryRate > 0,
      let slices = json["traceEvents"]?.arrayValue
    else { throw failure(path, "it holds no rates and no trace events") }
    var profile = Profile(
      steps: [], events: [], droppedCount: notes["dropped_events"]?.integerValue ?? 0,
      roofline: Roofline(operationRate: operationRate, memoryRate: memoryRate))
    var places: [Profile.Step: Int] = [:]
    for slice in slices where slice["cat"]?.stringValue == "step" {
      guard let step = step(of: slice), let start = slice["ts"]?.doubleValue, abs(start) < 1e15,
        let duration = slice["dur"]?.doubleValue, (0..<1e15).contains(duration)
      else { throw failure(path, "a slice lacks what it did or when") }
      let place = places[step] ?? profile.steps.count
      if place == profile.steps.count {
        places[step] = place
        profile.steps.append(step)
      }
      profile.events.append(
        Profile.Event(step: place, start: Int64(start * 1e3), duration: Int64(duration * 1e3)))
    }
    return profile
  }

  private static func step(of slice: JSON) -> Profile.Step? {
    guard let name = slice["name"]?.stringValue, let arguments = slice["args"],
      let program = arguments["program"]?.integerValue, let index = arguments["step"]?.integerValue
    else { return nil }
    func text(_ key: String) -> String { arguments[key]?.stringValue ?? "" }
    func number(_ key: String) -> Double { arguments[key]?.doubleValue ?? 0 }
    return Profile.Step(
      program: program, index: index, name: name,
      operations: text("operations").split(separator: " ").map(String.init), result: text("result"),
      origin: text("origin"), operationCount: number("flops"), bytesRead: number("bytes_read"),
      bytesWritten: number("bytes_written"))
  }

  private static func failure(_ path: String, _ problem: String) -> Failure {
    Failure(
      .data,
      "\(path) is no trace of Apus: \(problem). A trace is what a program writes with APUS_PROFILE=trace.json "
        + "in its environment, or `apus profile MODEL --trace FILE`.")
  }
}
