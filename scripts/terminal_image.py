"""An image of a terminal: runs a command in a pseudo-terminal and draws what stands there in the end as SVG."""

import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import termios

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 19, 16
CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|([\r\n\b])|([^\x1b\r\n\b]+)")
COLORS = {30: "#6e7681", 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#56d4dd"}


class Screen:
    """What a terminal without scrolling shows: lines of characters, each with its style."""

    def __init__(self, columns):
        self.columns = columns
        self.lines, self.row, self.column, self.style = [[]], 0, 0, (None, False, False)

    def put(self, text):
        for character in text:
            if self.column == self.columns:
                self.feed("\r\n")
            line = self.lines[self.row]
            line.extend([(" ", (None, False, False))] * (self.column + 1 - len(line)))
            line[self.column] = (character, self.style)
            self.column += 1

    def control(self, numbers, letter):
        values = [int(number or 0) for number in numbers.strip("?").split(";")]
        if letter == "K":
            line = self.lines[self.row]
            del line[0 if values[0] == 2 else self.column:]
        elif letter == "A":
            self.row = max(0, self.row - max(1, values[0]))
        elif letter == "m":
            color, bold, dim = self.style
            for value in values:
                if value == 0:
                    color, bold, dim = None, False, False
                elif value == 1:
                    bold = True
                elif value == 2:
                    dim = True
                elif value == 22:
                    bold = dim = False
                elif value == 39:
                    color = None
                elif value in COLORS or value - 60 in COLORS:
                    color = COLORS.get(value, COLORS.get(value - 60))
            self.style = (color, bold, dim)

    def feed(self, text):
        for numbers, letter, single, plain in CONTROL.findall(text):
            if plain:
                self.put(plain)
            elif single == "\r":
                self.column = 0
            elif single == "\b":
                self.column = max(0, self.column - 1)
            elif single == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append([])
            else:
                self.control(numbers, letter)


def run(command, columns, **options):
    """What a command writes to a terminal of so many columns.

    Raises an error when it fails."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, **options)
    os.close(theirs)
    output = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:
            break
        if not part:
            break
        output += part
    os.close(ours)
    text = output.decode("utf-8", "replace")
    if process.wait() != 0:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}:\n{text}")
    return text


def draw(path, columns, steps):
    """Writes an SVG of pairs of a command line, as a person typed it, and what came of it."""
    screen = Screen(columns)
    for typed, output in steps:
        screen.style = (COLORS[32], True, False)
        screen.put("$ ")
        screen.style = (None, True, False)
        screen.feed(typed + "\r\n")
        screen.style = (None, False, False)
        screen.feed(output)
        screen.column = 0
    while screen.lines and not "".join(character for character, _ in screen.lines[-1]).strip():
        screen.lines.pop()
    width = columns * CELL_WIDTH + 2 * MARGIN
    height = len(screen.lines) * CELL_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" font-size="14" '
        'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace">',
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="#0d1117"/>',
    ]
    for row, line in enumerate(screen.lines):
        y = MARGIN + row * CELL_HEIGHT + 14
        start = 0
        while start < len(line):
            end = start
            while end < len(line) and line[end][1] == line[start][1]:
                end += 1
            # SVG takes several blanks in a row for one.
            text = "".join(character for character, _ in line[start:end]).replace(" ", "\u00a0")
            color, bold, dim = line[start][1]
            if text.strip():
                x = MARGIN + start * CELL_WIDTH
                look = (' font-weight="bold"' if bold else "") + (' opacity="0.6"' if dim else "")
                parts.append(
                    f'<text x="{x:g}" y="{y:g}" textLength="{len(text) * CELL_WIDTH:g}" '
                    f"fill=\"{color or '#e6edf3'}\"{look}>{html.escape(text, quote=False)}</text>")
            start = end
    parts.append("</svg>")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts) + "\n")
