"""The dev server's processes import what they need: anything else would cost the first answer."""

import subprocess
import sys

import pytest

STRANGERS = {"tornado", "asyncio", "ssl", "cryptography"}
SLOW = {"typing", "enum", "re", "signal", "socket", "pathlib", "subprocess", "threading", "json", "click"}
"""Each takes a millisecond or more."""
WANTED_BY_FEW = {"tomllib", "difflib", "tempfile", "tornado.autoreload", "tornado.websocket", "tornado_cli.app.source"}


def imported_by(*modules: str) -> set[str]:
    """Return what comes with them, besides what the interpreter starts with."""
    code = f"import sys; before = {{*sys.modules}}; import {', '.join(modules)}; print(*sys.modules.keys() - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["tornado_cli.serve.start", "tornado_cli.commands.serve"])
def test_the_dev_server_imports_neither_tornado_nor_tls_itself(module: str) -> None:
    assert STRANGERS.isdisjoint(imported_by(module))


def test_nothing_slow_is_imported_before_the_forkservers_interpreter_is_started() -> None:
    imported = imported_by("tornado_cli.__main__", "tornado_cli.serve.forkservers.head_start")
    assert SLOW.isdisjoint(imported)


def test_the_first_process_does_not_wait_for_what_few_applications_want() -> None:
    imported = imported_by("tornado_cli.serve.forkservers.stage_process", "tornado_cli.serve.inspector.inspector")
    assert WANTED_BY_FEW.isdisjoint(imported)
