"""Find what an application wants to be open while it serves: `lifespan(app)`, an async context manager."""

import inspect
import sys
from contextlib import AbstractAsyncContextManager
from types import ModuleType
from typing import Any

from tornado.web import Application

from tornado_cli.errors import AppError

_HINT = "Write it as: @contextlib.asynccontextmanager, async def lifespan(app): ... yield ..."


def lifespan_of(app: object, maker: object, module: ModuleType) -> AbstractAsyncContextManager[Any] | None:
    """To be entered before the application is ready and left after the drain; its errors are the user's.

    `app.settings["lifespan"]` comes before a `lifespan` in the module that was named, and that before one in
    the module where the factory is defined.
    """
    function, place = _function(app, maker, module)
    if function is None:
        return None
    if not callable(function):
        raise AppError(f"{place} is of type {type(function).__name__}, not a function.", hint=_HINT)
    context = function(app)
    if not isinstance(context, AbstractAsyncContextManager):
        if inspect.iscoroutine(context):
            context.close()
        raise AppError(f"{place} does not make an async context manager.", hint=_HINT)
    return context


def _function(app: object, maker: object, module: ModuleType) -> tuple[Any, str]:
    if isinstance(app, Application) and app.settings.get("lifespan") is not None:
        return app.settings["lifespan"], 'The setting "lifespan"'
    defined_in = sys.modules.get(getattr(maker, "__module__", None) or "", module)
    for place in (module, defined_in):
        if (function := getattr(place, "lifespan", None)) is not None and not inspect.ismodule(function):
            return function, f"lifespan in {place.__name__}"
    return None, ""
