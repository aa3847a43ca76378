"""Import the application, in the process that serves it, and make what the HTTP server is given."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import ModuleType
from typing import Any, TypeAlias

from tornado.httputil import HTTPServerConnectionDelegate, HTTPServerRequest

from tornado_cli.app.arguments import arguments_for
from tornado_cli.app.lifespan import lifespan_of
from tornado_cli.app.results import check_delegate, check_maker, is_delegate
from tornado_cli.app.target import ATTRIBUTES, Kind, Target
from tornado_cli.errors import AppError
from tornado_cli.records import Record

Delegate: TypeAlias = HTTPServerConnectionDelegate | Callable[[HTTPServerRequest], None]
"""What tornado.httpserver.HTTPServer serves; the callable one is a WSGIContainer."""


class Loaded(Record, kw_only=True):
    """An imported application that is not yet made."""

    target: Target
    module: ModuleType
    name: str
    """The attribute that was taken."""
    value: Any

    @property
    def title(self) -> str:
        return f"{self.target.module}:{self.name}"


def load(target: Target, argv: Sequence[str] = ()) -> Loaded:
    """Import the target's module; what its code raises comes out as it is.

    `argv` are the application's own arguments; tornado.options takes them when the module defines some.
    """
    assert target.kind is Kind.MODULE
    assert target.module is not None
    prepare_path(target.search_path)
    with arguments_for(target, argv):
        module = _import(target.module, target)
    name = target.attribute or _usual_name(module, target)
    return Loaded(target=target, module=module, name=name, value=_attribute(module, name, target))


async def make_application(loaded: Loaded) -> tuple[Delegate, AbstractAsyncContextManager[Any] | None]:
    """Call and await what has to be; also the application's lifespan, not yet entered."""
    value = loaded.value
    args, kwargs = loaded.target.args, loaded.target.kwargs
    if not is_delegate(value):
        check_maker(value, loaded.title, args, kwargs)
        value = value(*args, **kwargs)
        if inspect.isawaitable(value):
            value = await value
        check_delegate(value, loaded.title)
    elif args or kwargs:
        hint = f"Leave the arguments out: {loaded.title}"
        raise AppError(f"{loaded.title} is an application already: it takes no arguments.", hint=hint)
    return value, lifespan_of(value, loaded.value, loaded.module)


def prepare_path(search_path: Sequence[str]) -> None:
    """Put these folders first on `sys.path`, once each."""
    sys.path[:] = [*search_path, *(entry for entry in sys.path if entry not in search_path)]


def _import(name: str, target: Target) -> ModuleType:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        places = ", ".join(target.search_path)
        hint = f"Name a file: {target.command} path/to/file.py"
        raise AppError(
            f"There is no module {name}: looked in {places} and the installed packages.", hint=hint
        ) from None
    _check_file(module, target)
    return module


def _check_file(module: ModuleType, target: Target) -> None:
    """A module of the same name may have been imported before, by Python or by Tornado."""
    found = getattr(module, "__file__", None)
    if target.path is None or found is None or os.path.realpath(target.path) == os.path.realpath(found):
        return
    raise AppError(
        f"{target.path} cannot be imported as {module.__name__}: that name belongs to {found}.",
        hint="Give the file a name that nothing else has.",
    )


def _usual_name(module: ModuleType, target: Target) -> str:
    name = next((name for name in ATTRIBUTES if getattr(module, name, None) is not None), None)
    if name is None:
        looked = ", ".join(ATTRIBUTES)
        raise AppError(f"There is no application in {target.module}: looked for {looked}.", hint=_names_in(module))
    return name


def _attribute(module: ModuleType, dotted: str, target: Target) -> Any:
    value: Any = module
    owner = str(target.module)
    for number, part in enumerate(dotted.split(".")):
        try:
            value = getattr(value, part)
        except AttributeError:
            raise AppError(f"There is no {part} in {owner}.", hint=_names_in(value, part)) from None
        owner += f".{part}" if number else f":{part}"
    return value


def _names_in(holder: Any, wanted: str = "app") -> str:
    """The names that could be meant."""
    names = [
        name
        for name, value in getattr(holder, "__dict__", {}).items()
        if not name.startswith("_") and not inspect.ismodule(value) and (callable(value) or is_delegate(value))
    ]
    import difflib

    near = difflib.get_close_matches(wanted, names, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"There are: {', '.join(names[:8])}." if names else ""
