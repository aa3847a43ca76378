"""Decide from its source whether a file is an importable application, a script, or neither."""

from tornado_cli.app.source import Binding, Bound, LoopStart, Source
from tornado_cli.app.target import ATTRIBUTES
from tornado_cli.records import Record

# Tools that people also call `app`.
_OTHER_TOOLS = frozenset({"Typer", "Celery", "Group", "Console", "QApplication"})


class Import(Record):
    """Import the file and take this attribute; None: whichever usual name it turns out to have."""

    attribute: str | None


class Run(Record):
    """Run the file as `__main__`."""


def choose(source: Source) -> Import | Run | None:
    """None: nothing in the file makes an application or starts a loop.

    A file that starts its loop when imported would never come back from an import. One whose start code reads
    the command line is a script as well: imported, it would be left with the defaults.
    """
    if source.loop is LoopStart.WHEN_IMPORTED:
        return Run()
    attribute = usual_attribute(source)
    if attribute is not None and not (source.loop is LoopStart.WHEN_RUN and source.parses_options):
        return Import(attribute)
    return None if source.loop is LoopStart.NEVER else Run()


def usual_attribute(source: Source) -> str | None:
    """The first usual name that can be an application or make one without being given anything."""
    found = [name for name in ATTRIBUTES if name in source.names and _may_be_application(source.names[name])]
    if not found:
        return None
    made = (name for name in found if source.names[name].maker in found)
    # `app = make_app()` beside `def make_app()`: calling it once more would make two.
    return next(made, found[0])


def _may_be_application(binding: Binding) -> bool:
    match binding.how:
        case Bound.FUNCTION:
            return not binding.required
        case Bound.LITERAL:
            return False
        case _:
            return binding.maker.rpartition(".")[2] not in _OTHER_TOOLS
