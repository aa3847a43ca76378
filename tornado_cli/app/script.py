"""Run a script as `__main__`, as `python file.py` or `python -m package` does."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType

from tornado_cli.app.load import prepare_path
from tornado_cli.app.target import Kind, Target
from tornado_cli.errors import AppError


def run_script(target: Target, argv: Sequence[str] = ()) -> None:
    """Return when the script ends; SystemExit and what else it raises comes out as it is.

    The script stays `sys.modules["__main__"]`: at exit, in threads and for spawned processes it is still that.
    """
    assert target.kind is Kind.SCRIPT
    assert target.path is not None
    prepare_path(target.search_path)
    sys.argv = [str(target.path), *argv]
    main, code = _module(target.module) if target.module else _file(target.path)
    sys.modules["__main__"] = main
    exec(code, main.__dict__)  # noqa: S102 - running the user's program is the job.


def _file(path: Path) -> tuple[ModuleType, CodeType]:
    main = _new_main(str(path))
    main.__loader__ = SourceFileLoader("__main__", str(path))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AppError(f"{path} cannot be read: {error.strerror}.") from error
    return main, compile(content, str(path), "exec", dont_inherit=True)


def _module(name: str) -> tuple[ModuleType, CodeType]:
    spec = find_spec(name)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        raise AppError(f"There is no module {name} that can be run as a script.")
    code = spec.loader.get_code(name)
    assert code is not None
    return _new_main(str(spec.origin), spec), code


def _new_main(path: str, spec: ModuleSpec | None = None) -> ModuleType:
    main = ModuleType("__main__")
    # multiprocessing finds `__main__` again by its spec, else by its file.
    main.__spec__ = spec
    main.__file__ = path
    main.__package__ = spec.parent if spec else None
    main.__loader__ = spec.loader if spec else None
    main.__dict__["__cached__"] = spec.cached if spec else None
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    return main
