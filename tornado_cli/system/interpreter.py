"""Whose Python runs: the project's own, when it is another one than ours and has tcli too."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tornado_cli.records import Record
from tornado_cli.system.environments import python_of_project
from tornado_cli.system.interpreter_flags import interpreter_flags

DISTRIBUTION: Final = "tornado-tcli"
# Holds the id of the process that was exec'd: kept by exec and not by fork, so children decide for themselves.
REEXEC_MARKER: Final = "TCLI_REEXEC_PID"


class Stay(Record):
    """Go on: this is the project's interpreter, or the project has none."""


class Reexec(Record):
    """Replace this process: `os.execve(argv[0], argv, {**os.environ, **environ})`."""

    argv: tuple[str, ...]
    environ: Mapping[str, str]


class Warn(Record):
    """Go on, and say that the project's packages will be missing."""

    message: str
    hint: str


Plan = Stay | Reexec | Warn


def continue_in_project(directory: Path) -> Warn | None:
    """Replace this process by tcli in the project's interpreter, where that is another one; or say why not."""
    project = project_interpreter(directory, os.environ, sys.prefix)
    plan = reexec_plan(
        project,
        installed=project is not None and has_tcli(project),
        arguments=sys.argv[1:],
        flags=interpreter_flags(),
        environ=os.environ,
        pid=os.getpid(),
        source="" if project is None else install_source(),
    )
    match plan:
        case Reexec(argv, environ):
            os.execve(argv[0], argv, {**os.environ, **environ})  # noqa: S606 - replacing this process is the point.
        case Warn():
            return plan
    return None


def reexec_plan(
    project: Path | None,
    *,
    installed: bool,
    arguments: Sequence[str],
    flags: Sequence[str],
    environ: Mapping[str, str],
    pid: int,
    source: str,
) -> Plan:
    """Decide; `arguments` are those after the command's name, `source` is what `install_source` says.

    `flags` are those of the interpreter, with `-P` among them.
    """
    if project is None or environ.get(REEXEC_MARKER) == str(pid):
        return Stay()
    if installed:
        return Reexec((str(project), *flags, "-m", "tornado_cli", *arguments), {REEXEC_MARKER: str(pid)})
    message = (
        f"The project has its own Python, {project}, in which tcli is not installed: its packages will be missing."
    )
    return Warn(message, hint=f"Install it there: {install_command(project, source)}")


def project_interpreter(directory: Path, environ: Mapping[str, str], current: str) -> Path | None:
    """Return the Python of the project around a directory; none when it has none or is `current` (a `sys.prefix`)."""
    python = python_of_project(str(directory), environ, current)
    return None if python is None else Path(python)


def has_tcli(python: Path) -> bool:
    """Tell whether tcli is installed beside an interpreter, without running it: nothing of the user's is executed."""
    return _is_installed(python, DISTRIBUTION)


def install_source() -> str:
    """Return what to give to `pip install` for the tcli that is running."""
    import json
    import shlex
    from urllib.parse import unquote

    # Not importlib.metadata: its import takes longer than all that `tcli new` does.
    pattern = f"{DISTRIBUTION.replace('-', '_')}-*.dist-info/direct_url.json"
    records = (record for entry in sys.path for record in Path(entry).glob(pattern))
    record = next(records, None)
    if record is None:
        return DISTRIBUTION
    origin = json.loads(record.read_text(encoding="utf-8"))
    place = shlex.quote(unquote(origin["url"].removeprefix("file://")))
    if version_control := origin.get("vcs_info"):
        return f"{version_control['vcs']}+{origin['url']}@{version_control['commit_id']}"
    return f"-e {place}" if origin.get("dir_info", {}).get("editable") else place


def install_command(python: Path, source: str) -> str:
    """Return the line to type; environments made by uv have no pip."""
    import shlex

    quoted = shlex.quote(str(python))
    if _is_installed(python, "pip"):
        return f"{quoted} -m pip install {source}"
    return f"uv pip install --python {quoted} {source}"


def _is_installed(python: Path, name: str) -> bool:
    pattern = f"{name.replace('-', '_')}-*.dist-info"
    return any(next(folder.glob(pattern), None) for folder in _site_packages(python.parent.parent))


def _site_packages(environment: Path) -> Iterator[Path]:
    for pattern in ("lib/python3*/site-packages", "lib64/python3*/site-packages", "Lib/site-packages"):
        yield from environment.glob(pattern)
