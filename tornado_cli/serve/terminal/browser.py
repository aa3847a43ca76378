"""Opening a browser, on a machine that has a screen."""

import sys
from collections.abc import Mapping

# -I: a webbrowser.py in the project is not the one that is meant.
_OPEN = (sys.executable, "-I", "-c", "import sys, webbrowser; webbrowser.open(sys.argv[1])")


def has_screen(environ: Mapping[str, str], platform: str) -> bool:
    """Say whether a browser would have a window; one in this terminal would take it from us."""
    return platform == "darwin" or any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def open_browser(url: str) -> None:
    """Open a page in the user's browser; whatever that takes is another process's time.

    It has a session of its own: a browser that is started by this outlives us, and Ctrl-C here.
    """
    import subprocess

    started = subprocess.Popen(
        [*_OPEN, url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # The server reaps whatever ends: Popen must not warn about a child it never saw end.
    started.returncode = 0
