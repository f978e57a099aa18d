// Writes the manual pages of a command, in man's macros, from what `--experimental-dump-help` prints:
//
//   apus --experimental-dump-help | swift scripts/manual.swift FOLDER
//
// One page for the command and one for each subcommand: apus.1, apus-fit.1, apus-style-train.1.

import Foundation

struct Help: Decodable {
  let command: Command
}

struct Command: Decodable {
  let commandName: String
  let superCommands: [String]?
  let shouldDisplay: Bool?
  let abstract: String?
  let discussion: String?
  let subcommands: [Command]?
  let arguments: [Argument]?

  /// Names from the root down.
  var path: [String] { (superCommands ?? []) + [commandName] }
}

struct Argument: Decodable {
  enum Kind: String, Decodable { case positional, option, flag }
  struct Name: Decodable {
    let kind: String
    let name: String
    var dashed: String { (kind == "long" ? "--" : "-") + name }
  }
  let kind: Kind
  let shouldDisplay: Bool
  let isOptional: Bool
  let isRepeating: Bool
  let sectionTitle: String?
  let names: [Name]?
  let preferredName: Name?
  let valueName: String?
  let defaultValue: String?
  let allValues: [String]?
  let abstract: String?
  let discussion: String?

  var value: String { "<\(valueName ?? "value")>" }

  /// The argument as it stands on a command line.
  var usage: String {
    let bare =
      kind == .positional ? value : (preferredName?.dashed ?? "") + (kind == .option ? " \(value)" : "")
    let repeated = isRepeating ? "\(bare) ..." : bare
    return isOptional ? "[\(repeated)]" : repeated
  }

  /// All its spellings.
  var heading: String {
    guard kind != .positional else { return value }
    let spelled = (names ?? []).map(\.dashed).joined(separator: ", ")
    return kind == .option ? "\(spelled) \(value)" : spelled
  }
}

/// Text with nothing in it that man takes as its own.
func escaped(_ text: String) -> String {
  text.replacingOccurrences(of: "\\", with: "\\e").replacingOccurrences(of: "-", with: "\\-")
    .split(separator: "\n", omittingEmptySubsequences: false)
    .map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&\($0)" : String($0) }.joined(separator: "\n")
}

/// Paragraphs are filled; lines that are indented stand as they are.
func body(_ text: String) -> String {
  var lines: [String] = []
  var isExample = false
  for line in text.components(separatedBy: "\n") {
    let indented = line.hasPrefix("  ")
    if indented != isExample, !(isExample && line.isEmpty) {
      lines.append(indented ? ".nf" : ".fi")
      isExample = indented
    }
    lines.append(line.isEmpty ? ".PP" : escaped(line))
  }
  if isExample { lines.append(".fi") }
  return lines.joined(separator: "\n")
}

func page(_ command: Command, version: String) -> String {
  let name = command.path.joined(separator: "-")
  let shown = (command.arguments ?? []).filter(\.shouldDisplay)
  var page = """
    .TH "\(name.uppercased())" "1" "" "\(version)" "User Commands"
    .SH NAME
    \(escaped(name)) \\- \(escaped(command.abstract ?? ""))
    .SH SYNOPSIS
    .B \(escaped(command.path.joined(separator: " ")))
    \(escaped(shown.map(\.usage).joined(separator: " ")))
    """
  let subcommands = (command.subcommands ?? []).filter { $0.shouldDisplay ?? true }
  if !subcommands.isEmpty { page += "\n.I subcommand ..." }
  if let discussion = command.discussion, !discussion.isEmpty {
    page += "\n.SH DESCRIPTION\n" + body(discussion)
  }
  if !shown.isEmpty { page += "\n.SH OPTIONS" }
  var section: String?
  for argument in shown {
    if argument.sectionTitle != section, let title = argument.sectionTitle {
      page += "\n.SS \(escaped(title))"
    }
    section = argument.sectionTitle
    page += "\n.TP\n.B \(escaped(argument.heading))\n"
    var text = [argument.abstract, argument.discussion].compactMap { $0 }.filter { !$0.isEmpty }
    if let values = argument.allValues, argument.kind != .flag {
      text.append("One of " + values.joined(separator: ", ") + ".")
    }
    if let value = argument.defaultValue { text.append("Default: \(value).") }
    page +=
      text.isEmpty ? "\\&" : escaped(text.joined(separator: " ").replacingOccurrences(of: "\n", with: " "))
  }
  if !subcommands.isEmpty { page += "\n.SH SUBCOMMANDS" }
  for subcommand in subcommands {
    page += "\n.TP\n.B \(escaped(subcommand.commandName))\n\(escaped(subcommand.abstract ?? ""))"
  }
  let related =
    subcommands.map { (command.path + [$0.commandName]).joined(separator: "-") }
    + (1..<command.path.count).reversed().map { command.path.prefix($0).joined(separator: "-") }
  if !related.isEmpty {
    page += "\n.SH SEE ALSO\n" + related.map { ".BR \(escaped($0)) (1)" }.joined(separator: ",\n")
  }
  return page + "\n"
}

/// A command and all below it. `help`, which every command has, gets no page.
func commands(below command: Command) -> [Command] {
  [command] + (command.subcommands ?? []).filter { $0.commandName != "help" }.flatMap(commands)
}

guard CommandLine.arguments.count >= 2 else {
  FileHandle.standardError.write(
    Data("usage: apus --experimental-dump-help | manual.swift FOLDER [VERSION]\n".utf8))
  exit(64)
}
let folder = URL(fileURLWithPath: CommandLine.arguments[1], isDirectory: true)
let version = CommandLine.arguments.count > 2 ? CommandLine.arguments[2] : ""
do {
  let input = FileHandle.standardInput.readDataToEndOfFile()
  for command in commands(below: try JSONDecoder().decode(Help.self, from: input).command) {
    let file = folder.appendingPathComponent(command.path.joined(separator: "-") + ".1")
    try page(command, version: version).write(to: file, atomically: true, encoding: .utf8)
  }
} catch {
  FileHandle.standardError.write(Data("manual.swift: \(error)\n".utf8))
  exit(1)
}
