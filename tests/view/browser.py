"""A headless Chromium that tests steer: over two pipes, without a network or a further package."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_LONGEST_S = 60.0
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowRight": 39}
TEXTS = {"Enter": "\r", " ": " "}


class Browser:
    """One page. `messages` are what it said on its console, and its faults."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        high = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in (to_read, to_write)]
        words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        words += ["--remote-debugging-pipe", f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(
            [str(CHROMIUM), *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(3, 4),
            preexec_fn=lambda: [os.dup2(end, place) for place, end in zip((3, 4), high, strict=True)],
        )
        for end in (to_read, to_write, *high):
            os.close(end)
        self._buffer, self._number, self._session = b"", 0, ""
        self.messages: list[str] = []
        (target, *_) = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """Ends this browser, and no other."""
        try:
            self._session = ""
            self.call("Browser.close")
            self._process.wait(10)
        except (OSError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(10)
        os.close(self._read)
        os.close(self._write)
        self._profile.cleanup()

    def open(
        self, path: Path, hash_text: str = "", *, width: int = 1280, height: int = 900, dark: bool = False
    ) -> None:
        """Open a page anew and wait until its script is done."""
        self.messages = []
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=path.as_uri() + (f"#{hash_text}" if hash_text else ""))
        self.wait("document.documentElement.dataset.ready === 'true'")

    def wait(self, condition: str) -> None:
        """Until the expression is true. Raises `TimeoutError`."""
        deadline = time.monotonic() + _LONGEST_S
        while self.value(condition) is not True:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{condition} never came true; the page said {self.messages}")
            time.sleep(0.02)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives, as plain data; what it throws is in `messages`."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """A key goes down and up."""
        named = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": KEYS[key]}
        down = {**named, "text": TEXTS[key]} if key in TEXTS else named
        self.call("Input.dispatchKeyEvent", type="keyDown", **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol and its answer. Raises `TimeoutError`."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + _LONGEST_S
        while time.monotonic() < deadline:
            for answer in self._arrived():
                if answer.get("id") == self._number:
                    if "error" in answer:
                        raise OSError(f"{method}: {answer['error']['message']}")
                    return dict(answer.get("result", {}))
                self._hear(answer)
        raise TimeoutError(method)

    def _arrived(self) -> list[dict[str, Any]]:
        if select.select([self._read], [], [], 0.5)[0]:
            self._buffer += os.read(self._read, 1 << 20)
        *whole, self._buffer = self._buffer.split(b"\0")
        return [json.loads(text) for text in whole]

    def _hear(self, event: dict[str, Any]) -> None:
        said = event.get("params", {})
        if event.get("method") == "Runtime.consoleAPICalled":
            self.messages.append(f"console: {said['args']}")
        elif event.get("method") == "Runtime.exceptionThrown":
            self.messages.append(f"exception: {said['exceptionDetails']}")
        elif event.get("method") == "Log.entryAdded":
            self.messages.append(f"log: {said['entry']['text']}")
        elif event.get("method") == "Network.requestWillBeSent" and said["request"]["url"][:5] not in (
            "file:", "data:", "about", "blob:",
        ):  # fmt: skip
            self.messages.append(f"request: {said['request']['url']}")
