"""Python's warnings of what was forgotten, told with where it was made."""

import inspect
import sys
import warnings
from typing import Any

from tornado_cli.app.forgotten.origins import Origins
from tornado_cli.app.forgotten.report import Reporter
from tornado_cli.app.libraries import is_project
from tornado_cli.app.sites import Blame, blame_of

DEPTH = 4
"""Frames that Python notes of each coroutine's making."""


class ForgottenWarnings:
    """Stands before what shows warnings.

    The public `warnings.showwarning` is not told what a warning is about; `_showwarnmsg` is. Without it, or when
    somebody records or shows warnings in a way of their own, theirs is the word.
    """

    def __init__(self, reporter: Reporter, origins: Origins) -> None:
        self._reporter = reporter
        self._origins = origins
        self._show_others: Any = getattr(warnings, "_showwarnmsg", None)
        self._usual = warnings.showwarning
        self._last_unclosed = 0

    def start(self) -> None:
        """To be called in the thread whose coroutines are meant."""
        if self._show_others is None:
            return
        vars(warnings)["_showwarnmsg"] = self._show
        if not sys.warnoptions:
            # Python ignores these unless it is asked for them.
            warnings.simplefilter("default", ResourceWarning)
        depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(max(depth, DEPTH))

    def unclosed(self, thing: object, what: str, place: Blame | None = None) -> bool:
        """Report what has not been closed, if it is known where it was made; else `place` is where it was seen."""
        site = self._origins.of(thing)
        self._origins.learn(type(thing))
        place = blame_of(site) if site is not None else place
        if place is None:
            return False
        self._reporter.unclosed(what, place)
        return True

    def is_last_told(self, thing: object) -> bool:
        """Whether the last warning was about this one, which complains in two ways."""
        return self._last_unclosed == id(thing)

    def _show(self, warning: Any) -> None:
        is_usual = warnings.showwarning is self._usual and warning.file is None
        if not (is_usual and self._is_told(warning)):
            self._show_others(warning)

    def _is_told(self, warning: Any) -> bool:
        place = Blame(file=warning.filename, line=warning.lineno)
        if inspect.iscoroutine(warning.source) and issubclass(warning.category, RuntimeWarning):
            self._reporter.never_awaited(warning.source.__qualname__, place_in(warning.source) or place)
            return True
        if not issubclass(warning.category, ResourceWarning):
            return False
        if warning.source is not None:
            what = str(warning.message).removeprefix("unclosed ").removeprefix("Unclosed ")
            is_told = self.unclosed(warning.source, what, place if is_project(warning.filename) else None)
            self._last_unclosed = id(warning.source) if is_told else 0
        # Of what a library forgot far from the project nobody but its author wants to know.
        return not is_project(warning.filename) or warning.source is not None


def place_in(coroutine: Any) -> Blame | None:
    """Return where a coroutine was made: the innermost place in the project, else the innermost one."""
    origin = getattr(coroutine, "cr_origin", None) or ()
    frames = [Blame(file=file, line=line, function=function) for file, line, function in origin]
    return next((one for one in frames if is_project(one.file)), frames[0] if frames else None)
