"""Gives each request the log lines and exceptions that come while code is run for it."""

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

import tornado_cli
from tornado_cli.app.failures import describe_failure
from tornado_cli.logs.record import Record
from tornado_cli.serve.inspector.notes import CURRENT, LONGEST_TEXT, Notes

_OUR_ROOT = Path(tornado_cli.__file__).parent
_MOST_EXCEPTIONS = 10


class LogCollector(logging.Handler):
    """A second handler of the root logger; `changed` is told of the request, in the thread that has logged."""

    def __init__(self, changed: Callable[[Notes], None]) -> None:
        super().__init__()
        self._changed = changed

    def start(self) -> None:
        logging.getLogger().addHandler(self)

    def stop(self) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        notes = CURRENT.get()
        if notes is None:
            return
        # What cannot be formatted is told by the handler whose job that is.
        with contextlib.suppress(Exception):
            said = Record.from_logging(record, "")
            notes.log(record.levelname, said.logger, said.message)
            error = record.exc_info[1] if record.exc_info else None
            if error is not None and len(notes.exceptions) < _MOST_EXCEPTIONS:
                failure = describe_failure(error, [_OUR_ROOT])
                text = failure.traceback_text[-LONGEST_TEXT:]
                notes.exceptions.append(
                    {"title": failure.title, "text": text, "file": failure.file, "line": failure.line}
                )
            self._changed(notes)
