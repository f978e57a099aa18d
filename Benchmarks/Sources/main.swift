import Foundation

// Reads commands from standard input, so that a driver can alternate between this program and its peers while all
// keep their programs warm.

var commands = Commands()
while let line = readLine() {
  var text: String
  do {
    text = try commands.answer(line.split(separator: " ").map(String.init))
  } catch {
    text = "error \(error)"
  }
  // One line, written at once: the driver waits for it.
  text = text.replacingOccurrences(of: "\n", with: " ")
  FileHandle.standardOutput.write(Data((text + "\n").utf8))
}
