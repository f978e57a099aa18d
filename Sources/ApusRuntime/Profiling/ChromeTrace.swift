extension Profile {
  /// The profile in Chrome's trace event format, which Perfetto and `chrome://tracing` show: a slice for each run of a
  /// step, with what it did and how fast as arguments.
  public var chromeTrace: String {
    var lines = [
      Self.metadata("process_name", thread: nil, "apus"), Self.metadata("thread_name", thread: 1, "programs"),
      Self.metadata("thread_name", thread: 2, "steps"),
    ]
    // Perfetto counts from the first slice; whole microseconds since the machine started would lose digits.
    let origin = events.first?.start ?? 0
    var run: (program: Int, start: Int64, end: Int64)?
    func endRun() {
      guard let run else { return }
      lines.append(
        Self.slice("program \(run.program)", "program", 1, run.start - origin, run.end - run.start, []))
    }
    for event in events {
      let step = steps[event.step]
      if step.index == 0 || run?.program != step.program {
        endRun()
        run = (step.program, event.start, event.start)
      }
      run?.end = event.start + event.duration
      lines.append(
        Self.slice(
          step.name, "step", 2, event.start - origin, event.duration,
          arguments(of: step, seconds: Double(event.duration) / 1e9)))
    }
    endRun()
    return """
      {"displayTimeUnit":"ms","otherData":{"apus_profile":1,"operations_per_second":\(roofline.operationRate),\
      "bytes_per_second":\(roofline.memoryRate),"dropped_events":\(droppedCount)},"traceEvents":[
      \(lines.joined(separator: ",\n"))
      ]}

      """
  }

  private func arguments(of step: Step, seconds: Double) -> [String] {
    let byteCount = step.bytesRead + step.bytesWritten
    var arguments = [
      "\"program\":\(step.program)", "\"step\":\(step.index)",
      "\"operations\":\(Self.quoted(step.operations.joined(separator: " ")))",
      "\"result\":\(Self.quoted(step.result))", "\"origin\":\(Self.quoted(step.origin))",
      "\"flops\":\(step.operationCount)", "\"bytes_read\":\(step.bytesRead)",
      "\"bytes_written\":\(step.bytesWritten)",
    ]
    if seconds > 0 {
      arguments += [
        "\"gflops\":\(step.operationCount / seconds / 1e9)", "\"gbs\":\(byteCount / seconds / 1e9)",
        "\"roofline_percent\":\(100 * roofline.seconds(for: step) / seconds)",
      ]
    }
    return arguments
  }

  private static func slice(
    _ name: String, _ category: String, _ thread: Int, _ start: Int64, _ duration: Int64,
    _ arguments: [String]
  ) -> String {
    """
    {"name":\(quoted(name)),"cat":"\(category)","ph":"X","pid":1,"tid":\(thread),"ts":\(Double(start) / 1e3),\
    "dur":\(Double(duration) / 1e3),"args":{\(arguments.joined(separator: ","))}}
    """
  }

  private static func metadata(_ kind: String, thread: Int?, _ name: String) -> String {
    let place = thread.map { ",\"tid\":\($0)" } ?? ""
    return "{\"name\":\"\(kind)\",\"ph\":\"M\",\"pid\":1\(place),\"args\":{\"name\":\(quoted(name))}}"
  }

  /// A string of JSON.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
