"""The development servers that are compared: the same project, each started as its users do."""

import argparse
import importlib.util
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.client import HOST
from harness.polling import ask, shows
from harness.saved_project import HEAVY, SavedProject, Weight, temporary_folder
from harness.started import Started, started
from harness.verdict import CannotMeasureError

OURS = "tcli serve"
PROTOTYPE = "PROTO warm fork + inotify"
TORNADO = "tornado debug=True"
PLAIN = "python main.py"
_PORT = "{port}"


@dataclass(frozen=True, kw_only=True, slots=True)
class DevServer:
    """A row of the comparison."""

    name: str
    command: tuple[str, ...]
    """`{port}` stands for the port."""
    environment: Mapping[str, str] = field(default_factory=dict)
    shows_failures: bool = False
    """Whether it answers with a page while the code is broken."""
    apps: Path | None = None
    """The folder with its application, when it cannot serve ours."""


def ours(*arguments: str) -> DevServer:
    command = (sys.executable, "-m", "tornado_cli", "serve", "main:make_app", "--port", _PORT, *arguments)
    return DevServer(name=OURS, command=command, shows_failures=True)


def plain() -> DevServer:
    """No development server at all: what a cold start costs."""
    return DevServer(name=PLAIN, command=(sys.executable, "main.py"))


def _tornado() -> DevServer:
    return DevServer(name=TORNADO, command=(sys.executable, "main.py"), environment={"OWN_RELOADER": "1"})


def _prototype(script: Path) -> DevServer:
    return DevServer(name=PROTOTYPE, command=(sys.executable, str(script), "main.py"), shows_failures=True)


def _peers(harness: Path, names: str) -> Iterator[DevServer]:
    """Yield the rows of a harness of peers whose names hold one of these words and whose programs are here."""
    sys.path.insert(0, str(harness))
    spec = importlib.util.spec_from_file_location("peers", harness / "dev_servers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    programs = Path(sys.executable).parent
    for one in module.SERVERS:
        is_wanted = any(name.strip() in one.name for name in names.split(",") if name.strip())
        if is_wanted and (programs / one.tool).exists():
            command = tuple(str(part).replace("65432", _PORT) for part in one.cmd(programs, 65432))
            apps = harness / "apps" / one.app
            yield DevServer(name=one.name, command=command, environment=one.env, apps=apps)


# What every script that compares them asks for.


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--prototype", type=Path, metavar="PATH", help="Script of the prototype to compare with.")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="A harness with dev_servers.py and apps/.")
    parser.add_argument("--peer-names", default="", metavar="A,B", help="Parts of the names of the peers wanted.")
    parser.add_argument("--weights", default="light,heavy", metavar="A,B", help="Of light and heavy.")


def chosen(settings: argparse.Namespace) -> list[DevServer]:
    """Return the rows, ours first."""
    rows = [ours()]
    if settings.prototype is not None:
        if not settings.prototype.is_file():
            raise CannotMeasureError(f"there is no prototype at {settings.prototype}.")
        rows.append(_prototype(settings.prototype.absolute()))
    rows.append(_tornado())
    if settings.peers is not None:
        rows += _peers(settings.peers.absolute(), settings.peer_names)
    return rows


def weights(settings: argparse.Namespace) -> list[Weight]:
    """Return the kinds of projects asked for; those whose libraries are missing cannot be measured."""
    wanted = [Weight(name) for name in settings.weights.split(",")]
    missing = [name for name in HEAVY if importlib.util.find_spec(name.partition(".")[0]) is None]
    if Weight.HEAVY in wanted and missing:
        libraries = " ".join(name.partition(".")[0] for name in missing)
        raise CannotMeasureError(f"the heavy project wants {libraries}; `--weights light` measures the rest.")
    return wanted


# One that runs.


@dataclass(frozen=True, slots=True)
class RunningDevServer:
    row: DevServer
    project: SavedProject
    port: int
    process: Started
    cold_start: float
    """Seconds from its start to its first answer."""

    @property
    def name(self) -> str:
        return self.row.name


@contextmanager
def serving(row: DevServer, project: SavedProject) -> Iterator[RunningDevServer]:
    """Serve a project from its first answer on."""
    port = _free_port()
    command = [part.replace(_PORT, str(port)) for part in row.command]
    with started(command, project.folder, {**row.environment, "PORT": str(port)}) as process:
        process.wait_until(lambda: _answers(port, project.version), row.name)
        yield RunningDevServer(row, project, port, process, time.monotonic() - process.at)


@contextmanager
def all_serving(
    rows: Sequence[DevServer], weight: Weight, prepare: Callable[[Path], None] = lambda _: None
) -> Iterator[list[RunningDevServer]]:
    """Have each serve a project of its own, all at once: what is measured by turns meets the same machine.

    `prepare` puts into the project's folder what else is to be there.
    """
    with ExitStack() as stack:
        servers = []
        for row in rows:
            project = SavedProject(stack.enter_context(temporary_folder()), weight, row.apps)
            prepare(project.folder)
            servers.append(stack.enter_context(serving(row, project)))
        yield servers


def _answers(port: int, version: str) -> bool:
    try:
        return shows(version)(ask(port))
    except (OSError, ValueError, IndexError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
