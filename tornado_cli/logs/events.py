"""One of our own events, said through `logging`."""

import logging


def event(
    logger: logging.Logger, level: int, name: str, message: str, *, traceback: str = "", **fields: object
) -> None:
    """Log `message` for people and `name` with its `fields` for programs (`--log-format json`, tests).

    `traceback` is text of another process's making.
    """
    # The frame that counts is the caller's.
    logger.log(level, "%s", message, extra={"event": name, "fields": fields, "traceback": traceback}, stacklevel=2)
