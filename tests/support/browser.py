"""A headless Chromium as people have it: windows that open pages, click, type, and remember each word of the console.

with Browser() as browser, browser.window(width=400, dark=True) as window:
    window.open("http://127.0.0.1:8000/")
    window.type("#name", "Ada")
    window.click("button")
    window.wait_until("document.body.innerText.includes('Hello, Ada')")
    assert window.complaints == []

It knows no host but loopback addresses, and ends with the process that started it, however that ends.
"""

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.devtools import DEADLINE, DevTools, Facts, RefusedError

_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    # What waits on a page that was left would wait there for ever, frozen.
    "--disable-features=BackForwardCache",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--lang=en",
    "--no-first-run",
)
# Fails when it has waited too long; a page that goes away takes it along, and one that comes is empty at first.
_LOOK = """new Promise((resolve, reject) => {{
    const last = performance.now() + {milliseconds};
    const look = () => {{
        const found = document.documentElement && ({expression});
        if (found) resolve(found);
        else if (performance.now() > last) reject(new Error("waited in vain"));
        else setTimeout(look, 10);
    }};
    look();
}})"""
_MIDDLE = """(() => {{
    const one = document.querySelector({selector});
    one.scrollIntoView({{block: "center", behavior: "instant"}});
    const box = one.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}})()"""
# What the protocol says when a page went away while it was asked.
_GONE = ("navigated", "destroyed", "Cannot find")


@dataclass(frozen=True)
class Said:
    """A line of the console: what scripts print, what they fail with, what the browser itself complains of."""

    level: str
    """`error` and `warning` are complaints."""
    text: str


class Browser:
    """One process of Chromium with a profile that is gone with it."""

    def __enter__(self) -> Self:
        self._profile = tempfile.TemporaryDirectory(prefix="tcli-browser-", ignore_cleanup_errors=True)
        ours, its = socket.socketpair()
        with its:
            # It reads commands from 3 and writes to 4, and ends when they are closed.
            command = ["bash", "-c", f'exec "$@" 3<&{its.fileno()} 4>&{its.fileno()}', "-", "chromium", *_FLAGS]
            self._process = subprocess.Popen(
                [*command, *(["--no-sandbox"] if os.geteuid() == 0 else []), f"--user-data-dir={self._profile.name}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[its.fileno()],
            )
        self._socket = ours
        self._devtools = DevTools(ours)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._devtools.join()
        self._socket.close()
        self._profile.cleanup()

    @contextmanager
    def window(self, *, width: int = 1280, height: int = 800, dark: bool = False) -> Iterator["Window"]:
        """Give an empty window with cookies and storage of its own."""
        context = self._devtools.call("Target.createBrowserContext")["browserContextId"]
        try:
            target = self._devtools.call("Target.createTarget", url="about:blank", browserContextId=context)
            attached = self._devtools.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
            window = Window(self._devtools, attached["sessionId"])
            window.resize(width, height)
            window.prefer(dark=dark)
            yield window
        finally:
            self._devtools.call("Target.disposeBrowserContext", browserContextId=context)


class Window:
    """A page and who sits before it."""

    def __init__(self, devtools: DevTools, session: str) -> None:
        self._devtools = devtools
        self._session = session
        self._loads = 0
        self.console: list[Said] = []
        devtools.listen(session, self._take)
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> Facts:
        """Give a command of the protocol itself."""
        return self._devtools.call(method, self._session, **parameters)

    def _take(self, event: str, facts: Facts) -> None:
        match event:
            case "Page.loadEventFired":
                self._loads += 1
            case "Runtime.consoleAPICalled":
                words = " ".join(str(one.get("value", one.get("description", ""))) for one in facts["args"])
                self.console.append(Said(facts["type"], words))
            case "Runtime.exceptionThrown":
                self.console.append(Said("error", _told(facts["exceptionDetails"])))
            case "Log.entryAdded":
                entry = facts["entry"]
                self.console.append(Said(entry["level"], f"{entry['text']} {entry.get('url', '')}".rstrip()))

    @property
    def complaints(self) -> list[Said]:
        """Errors and warnings so far; what a Content-Security-Policy refuses is among them."""
        return [one for one in self.console if one.level in {"error", "warning"}]

    # How it looks.

    def resize(self, width: int, height: int = 800) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def prefer(self, *, dark: bool) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path) -> None:
        """Write the whole page, as far down as it goes, as PNG."""
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    # What one does with it.

    def open(self, url: str) -> None:
        """Go there; return when the page and all that it loads at once are there."""
        with self.loading():
            failure = self.call("Page.navigate", url=url).get("errorText")
            assert not failure, f"{url}: {failure}"

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Wait, after what is done in the block, until it has loaded the next page."""
        before = self._loads
        yield
        self._devtools.wait_until(lambda: self._loads > before, "the next page")

    def click(self, selector: str) -> None:
        self.wait_until(f"document.querySelector({json.dumps(selector)})")
        x, y = self.evaluate(_MIDDLE.format(selector=json.dumps(selector)))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, selector: str, text: str) -> None:
        """Put text in the place of what a field has."""
        self.wait_until(f"document.querySelector({json.dumps(selector)})")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """Press a key that has no letter: `press("Tab", 9)`."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def choose_file(self, selector: str, path: Path) -> None:
        document = self.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        field = self.call("DOM.querySelector", nodeId=document, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=field)

    # What one sees.

    def evaluate(self, expression: str) -> Any:
        """Return a value of the page, as JSON has it; a promise is awaited. No policy of the page binds it."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{_told(answer['exceptionDetails'])}\n{expression}\n{self.console}")
        return answer["result"].get("value")

    def wait_until(self, expression: str) -> Any:
        """Return the expression's value as soon as it is true, on this page or on one that comes after it."""
        look = _LOOK.format(expression=expression, milliseconds=int(DEADLINE * 900))
        while True:
            loads = self._loads
            try:
                return self.evaluate(look)
            except RefusedError as error:
                if not any(word in str(error) for word in _GONE):
                    raise
            except AssertionError as error:
                raise AssertionError(f"{error}\n--- the page\n{self.text}") from None
            self._devtools.wait_until(lambda: self._loads > loads, "the next page")  # noqa: B023

    @property
    def text(self) -> str:
        """What people read."""
        return str(self.evaluate("document.body.innerText"))


def _told(details: Facts) -> str:
    return str(details.get("exception", {}).get("description") or details["text"])
