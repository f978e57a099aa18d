"""Headless Chromium for the scripts beside this file, spoken to by the DevTools protocol. Needs no Python packages."""

import base64
import json
import os
import shutil
import subprocess
import tempfile

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed():
    """The path of Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """Chromium, spoken to by the DevTools protocol over a pipe."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="apus-chromium-")
        from_here, to_browser = os.pipe()
        from_browser, to_here = os.pipe()

        def connect():
            # The browser reads from descriptor 3 and writes to 4.
            reading, writing = os.dup(from_here), os.dup(to_here)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
             "--no-first-run", "--disable-background-networking", f"--user-data-dir={self.folder}", "about:blank"],
            preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(from_here)
        os.close(to_here)
        self.writer, self.reader = to_browser, os.fdopen(from_browser, "rb")
        self.number, self.buffer, self.events = 0, b"", []

    def _message(self):
        while b"\0" not in self.buffer:
            part = self.reader.read1(1 << 16)
            if not part:
                raise RuntimeError("Chromium ended before it answered")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.writer, data):]
        while True:
            answer = self._message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, event):
        while not any(message.get("method") == event for message in self.events):
            self.events.append(self._message())

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    """A tab of a browser, of a given size, in light or dark."""

    def __init__(self, browser, width, height, scheme="light", scale=1, mobile=False):
        self.browser = browser
        self.target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.ask("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                 mobile=mobile)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.events.clear()

    def ask(self, method, **parameters):
        return self.browser.ask(method, self.session, **parameters)

    def open(self, address):
        self.ask("Page.navigate", url=address)
        self.browser.wait("Page.loadEventFired")

    def evaluate(self, expression):
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def capture(self, path, clip=None):
        """Writes a PNG of the whole page, or of a rectangle `{x, y, width, height}` in CSS pixels."""
        if clip is None:
            size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"]}
        image = self.ask("Page.captureScreenshot", format="png", clip={**clip, "scale": 1},
                         captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))

    def close(self):
        self.browser.ask("Target.closeTarget", targetId=self.target)
