"""The companions as the server has them: there while a block runs."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tornado_cli.config.companions import Companion
from tornado_cli.events import Boot
from tornado_cli.logs.writer import LogWriter
from tornado_cli.serve.boot import ServeBoot
from tornado_cli.serve.companions.boot import KeeperBoot
from tornado_cli.system.channel import channel_pair
from tornado_cli.system.children import start_interpreter


@contextlib.contextmanager
def company(
    companions: Sequence[Companion],
    boot: ServeBoot,
    log: LogWriter,
    *,
    environ: Mapping[str, str],
    directory: Path,
) -> Iterator[None]:
    """Have these programs run beside the block, in `directory`; what they print goes into the log, by their names."""
    if not companions:
        yield
        return
    pipes = [os.pipe() for _ in companions]
    ours, theirs = channel_pair()
    keeper_boot = KeeperBoot(
        config=boot.config,
        companions=tuple(companions),
        outputs=tuple(writer for _, writer in pipes),
        directory=str(directory),
        log=boot.log,
        log_format=boot.log_format,
    )
    keeper = start_interpreter(
        "tornado_cli.serve.companions.keeper",
        [str(theirs.fileno())],
        descriptors=[theirs.fileno(), *keeper_boot.descriptors],
        environ=_environment(environ),
        # Whoever kills all of the server's group does not reach it: it is what clears up.
        new_session=True,
    )
    theirs.close()
    for companion, (reader, writer) in zip(companions, pipes, strict=True):
        os.close(writer)
        log.add_companion(reader, companion.name)
    ours.send(Boot(settings=keeper_boot.to_dict()))
    try:
        yield
    finally:
        ours.close()
        keeper.wait()
        keeper.close()


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Add that programs of the project's own environment are found, and that Python's lines come at once."""
    programs = str(Path(sys.executable).parent)
    path = os.pathsep.join(filter(None, [programs, environ.get("PATH", os.defpath)]))
    return {"PYTHONUNBUFFERED": "1", **environ, "PATH": path}
