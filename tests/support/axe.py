"""axe-core, which finds what keeps people from using a page: `assert axe.faults(window) == []`."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from support.browser import Window

VERSION = "4.14.1"
_RUN = """axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.flatMap(
    ({impact, id, help, nodes}) => nodes.map(({target}) => `${impact}: ${id}: ${help}: ${target.join(" ")}`)
))"""


class Axe:
    """One version of it, fetched by npm once for all that is ever tested here."""

    def __init__(self) -> None:
        self._source = _installed().read_text()

    def faults(self, window: Window) -> list[str]:
        """Return what is wrong with a page as it is now, each with its impact: minor, moderate, serious or critical."""
        if not window.evaluate("'axe' in window"):
            window.evaluate(f"{self._source};0")
        found: list[str] = window.evaluate(_RUN)
        return found


def _installed() -> Path:
    """Return the one file of it that counts."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tcli-tests" / f"axe-core-{VERSION}"
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            command = ["npm", "install", "--silent", "--no-save", "--ignore-scripts", "--prefix", folder]
            done = subprocess.run(
                [*command, f"axe-core@{VERSION}"], capture_output=True, text=True, check=False, timeout=120
            )
            assert done.returncode == 0, done.stdout + done.stderr
            try:
                (Path(folder) / "node_modules/axe-core").rename(kept)
            except OSError:
                # Another test was quicker.
                assert kept.is_dir()
    assert json.loads((kept / "package.json").read_text())["version"] == VERSION
    return kept / "axe.min.js"
