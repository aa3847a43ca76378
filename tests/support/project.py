"""Small applications, and the ways in which people save files."""

import os
import threading
from pathlib import Path

_DEADLINE = 20.0
APP = """
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write("{says}")

    async def post(self):
        self.write(str(len(self.request.body)))

def make_app():
    return Application([("/.*", Main)])
"""


def app_that_says(says: str) -> str:
    return APP.replace("{says}", says)


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write the files of a project, by path."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def save(path: Path, text: str) -> None:
    """Save as most editors do: another file, renamed over the old one."""
    beside = path.with_name(f".{path.name}.saving")
    beside.write_text(text)
    beside.replace(path)


def save_in_place(path: Path, text: str) -> None:
    path.write_text(text)


class Gate:
    """A place in a project's code where it waits until the test opens it; both meet at a named pipe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        os.mkfifo(path)
        self._writer = -1

    @property
    def code(self) -> str:
        """A statement that waits."""
        return f"open({str(self._path)!r}).read()"

    def wait_for_somebody(self) -> None:
        """Return when the code has come to the gate."""
        opening = threading.Thread(target=self._open_writer, daemon=True)
        opening.start()
        opening.join(_DEADLINE)
        if opening.is_alive():
            # Lets the thread go.
            os.close(os.open(self._path, os.O_RDONLY | os.O_NONBLOCK))
            raise AssertionError("The code has not come to the gate.")

    def _open_writer(self) -> None:
        self._writer = os.open(self._path, os.O_WRONLY)

    def open(self) -> None:
        os.close(self._writer)
