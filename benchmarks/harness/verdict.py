"""What a benchmark says: each promise with what was found, and an exit code that follows from them."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.process_tree import become_subreaper
from harness.server import ServerError


@dataclass(frozen=True, slots=True)
class Promise:
    text: str
    is_kept: bool
    found: str


class CannotMeasureError(Exception):
    """Something that the benchmark needs is missing; says what."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def progress(text: str) -> None:
    """Tell somebody who waits, apart from what is measured."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def conclude(promises: Sequence[Promise]) -> int:
    """Show the promises; return the exit code."""
    say("")
    for promise in promises:
        say(f"{'kept  ' if promise.is_kept else 'BROKEN'}  {promise.text}: {promise.found}")
    return 0 if all(promise.is_kept for promise in promises) else 1


def run(main: Callable[[], int]) -> None:
    """Run a benchmark and exit: 0 all promises kept, 1 one broken, 2 it could not be run."""
    become_subreaper()
    try:
        code = main()
    except ServerError as fault:
        say(f"BROKEN  the server failed the benchmark: {fault}")
        code = 1
    except CannotMeasureError as reason:
        say(f"This cannot be measured here: {reason}")
        code = 2
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
