"""`make demo`: a new project in a temporary folder, served by `tcli serve --debug` until Ctrl-C."""  # noqa: INP001 - a script, in no package.

import os
import signal
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

TCLI = (sys.executable, "-m", "tornado_cli")
NAME = "demo"


def demo(arguments: list[str]) -> int:
    """Return what `tcli serve` returned; the folder is gone by then."""
    with tempfile.TemporaryDirectory(prefix="tcli-demo-") as folder:
        project = Path(folder) / NAME
        made = subprocess.run([*TCLI, "new", NAME], cwd=folder, stdout=subprocess.DEVNULL, check=False)
        if made.returncode:
            return made.returncode
        install_dependencies(project)
        sys.stdout.write(f"A project is in {project} for as long as this runs: edit it, and reload the page.\n")
        sys.stdout.flush()
        return serve(project, arguments)


def install_dependencies(project: Path) -> None:
    content = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *content["project"]["dependencies"]], check=True)


def serve(project: Path, arguments: list[str]) -> int:
    # An activated environment of somebody else's would be taken for the project's.
    environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    # What the terminal sends reaches the server without us; what is sent to us alone does not.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    with subprocess.Popen([*TCLI, "serve", "--debug", *arguments], cwd=project, env=environ) as server:
        signal.signal(signal.SIGTERM, lambda number, _frame: server.send_signal(number))
        return server.wait()


if __name__ == "__main__":
    try:
        sys.exit(demo(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
